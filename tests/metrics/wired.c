/* SPDX-License-Identifier: MIT */
/* A real question through planner, sandbox and gate: everything on the way is counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static ape_text *text_of(ape_metrics_registry *registry)
{
    ape_text *text = NULL;

    CHECK(ape_metrics_registry_to_text(registry, APE_METRICS_TEXT, &text, NULL) == APE_OK);
    return text;
}

/* Without prices no question gets an answer: that is an error of the service. A question that
 * cannot be asked is none. */
static void check_queries_without_prices(void)
{
    char folder[] = "/tmp/ape-empty-XXXXXX", path[64];
    ape_orchestrator_options opts;
    ape_metrics_registry *registry = NULL;
    ape_market_options market;
    ape_orchestrator *o = NULL;
    ape_answer *answer;
    ape_text *text;
    FILE *file;

    CHECK(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/AAPL.csv", folder);
    file = fopen(path, "we");
    CHECK(file && fputs("Date,Close\n", file) > 0 && fclose(file) == 0);
    ape_market_options_init(&market, sizeof(market));
    market.data_dir = folder;
    ape_orchestrator_options_init(&opts, sizeof(opts));
    CHECK(ape_market_new(NULL, &market, &opts.market, NULL) == APE_OK);
    CHECK(ape_metrics_registry_new(NULL, NULL, &registry, NULL) == APE_OK);
    CHECK(ape_orchestrator_new(NULL, &opts, &o, NULL) == APE_OK);
    CHECK(ape_orchestrator_set_metrics(o, registry, NULL) == APE_OK);
    CHECK(ape_orchestrator_query(o, "Beta of AAPL", 12, NULL, &answer, NULL) == APE_ERR_FORMAT);
    CHECK(ape_orchestrator_query(o, " ", 1, NULL, &answer, NULL) == APE_ERR_INVALID);
    text = text_of(registry);
    CHECK(strstr(ape_text_data(text), "ape_queries_total{status=\"error\"} 1\n"));
    CHECK(strstr(ape_text_data(text), "ape_latency_seconds_count 1\n"));
    ape_text_free(text);
    ape_orchestrator_free(o);
    ape_market_free(opts.market);
    ape_metrics_registry_free(registry);
    unlink(path);
    rmdir(folder);
}

int main(void)
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
    text = text_of(registry);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (!strstr(ape_text_data(text), wanted[i])) {
            printf("not there: %s", wanted[i]);
            wrong++;
        }
    if (wrong)
        puts(ape_text_data(text));
    ape_text_free(text);
    ape_metrics_registry_free(registry);
    ape_orchestrator_free(o);
    check_queries_without_prices();
    return wrong != 0;
}
