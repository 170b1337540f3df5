/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "planner/companies.h"
#include "planner/phrases.h"

/* Print the planner's tables as the two lists of docs/questions.md. */

/* "a|b *|C" as "a, b …, C", at most so many. */
static void print_phrases(const char *phrases, size_t most)
{
    for (size_t count = 0; *phrases && count < most; count++) {
        size_t size = strcspn(phrases, "|");

        if (count > 0)
            fputs(", ", stdout);
        for (size_t i = 0; i < size; i++) {
            if (phrases[i] == '*')
                fputs("…", stdout);
            else
                putchar(phrases[i]);
        }
        phrases += size + (phrases[size] == '|');
    }
}

static void print_metric(ape__plan_metric metric)
{
    printf("- `%s`: ", ape__plan_metric_get(metric)->key);
    for (size_t i = 0, found = 0; i < ape__plan_phrases_count; i++) {
        if (ape__plan_phrases_table[i].metric != metric)
            continue;
        if (found++ > 0)
            fputs(ape__plan_phrases_table[i].weak ? "; if nothing else is asked for also " : "; ",
                  stdout);
        print_phrases(ape__plan_phrases_table[i].phrases, 1000);
    }
    putchar('\n');
}

static void print_company(const ape__plan_company *company)
{
    printf("- `%s`", company->symbol);
    if (company->form == APE__PLAN_DOLLAR)
        printf(", only as `$%s`", company->symbol);
    else if (company->form == APE__PLAN_CAPITALS)
        fputs(", only in capitals", stdout);
    if (company->names[0] != '\0')
        fputs(": ", stdout);
    print_phrases(company->names, 1000);
    putchar('\n');
}

int main(void)
{
    puts("<!-- metrics -->");
    for (int metric = APE__PLAN_NO_METRIC + 1; metric < APE__PLAN_METRIC_COUNT; metric++)
        print_metric((ape__plan_metric)metric);
    puts("<!-- end of metrics -->");
    puts("<!-- companies -->");
    for (size_t i = 0; i < ape__plan_companies_count; i++)
        print_company(&ape__plan_companies[i]);
    puts("<!-- end of companies -->");
    return 0;
}
