/* SPDX-License-Identifier: MIT */
/*
 * docs/rules.md from the table of rules: written to stdout, or, with a file named,
 * compared with it.
 */
#include <stdio.h>
#include <string.h>

#include "code_sanitizer/rule.h"
#include "core/file.h"

static void write_rule(ape__buffer *out, const ape__rule *rule)
{
    ape__buffer_printf(out, "### %s: %s\n\n", rule->id, rule->title);
    ape__buffer_printf(out, "- level: %s\n", ape__rule_level_name(rule->level));
    ape__buffer_printf(out, "- looks for: %s\n", rule->bad);
    ape__buffer_printf(out, "- otherwise: %s\n", rule->why);
    ape__buffer_printf(out, "- does, or asks for: %s\n", rule->fix);
    if (rule->never)
        ape__buffer_printf(out, "- not when: %s\n", rule->never);
    ape__buffer_puts(out, "\n");
}

static void write_all(ape__buffer *out)
{
    ape__buffer_puts(out, "# Rules of the code sanitizer\n\n"
                          "Made from the table of rules by tests/sanitizer/rules_doc.c. Levels: "
                          "*safe* repairs, *unsafe* repairs when asked for and else warns, *warn* "
                          "and *info* only say so, *reject* keeps the code from running. Each "
                          "rule's level can be set in the sanitizer's options.\n\n");
    for (int family = 0; family < FAMILY_COUNT; family++) {
        ape__buffer_printf(out, "## %s\n\n", ape__rule_family_name((ape__rule_family)family));
        for (size_t i = 0; i < ape__rule_count; i++)
            if (ape__rules[i].family == (ape__rule_family)family)
                write_rule(out, &ape__rules[i]);
    }
    out->size--; /* one line end is enough */
}

int main(int argc, char **argv)
{
    ape__buffer made, there;
    int differs = 0;

    ape__buffer_init(&made, NULL);
    ape__buffer_init(&there, NULL);
    write_all(&made);
    if (argc < 2) {
        fwrite(made.data, 1, made.size, stdout);
    } else {
        differs = ape__file_read(&there, argv[1], 1 << 24, NULL) != APE_OK ||
                  there.size != made.size || memcmp(there.data, made.data, made.size) != 0;
        if (differs)
            printf("%s is not what the table says; write it anew with rules_doc > %s\n", argv[1],
                   argv[1]);
    }
    ape__buffer_clear(&made);
    ape__buffer_clear(&there);
    return differs;
}
