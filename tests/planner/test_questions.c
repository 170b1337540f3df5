/* SPDX-License-Identifier: MIT */
#include "planner/question.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

/* tests/planner/questions.txt says what each question means. */

static void add_decimal(char *out, size_t size, const char *name, ape__plan_decimal value)
{
    size_t used = strlen(out);
    double one = 1;

    for (int i = 0; i < value.scale; i++)
        one *= 10;
    snprintf(out + used, size - used, " %s=%g", name, (double)value.mantissa / one);
}

static void add_period(char *out, size_t size, const ape__plan_question *q)
{
    size_t used = strlen(out);
    char start[16], end[11];

    if (q->period.has_start)
        ape__date_format(q->period.start, start);
    else
        snprintf(start, sizeof(start), "%u", q->period.closes);
    ape__date_format(q->period.end, end);
    snprintf(out + used, size - used, " %s..%s", start, end);
}

/* "sharpe_ratio AAPL 2021-01-01..2021-12-31 rf=0.02", a period without start by its closes. */
static void describe(char *out, size_t size, const ape__plan_question *q)
{
    snprintf(out, size, "%s", ape__plan_metric_get(q->metric)->key);
    for (size_t i = 0; i < q->tickers.count; i++)
        snprintf(out + strlen(out), size - strlen(out), " %s", q->tickers.items[i].symbol);
    add_period(out, size, q);
    if (q->metric == APE__PLAN_SHARPE_RATIO || q->metric == APE__PLAN_SORTINO_RATIO)
        add_decimal(out, size, "rf", q->risk_free_rate);
    if (q->metric == APE__PLAN_VAR || q->metric == APE__PLAN_CVAR)
        add_decimal(out, size, "c", q->confidence);
    if (ape__plan_metric_get(q->metric)->has_window)
        snprintf(out + strlen(out), size - strlen(out), " n=%d", q->window);
    if (q->metric == APE__PLAN_FORECAST) {
        char target[11];

        ape__date_format(q->target, target);
        snprintf(out + strlen(out), size - strlen(out), " target=%s", target);
    }
}

static void understand(const char *text, ape__date as_of, char *out, size_t size)
{
    ape__plan_question question;
    ape_error err;

    if (ape__plan_read_question(NULL, text, strlen(text), as_of, &question, &err) == APE_OK)
        describe(out, size, &question);
    else
        snprintf(out, size, "refused: %s", err.message);
}

static bool agrees(const char *got, const char *expected)
{
    if (strncmp(expected, "refused:", 8) == 0)
        return strncmp(got, "refused:", 8) == 0 && strstr(got + 8, expected + 9);
    return strcmp(got, expected) == 0;
}

/* One line "QUESTION => MEANING"; "@2022-12-28" sets the as-of date. */
static bool check_line(char *line, ape__date *as_of)
{
    char *arrow = strstr(line, " => ");
    char got[512];

    line[strcspn(line, "\n")] = '\0';
    if (line[0] == '@')
        cr_assert(ape__date_parse(line + 1, strlen(line + 1), as_of), "%s", line);
    if (!arrow || line[0] == '#' || line[0] == '@')
        return false;
    *arrow = '\0';
    understand(line, *as_of, got, sizeof(got));
    cr_expect(agrees(got, arrow + 4), "%s\n   means %s\n   not   %s", line, got, arrow + 4);
    return true;
}

Test(planner_questions, mean_what_the_table_says)
{
    FILE *file = fopen(QUESTIONS_FILE, "r");
    char line[1024];
    ape__date as_of = 0;
    int count = 0;

    cr_assert_not_null(file, "%s", QUESTIONS_FILE);
    while (fgets(line, sizeof(line), file))
        count += check_line(line, &as_of);
    fclose(file);
    cr_assert_gt(count, 300, "only %d questions in %s", count, QUESTIONS_FILE);
}
