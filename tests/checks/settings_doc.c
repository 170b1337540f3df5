/* SPDX-License-Identifier: MIT */
/* Writes docs/settings.md from the table of settings to standard output. */
#include <stdio.h>
#include <string.h>

#include "core/settings_table.h"

static const char head[] =
    "# Settings\n"
    "\n"
    "Settings come from the environment; what is not there, from a `.env` file; what is not there\n"
    "either has its default. This page is made from the table in the library\n"
    "(`scripts/update-settings-doc.sh`), which also drives `ape config check` and `ape config "
    "show`.\n"
    "\n"
    "`ape config check` looks at the form of every setting. In production it also refuses unsafe\n"
    "ones; [security.md](security.md) lists those rules. Names that look like a misspelt setting "
    "are\n"
    "warned about. No value of a secret is ever shown.\n"
    "\n"
    "`NAME` stands for a provider's name in `LLM_CHAIN`, in capitals: `DEEPSEEK`, `MY_MODEL`.\n";

static void print_name(const ape__setting *s)
{
    if (ape__setting_is_pattern(s))
        printf("| `NAME%s` ", s->name + 1);
    else
        printf("| `%s` ", s->name);
}

static void print_type(const ape__setting *s)
{
    if (s->type == APE__SETTING_INTEGER || s->type == APE__SETTING_NUMBER)
        printf("| %s, %.15g to %.15g ", ape__setting_type_name(s->type), s->min, s->max);
    else if (s->words)
        printf("| %s: %s ", ape__setting_type_name(s->type), s->words);
    else
        printf("| %s ", ape__setting_type_name(s->type));
}

static void print_row(const ape__setting *s)
{
    static const char *const secrecy[] = { "", "yes", "its password" };

    print_name(s);
    print_type(s);
    if (s->fallback)
        printf("| `%s` ", s->fallback);
    else
        printf("| ");
    printf("| %s | %s |\n", secrecy[s->secrecy], s->help);
}

int main(void)
{
    const char *group = "";

    fputs(head, stdout);
    for (size_t i = 0; i < ape__settings_table_size; i++) {
        const ape__setting *s = &ape__settings_table[i];

        if (strcmp(group, s->group) != 0) {
            group = s->group;
            printf("\n## %s\n\n| name | type | default | secret | meaning |\n"
                   "|---|---|---|---|---|\n",
                   group);
        }
        print_row(s);
    }
    return 0;
}
