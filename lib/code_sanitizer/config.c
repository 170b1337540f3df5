/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/config.h"

#include <string.h>

#include "core/error.h"

/* "1.5.3" as a target; parts left out are 0. False if it is no version. */
static bool parse_version(const char *text, size_t size, ape__target *out)
{
    uint32_t part[3] = { 0 };
    size_t index = 0, digits = 0;

    for (size_t i = 0; i < size; i++) {
        if (text[i] == '.' && digits > 0 && index < 2) {
            index++;
            digits = 0;
        } else if (text[i] >= '0' && text[i] <= '9' && digits < 3) {
            part[index] = part[index] * 10 + (uint32_t)(text[i] - '0');
            digits++;
        } else {
            return false;
        }
    }
    *out = APE__TARGET(part[0], part[1], part[2]);
    return digits > 0 && part[1] < 100 && part[2] < 100;
}

static ape__target *target_of(ape__config *config, const char *name, size_t size)
{
    const struct {
        const char *name;
        ape__target *target;
    } known[] = {
        { "python", &config->python },
        { "pandas", &config->pandas },
        { "numpy", &config->numpy },
        { "yfinance", &config->yfinance },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strlen(known[i].name) == size && memcmp(known[i].name, name, size) == 0)
            return known[i].target;
    return NULL;
}

/* One "name=version" of a profile. */
static ape_status load_part(ape__config *config, const char *part, size_t size, ape_error *err)
{
    const char *equal = memchr(part, '=', size);
    size_t name_size = equal ? (size_t)(equal - part) : size;
    ape__target *target = target_of(config, part, name_size);

    if (!equal || !target)
        return ape__fail(err, APE_ERR_INVALID,
                         "profile: \"%.*s\" is none of python=, pandas=, numpy=, yfinance= with a "
                         "version",
                         (int)(size < 60 ? size : 60), part);
    if (!parse_version(equal + 1, size - name_size - 1, target))
        return ape__fail(err, APE_ERR_INVALID, "profile: \"%.*s\" has no version such as 1.5.3",
                         (int)(size < 60 ? size : 60), part);
    return APE_OK;
}

static ape_status load_profile(ape__config *config, const char *profile, ape_error *err)
{
    while (*profile) {
        size_t size;
        ape_status st;

        profile += strspn(profile, " ,");
        size = strcspn(profile, " ,");
        if (size == 0)
            break;
        st = load_part(config, profile, size, err);
        if (st != APE_OK)
            return st;
        profile += size;
    }
    if (config->python < APE__TARGET(3, 8, 0) || config->python >= APE__TARGET(3, 14, 0))
        return ape__fail(err, APE_ERR_INVALID,
                         "profile: python must be 3.8 to 3.13, the versions this sanitizer knows");
    return APE_OK;
}

static int level_by_name(const char *name, size_t size)
{
    for (int level = RULE_OFF; level <= RULE_REJECT; level++) {
        const char *known = ape__rule_level_name((ape__rule_level)level);

        if (strlen(known) == size && memcmp(known, name, size) == 0)
            return level;
    }
    return -1;
}

/* One rule, or "all" of them. */
static void set_level(ape__config *config, int row, int level)
{
    for (size_t i = 0; i < ape__rule_count; i++)
        if (row < 0 || (size_t)row == i)
            config->level[i] = (uint8_t)level;
}

/* "all=off,APE601=safe,APE604=warn" */
static ape_status load_rules(ape__config *config, const char *rules, ape_error *err)
{
    while (*rules) {
        size_t size, name_size;
        int row, level;
        bool all;

        rules += strspn(rules, " ,");
        size = strcspn(rules, " ,");
        if (size == 0)
            break;
        name_size = strcspn(rules, "=");
        row = ape__rule_find(rules, name_size);
        all = name_size == 3 && memcmp(rules, "all", 3) == 0;
        level = name_size < size ? level_by_name(rules + name_size + 1, size - name_size - 1) : -1;
        if ((row < 0 && !all) || level < 0)
            return ape__fail(
                err, APE_ERR_INVALID,
                "rules: \"%.*s\" is no rule with a level off, info, warn, unsafe, safe "
                "or reject",
                (int)(size < 60 ? size : 60), rules);
        set_level(config, row, level);
        rules += size;
    }
    return APE_OK;
}

static ape_status load_policies(ape__config *config, const ape_code_sanitizer_options *opts,
                                ape_error *err)
{
    if (opts->division < APE_CODE_DIVISION_HONEST || opts->division > APE_CODE_DIVISION_OFF)
        return ape__fail(err, APE_ERR_INVALID, "division is %d; it must be 0 to 2", opts->division);
    if (opts->history < APE_CODE_HISTORY_TYPED || opts->history > APE_CODE_HISTORY_OFF)
        return ape__fail(err, APE_ERR_INVALID, "history is %d; it must be 0 to 2", opts->history);
    config->division = opts->division;
    config->history = opts->history;
    return APE_OK;
}

ape_status ape__config_load(ape__config *config, const ape_code_sanitizer_options *opts,
                            ape_error *err)
{
    ape_status st;

    config->python = APE__TARGET(3, 11, 0);
    config->pandas = APE__TARGET(1, 5, 3);
    config->numpy = APE__TARGET(1, 24, 2);
    config->yfinance = APE__TARGET(1, 1, 0);
    if (opts->unsafe_fixes > 1)
        return ape__fail(err, APE_ERR_INVALID, "unsafe_fixes is %u; it must be 0 or 1",
                         opts->unsafe_fixes);
    config->unsafe_fixes = opts->unsafe_fixes == 1;
    config->allow_imports = ape__strdup(config->host, opts->allow_imports);
    if (opts->allow_imports && !config->allow_imports)
        return ape__fail_no_memory(err);
    for (size_t i = 0; i < ape__rule_count; i++)
        config->level[i] = (uint8_t)ape__rules[i].level;
    st = load_policies(config, opts, err);
    if (st == APE_OK && opts->rules)
        st = load_rules(config, opts->rules, err);
    if (st == APE_OK && opts->profile)
        st = load_profile(config, opts->profile, err);
    return st;
}

void ape__config_clear(ape__config *config)
{
    ape__strfree(config->host, config->allow_imports);
    config->allow_imports = NULL;
}

bool ape__config_allows(const ape__config *config, const char *module, size_t size)
{
    const char *at = config->allow_imports;

    while (at && *at) {
        size_t length;

        at += strspn(at, " ,");
        length = strcspn(at, " ,");
        if (length == size && length > 0 && memcmp(at, module, size) == 0)
            return true;
        at += length;
    }
    return false;
}
