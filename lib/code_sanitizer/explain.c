/* SPDX-License-Identifier: MIT */
#include <ape/code_sanitizer.h>

#include <string.h>

#include "code_sanitizer/rule.h"
#include "core/buffer.h"

static const char *in_words(ape__rule_level level)
{
    switch (level) {
    case RULE_SAFE:
        return "repairs";
    case RULE_UNSAFE:
        return "repairs when unsafe repairs are wanted, else warns";
    case RULE_REJECT:
        return "rejects";
    case RULE_WARN:
        return "warns";
    default:
        return "informs";
    }
}

static void write_rule(ape__buffer *out, const ape__rule *rule)
{
    ape__buffer_printf(out, "%s: %s\n\n", rule->id, rule->title);
    ape__buffer_printf(out, "  looks for  %s.\n", rule->bad);
    ape__buffer_printf(out, "  else       %s.\n", rule->why);
    ape__buffer_printf(out, "  %s  %s.\n",
                       rule->level >= RULE_UNSAFE && rule->level <= RULE_SAFE ? "repair   "
                                                                              : "remedy   ",
                       rule->fix);
    if (rule->never)
        ape__buffer_printf(out, "  not when   %s.\n", rule->never);
    ape__buffer_printf(out, "  level      %s: %s\n", ape__rule_level_name(rule->level),
                       in_words(rule->level));
}

ape_status ape_code_rule_explain(ape_host *host, const char *rule, ape_text **out, ape_error *err)
{
    ape__buffer b;
    int row = rule ? ape__rule_find(rule, strlen(rule)) : -1;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    if (rule && row < 0)
        return ape__fail(err, APE_ERR_NOT_FOUND,
                         "there is no rule \"%.20s\"; rules are named as APE203", rule);
    ape__buffer_init(&b, host);
    if (rule)
        write_rule(&b, &ape__rules[row]);
    for (size_t i = 0; !rule && i < ape__rule_count; i++)
        ape__buffer_printf(&b, "%s  %-7s %s\n", ape__rules[i].id,
                           ape__rule_level_name(ape__rules[i].level), ape__rules[i].title);
    return ape__buffer_take(&b, out, err);
}
