/* SPDX-License-Identifier: MIT */
#include "chain.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 64 };

static void visit_list(const char *list, chain_visitor visit, void *user)
{
    char name[MAX_NAME];

    while (*list) {
        size_t size;

        list += strspn(list, " ,\t");
        size = strcspn(list, " ,\t");
        if (size > 0 && size < sizeof(name)) {
            snprintf(name, sizeof(name), "%.*s", (int)size, list);
            visit(user, name);
        }
        list += size;
    }
}

typedef struct search {
    const char *name;
    bool found;
} search;

static void compare(void *user, const char *provider)
{
    search *s = user;

    s->found = s->found || strcmp(provider, s->name) == 0;
}

bool chain_has(const ape_settings *settings, const char *name)
{
    search s = { .name = name };

    chain_for_each(settings, compare, &s);
    return s.found;
}

void chain_for_each(const ape_settings *settings, chain_visitor visit, void *user)
{
    static const char *const usual[][2] = { { "deepseek", "DEEPSEEK_API_KEY" },
                                            { "anthropic", "ANTHROPIC_API_KEY" },
                                            { "openai", "OPENAI_API_KEY" } };
    const char *chain = ape_settings_get(settings, "LLM_CHAIN");

    if (chain) {
        visit_list(chain, visit, user);
        return;
    }
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (ape_settings_get(settings, usual[i][1]))
            visit(user, usual[i][0]);
    visit(user, "builtin");
}
