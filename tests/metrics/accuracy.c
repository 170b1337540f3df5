/* SPDX-License-Identifier: MIT */
/* What became of predictions is shown as a metric. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ape/orchestrator.h>

#include "counting_host.h"

static char folder[] = "/tmp/ape-accuracy-XXXXXX";
static int wrong;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            wrong++;                                                                               \
        }                                                                                          \
    } while (0)

typedef struct parts {
    ape_market *market;
    ape_store *store;
    ape_orchestrator *orchestrator;
    ape_metrics_registry *registry;
} parts;

static void free_parts(parts *p)
{
    ape_metrics_registry_free(p->registry);
    ape_orchestrator_free(p->orchestrator);
    ape_store_free(p->store);
    ape_market_free(p->market);
}

static ape_status make_parts(ape_host *host, parts *p)
{
    ape_orchestrator_options opts;
    ape_market_options market;
    ape_store_options store;
    ape_status st;

    *p = (parts){ NULL };
    ape_market_options_init(&market, sizeof(market));
    market.data_dir = folder;
    ape_store_options_init(&store, sizeof(store));
    store.state_dir = folder;
    ape_orchestrator_options_init(&opts, sizeof(opts));
    st = ape_market_new(host, &market, &p->market, NULL);
    if (st == APE_OK)
        st = ape_store_new(host, &store, &p->store, NULL);
    opts.market = p->market;
    opts.store = p->store;
    if (st == APE_OK)
        st = ape_orchestrator_new(host, &opts, &p->orchestrator, NULL);
    if (st == APE_OK)
        st = ape_metrics_registry_new(host, NULL, &p->registry, NULL);
    if (st == APE_OK)
        st = ape_orchestrator_set_metrics(p->orchestrator, p->registry, NULL);
    if (st != APE_OK)
        free_parts(p);
    return st;
}

static void predict(ape_store *store, const char *target, double low)
{
    ape_prediction prediction;

    ape_prediction_init(&prediction, sizeof(prediction));
    prediction.ticker = "AAA";
    prediction.as_of = "2021-01-04";
    prediction.target_date = target;
    prediction.low = low;
    prediction.base = prediction.high = low + 10;
    prediction.confidence = 0.8;
    CHECK(ape_store_put_prediction(store, &prediction, NULL, NULL, NULL) == APE_OK);
}

static void write_prices(void)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "%s/AAA.csv", folder);
    file = fopen(path, "we");
    CHECK(file != NULL);
    if (!file)
        return;
    fputs("Date,Close\n2021-01-04,100\n2021-06-01,100\n2021-11-15,100\n2021-12-02,100\n"
          "2021-12-31,100\n",
          file);
    fclose(file);
}

static bool shows(const parts *p, const char *line)
{
    ape_text *text = NULL;
    bool there;

    CHECK(ape_metrics_registry_to_text(p->registry, APE_METRICS_TEXT, &text, NULL) == APE_OK);
    there = strstr(ape_text_data(text), line) != NULL;
    ape_text_free(text);
    return there;
}

static ape_status check_again(ape_host *host, void *user)
{
    ape_text *report;
    parts p;
    ape_status st = make_parts(host, &p);

    (void)user;
    if (st != APE_OK)
        return st;
    st = ape_orchestrator_check_actuals(p.orchestrator, "2021-12-31", &report, NULL);
    if (st == APE_OK)
        ape_text_free(report);
    free_parts(&p);
    return st;
}

static void check_windows(void)
{
    ape_text *report = NULL;
    parts p;

    CHECK(make_parts(NULL, &p) == APE_OK);
    CHECK(ape_orchestrator_check_actuals(p.orchestrator, NULL, &report, NULL) == APE_OK);
    ape_text_free(report);
    CHECK(shows(&p, "ape_accuracy{window=\"30d\"} NaN\n"));

    /* December: one; the quarter: a hit and a miss; the year: two hits more. */
    predict(p.store, "2021-12-02", 95);
    predict(p.store, "2021-11-15", 150);
    predict(p.store, "2021-06-01", 91);
    predict(p.store, "2021-01-04", 99);
    CHECK(ape_orchestrator_check_actuals(p.orchestrator, NULL, &report, NULL) == APE_OK);
    CHECK(strstr(ape_text_data(report), "\"checked\":4") != NULL);
    ape_text_free(report);
    CHECK(shows(&p, "ape_accuracy{window=\"30d\"} 1\n"));
    CHECK(shows(&p, "ape_accuracy{window=\"90d\"} 0.5\n"));
    CHECK(shows(&p, "ape_accuracy{window=\"365d\"} 0.75\n"));
    CHECK(ape_orchestrator_check_actuals(p.orchestrator, "x", &report, NULL) == APE_ERR_INVALID);
    free_parts(&p);
}

static void check_without_a_store(void)
{
    ape_orchestrator *o = NULL;
    ape_text *report;

    CHECK(ape_orchestrator_new(NULL, NULL, &o, NULL) == APE_OK);
    CHECK(ape_orchestrator_check_actuals(o, NULL, &report, NULL) == APE_ERR_STATE);
    CHECK(ape_orchestrator_check_actuals(NULL, NULL, &report, NULL) == APE_ERR_INVALID);
    ape_orchestrator_free(o);
}

static void remove_folder(void)
{
    static const char *const files[] = { "AAA.csv", "predictions.db", "predictions.db-wal",
                                         "predictions.db-shm" };
    char path[96];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(void)
{
    const char *no_memory;

    if (!mkdtemp(folder))
        return 1;
    write_prices();
    check_windows();
    check_without_a_store();
    no_memory = each_allocation_fails(check_again, NULL);
    if (no_memory) {
        printf("no memory: %s\n", no_memory);
        wrong++;
    }
    remove_folder();
    return wrong != 0;
}
