/* SPDX-License-Identifier: MIT */
#include "planner/planner.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "planner/phrases.h"

#include "counting_host.h"

static ape_status answer(ape_host *host, const char *message, size_t size, char *text,
                         size_t text_size, ape_error *err)
{
    ape_text *plan = NULL;
    ape_status st = ape__planner_answer(host, message, size, &plan, err);

    text[0] = '\0';
    if (st == APE_OK) {
        cr_assert_lt(ape_text_size(plan), text_size);
        memcpy(text, ape_text_data(plan), ape_text_size(plan) + 1);
        ape_text_free(plan);
    }
    return st;
}

Test(planner, answers_with_a_fenced_program)
{
    static const char message[] = "Metrics: ...\nAs-of date: 2022-12-28\n"
                                  "Question: Sharpe ratio of AAPL in 2021\nAnswer with code.\n";
    char text[8192];
    counting_host c;

    counting_host_init(&c);
    cr_assert_eq(answer(c.host, message, sizeof(message) - 1, text, sizeof(text), NULL), APE_OK);
    cr_assert(strncmp(text, "```python\nimport json\n", 22) == 0);
    cr_assert(strcmp(text + strlen(text) - 5, "\n```\n") == 0);
    cr_assert_not_null(
        strstr(text, "TICKER = \"AAPL\"\nSTART = \"2021-01-01\"\nEND = \"2021-12-31\""));
    counting_host_end_test(&c);
}

Test(planner, today_is_the_as_of_date_where_none_is_given)
{
    static const char message[] = "volatility of KO year to date";
    char text[8192];
    counting_host c;

    counting_host_init(&c);
    atomic_store(&c.wall_ms, INT64_C(1672185600000)); /* 2022-12-28 */
    cr_assert_eq(answer(c.host, message, sizeof(message) - 1, text, sizeof(text), NULL), APE_OK);
    cr_assert_not_null(strstr(text, "START = \"2022-01-01\"\nEND = \"2022-12-28\""));
    counting_host_end_test(&c);
}

Test(planner, refusals_name_the_cause)
{
    static const struct {
        const char *question;
        const char *words;
    } table[] = {
        { "", "no metric" },
        { "What is the meaning of life?", "no metric" },
        { "Sharpe ratio in 2021", "no ticker" },
        { "Sharpe ratio of AAPL from 2022-01-01 to 2021-01-01", "before it starts" },
        { "correlation of AAPL in 2021", "two different tickers" },
        { "Sharpe and Sortino ratio of AAPL", "two things" },
        { "Sharpe ratio of AAPL, MSFT and KO", "more than two tickers" },
        { "volatility of AAPL since 2030", "after the as-of date" },
        { "volatility of AAPL from 2021-02-30 to 2021-12-31", "no day 2021-02-30" },
        { "MACD of AAPL", "MACD is not something I compute" },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char message[256], text[8192];
        ape_error err;
        int size = snprintf(message, sizeof(message), "As-of date: 2022-12-28\nQuestion: %s",
                            table[i].question);

        cr_assert_eq(answer(NULL, message, (size_t)size, text, sizeof(text), &err), APE_ERR_REFUSED,
                     "%s", table[i].question);
        cr_assert_not_null(strstr(err.message, table[i].words), "%s: %s", table[i].question,
                           err.message);
        cr_assert_lt(strlen(err.message), sizeof(err.message) - 1, "cut: %s", err.message);
    }
}

Test(planner, what_is_not_computed_is_named_in_a_whole_sentence)
{
    for (size_t i = 0; i < ape__plan_phrases_count; i++) {
        const ape__plan_phrases *entry = &ape__plan_phrases_table[i];
        char message[256], text[8192];
        ape_error err;
        int size;

        if (!entry->unknown)
            continue;
        size = snprintf(message, sizeof(message), "%.*s AAPL", (int)strcspn(entry->phrases, "|*"),
                        entry->phrases);
        cr_assert_eq(answer(NULL, message, (size_t)size, text, sizeof(text), &err), APE_ERR_REFUSED,
                     "%s", message);
        cr_assert_not_null(strstr(err.message, entry->unknown), "%s: %s", message, err.message);
        cr_assert_eq(strcmp(err.message + strlen(err.message) - 8, "forecast"), 0, "cut: %s",
                     err.message);
    }
}

Test(planner, an_absurd_as_of_date_is_refused)
{
    static const char message[] = "As-of date: 0001-01-01\nQuestion: volatility of KO for 90 years";
    char text[8192];
    ape_error err;

    cr_assert_eq(answer(NULL, message, sizeof(message) - 1, text, sizeof(text), &err),
                 APE_ERR_REFUSED);
    cr_assert_not_null(strstr(err.message, "as-of date"), "%s", err.message);
}

Test(planner, any_size_is_welcome)
{
    static char message[1 << 20];
    char text[8192];
    ape_error err;

    for (size_t i = 0; i + 5 < sizeof(message); i += 5)
        memcpy(message + i, "AAPL ", 5);
    cr_assert_eq(answer(NULL, message, 16000, text, sizeof(text), &err), APE_ERR_REFUSED);
    cr_assert_not_null(strstr(err.message, "no metric"), "%s", err.message);
    cr_assert_eq(answer(NULL, message, sizeof(message), text, sizeof(text), &err), APE_ERR_REFUSED);
    cr_assert_not_null(strstr(err.message, "longer than"), "%s", err.message);
}
