/* SPDX-License-Identifier: MIT */
/* Where the time of a question goes: medians of each stage over rounds of questions, with the
 * built-in planner, on the sample prices. bench_query [ROUNDS] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include <ape/orchestrator.h>

static const char *const questions[] = {
    "Calculate the Sharpe ratio for AAPL in 2021",
    "Beta of KO relative to the S&P 500 since 2020",
    "What is the correlation between JPM and XOM in 2022?",
    "Maximum drawdown of MSFT, last 6 months",
    "50-day SMA of WMT",
};

static const char *const stages[] = { "plan", "sanitize", "execute", "gate", "total" };

enum {
    QUESTION_COUNT = sizeof(questions) / sizeof(questions[0]),
    STAGE_COUNT = sizeof(stages) / sizeof(stages[0]),
    MOST_ROUNDS = 1000,
};

static double times[STAGE_COUNT][MOST_ROUNDS * QUESTION_COUNT];
static size_t answers;

static void take_times(const ape_answer *answer)
{
    cJSON *json = cJSON_Parse(ape_answer_json(answer));
    const cJSON *timings = cJSON_GetObjectItemCaseSensitive(json, "timings_ms");

    for (size_t s = 0; s < STAGE_COUNT; s++)
        times[s][answers] =
            cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(timings, stages[s]));
    cJSON_Delete(json);
    answers++;
}

static int ask(ape_orchestrator *orchestrator, const char *question)
{
    ape_answer *answer;
    ape_error err;
    int failed;

    if (ape_orchestrator_query(orchestrator, question, strlen(question), NULL, &answer, &err) !=
        APE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    failed = ape_answer_get_status(answer) != APE_ANSWER_VERIFIED;
    if (failed)
        fprintf(stderr, "%s: %s\n", question, ape_answer_sentence(answer));
    else
        take_times(answer);
    ape_answer_free(answer);
    return failed;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print_table(void)
{
    printf("%-9s %10s %10s   over %zu answers\n", "stage", "median ms", "p90 ms", answers);
    for (size_t s = 0; s < STAGE_COUNT; s++) {
        qsort(times[s], answers, sizeof(double), by_size);
        printf("%-9s %10.3f %10.3f\n", stages[s], times[s][answers / 2],
               times[s][answers * 9 / 10]);
    }
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 10;
    ape_orchestrator *orchestrator;
    ape_error err;
    int failed = 0;

    if (rounds < 1 || rounds > MOST_ROUNDS) {
        fprintf(stderr, "usage: bench_query [ROUNDS, 1 to %d]\n", MOST_ROUNDS);
        return 2;
    }
    if (ape_orchestrator_new(NULL, NULL, &orchestrator, &err) != APE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (int round = 0; round < rounds && !failed; round++)
        for (size_t q = 0; q < QUESTION_COUNT && !failed; q++)
            failed = ask(orchestrator, questions[q]);
    if (!failed)
        print_table();
    ape_orchestrator_free(orchestrator);
    return failed;
}
