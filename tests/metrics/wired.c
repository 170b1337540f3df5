/* SPDX-License-Identifier: MIT */
/* A real question through planner, sandbox and gate: everything on the way is counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ape/orchestrator.h>

static int wrong;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            wrong++;                                                                               \
        }                                                                                          \
    } while (0)

static ape_answer_status ask(ape_orchestrator *o, const char *question)
{
    ape_answer_status status = APE_ANSWER_FAILED;
    ape_answer *answer;
    ape_error err;

    if (ape_orchestrator_query(o, question, strlen(question), NULL, &answer, &err) != APE_OK) {
        printf("%s\n", err.message);
        wrong++;
        return status;
    }
    status = ape_answer_get_status(answer);
    fprintf(stderr, "%s\n", ape_answer_sentence(answer));
    ape_answer_free(answer);
    return status;
}

/* With the argument "print": hand the metrics to dashboard.py. */
int main(int argc, char **argv)
{
    static const char *const wanted[] = {
        "ape_queries_total{status=\"success\"} 1\n",
        "ape_queries_total{status=\"refused\"} 1\n",
        "ape_queries_total{status=\"timeout\"} 0\n",
        "ape_latency_seconds_count 2\n",
        "ape_stage_seconds_count{stage=\"execute\"} 2\n",
        "ape_accuracy{window=\"golden\"} 0.95\n",
        "ape_vee_runs_total{reason=\"ok\"} 1\n",
        "ape_vee_run_seconds_count 1\n",
        "ape_llm_attempts_total{provider=\"builtin\",class=\"ok\"} 1\n",
    };
    ape_metrics_registry *registry = NULL;
    ape_orchestrator *o = NULL;
    ape_text *text;

    CHECK(ape_metrics_registry_new(NULL, NULL, &registry, NULL) == APE_OK);
    CHECK(ape_orchestrator_new(NULL, NULL, &o, NULL) == APE_OK);
    CHECK(ape_orchestrator_set_accuracy(o, "golden", 0.5, NULL) == APE_OK);
    CHECK(ape_orchestrator_set_metrics(o, registry, NULL) == APE_OK);
    CHECK(ape_orchestrator_set_metrics(o, registry, NULL) == APE_ERR_STATE);
    CHECK(ape_orchestrator_set_accuracy(o, "golden", 1.5, NULL) == APE_ERR_INVALID);
    CHECK(ape_orchestrator_set_accuracy(o, "golden", 0.95, NULL) == APE_OK);
    CHECK(ask(o, "Calculate the Sharpe ratio for AAPL in 2021") == APE_ANSWER_VERIFIED);
    CHECK(ask(o, "Who will win the match tonight?") == APE_ANSWER_REFUSED);
    CHECK(ape_metrics_registry_to_text(registry, APE_METRICS_TEXT, &text, NULL) == APE_OK);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (!strstr(ape_text_data(text), wanted[i])) {
            printf("not there: %s", wanted[i]);
            wrong++;
        }
    if (wrong)
        puts(ape_text_data(text));
    if (argc > 1 && strcmp(argv[1], "print") == 0)
        fputs(ape_text_data(text), stdout);
    ape_text_free(text);
    ape_metrics_registry_free(registry);
    ape_orchestrator_free(o);
    return wrong != 0;
}
