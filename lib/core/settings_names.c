/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "core/host.h"
#include "core/settings_check.h"

enum { LONGEST = 40, FARTHEST = 2 };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Edits from one to the other: insert, drop, replace, or swap two neighbours. */
static size_t distance(const char *a, const char *b)
{
    size_t a_size = strlen(a), b_size = strlen(b);
    size_t row[3][LONGEST + 1];

    if (a_size > LONGEST || b_size > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= b_size; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1, LONGEST);
        }
    }
    return row[a_size % 3][b_size];
}

/* Names of providers that are always known; others come with LLM_CHAIN. */
static const char *const providers[] = { "DEEPSEEK", "ANTHROPIC", "OPENAI" };

static bool same_stem(const char *name, size_t size, const char *word, size_t word_size)
{
    if (size != word_size)
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = word[i];

        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (c == '-')
            c = '_';
        if (c != name[i])
            return false;
    }
    return true;
}

static bool is_provider(const ape_settings *settings, const char *name, size_t size)
{
    const char *chain = ape_settings_get(settings, "LLM_CHAIN");

    for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
        if (same_stem(name, size, providers[i], strlen(providers[i])))
            return true;
    while (chain && *chain) {
        size_t word = strcspn(chain, ", ");

        if (same_stem(name, size, chain, word))
            return true;
        chain += word + strspn(chain + word, ", ");
    }
    return false;
}

bool ape__setting_applies(const ape_settings *settings, const char *name)
{
    const ape__setting *row = ape__setting_find(name);

    if (!row || !ape__setting_is_pattern(row))
        return row != NULL;
    return is_provider(settings, name, ape__setting_stem_size(row, name));
}

/* Names of three letters are near to many others that mean something else. */
static bool is_near(const char *name, const char *known)
{
    size_t size = strlen(known);

    return strcasecmp(name, known) == 0 ||
           (size >= 6 && distance(name, known) <= (size < 10 ? 1 : FARTHEST));
}

static const char *near_provider(const char *name)
{
    static const char *const known[] = {
        "DEEPSEEK_API_KEY",  "ANTHROPIC_API_KEY",  "OPENAI_API_KEY",
        "DEEPSEEK_BASE_URL", "ANTHROPIC_BASE_URL", "OPENAI_BASE_URL",
        "DEEPSEEK_MODEL",    "ANTHROPIC_MODEL",    "OPENAI_MODEL",
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (is_near(name, known[i]))
            return known[i];
    return NULL;
}

const char *ape__setting_meant(const ape_settings *settings, const char *name)
{
    if (ape__setting_applies(settings, name))
        return NULL;
    for (size_t i = 0; i < ape__settings_table_size; i++)
        if (!ape__setting_is_pattern(&ape__settings_table[i]) &&
            is_near(name, ape__settings_table[i].name))
            return ape__settings_table[i].name;
    return near_provider(name);
}

void ape__settings_warn_unknown(const ape_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        const char *name = settings->entries[i].name;
        const char *meant = ape__setting_meant(settings, name);

        if (meant)
            ape__log(settings->host, APE_LOG_WARNING, "settings",
                     "%s is not a setting; did you mean %s?", name, meant);
    }
}

void ape__check_unknown(ape__check *check)
{
    for (size_t i = 0; i < check->settings->count; i++) {
        const char *name = check->settings->entries[i].name;
        const char *meant = ape__setting_meant(check->settings, name);

        if (meant)
            ape__check_warning(check, name, "is not a setting; did you mean %s?", meant);
    }
}
