/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/rule.h"

#include <string.h>

const ape__rule ape__rules[] = {
#include "code_sanitizer/rules/extraction.inc"
#include "code_sanitizer/rules/finance.inc"
#include "code_sanitizer/rules/numpy.inc"
#include "code_sanitizer/rules/output.inc"
#include "code_sanitizer/rules/pandas.inc"
#include "code_sanitizer/rules/security.inc"
#include "code_sanitizer/rules/syntax.inc"
#include "code_sanitizer/rules/yfinance.inc"
};

const size_t ape__rule_count = sizeof(ape__rules) / sizeof(ape__rules[0]);

int ape__rule_find(const char *id, size_t size)
{
    enum { ID_SIZE = sizeof("APE000") - 1 }; /* a constant, so that memcmp() is two compares */

    for (size_t i = 0; size == ID_SIZE && i < ape__rule_count; i++)
        if (memcmp(ape__rules[i].id, id, ID_SIZE) == 0)
            return (int)i;
    return -1;
}

const char *ape__rule_level_name(ape__rule_level level)
{
    static const char *const names[] = { "off", "info", "warn", "unsafe", "safe", "reject" };

    return names[level];
}

const char *ape__rule_family_name(ape__rule_family family)
{
    static const char *const names[FAMILY_COUNT] = {
        "From the answer to code", "Syntax and names",    "yfinance", "pandas", "numpy",
        "Output contract",         "Numbers and finance", "Security",
    };

    return names[family];
}

const char *ape__rule_class(const ape__rule *rule)
{
    static const char *const temporal[] = { "APE604", "APE605", "APE607", "APE609" };
    static const char *const fabricated[] = { "APE508", "APE510" };

    for (size_t i = 0; i < sizeof(temporal) / sizeof(temporal[0]); i++)
        if (strcmp(rule->id, temporal[i]) == 0)
            return "temporal";
    for (size_t i = 0; i < sizeof(fabricated) / sizeof(fabricated[0]); i++)
        if (strcmp(rule->id, fabricated[i]) == 0)
            return "fabricated";
    if (rule->family == FAMILY_SECURITY || strcmp(rule->id, "APE015") == 0 ||
        strcmp(rule->id, "APE316") == 0)
        return "security";
    return rule->family == FAMILY_OUTPUT ? "contract" : "syntax";
}
