/* SPDX-License-Identifier: MIT */
/* Times of reading among 100,000 predictions, on SQLite: medians and 99th percentiles in ms. */
#include <ape/store.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/operation.h"
#include "store/schema.h"

#include "servers.h"

enum { PREDICTIONS = 100000, TICKERS = 100, BATCH = 1000, ROUNDS = 300 };

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

typedef struct row {
    char id[32], ticker[16], target[16];
    ape__operation prediction, outcome;
} row;

static void make_row(row *r, int i)
{
    int day = i / TICKERS;

    snprintf(r->id, sizeof(r->id), "p-%d", i);
    snprintf(r->ticker, sizeof(r->ticker), "T%d", i % TICKERS);
    snprintf(r->target, sizeof(r->target), "%d-%02d-%02d", 2020 + day / 336, day / 28 % 12 + 1,
             day % 28 + 1);
    r->prediction = (ape__operation){
        .kind = APE__PUT_PREDICTION,
        .count = 10,
        .values = { ape__sql_text(r->id), ape__sql_text(NULL), ape__sql_text(r->ticker),
                    ape__sql_integer(1577836800000 + i), ape__sql_text("2020-01-01"),
                    ape__sql_text(r->target), ape__sql_real(90 + i % 7), ape__sql_real(100),
                    ape__sql_real(110), ape__sql_real(i % 2 ? 0.8 : 0.9) },
    };
    r->outcome = (ape__operation){
        .kind = APE__PUT_OUTCOME,
        .count = 7,
        .values = { ape__sql_text(r->id), ape__sql_real(95 + i % 20),
                    ape__sql_text(i % 20 < 15 ? "HIT" : "MISS"), ape__sql_integer(1600000000000),
                    ape__sql_integer(i % 20 < 15), ape__sql_integer(0),
                    ape__sql_integer(i % 20 >= 15) },
    };
}

static void fill(const char *folder)
{
    row *rows = calloc(BATCH, sizeof(*rows));
    ape__sql_item *items = calloc(BATCH * 2 * APE__OPERATION_ITEMS, sizeof(*items));
    char path[96];
    ape__sql *sql;
    double start = now_ms();

    snprintf(path, sizeof(path), "%s/predictions.db", folder);
    test_expect(ape__sqlite_open(NULL, path, ape__schema_sqlite, ape__schema_size, &sql, NULL) ==
                    APE_OK,
                "-");
    for (int first = 0; first < PREDICTIONS; first += BATCH) {
        size_t count = 0;

        for (int i = 0; i < BATCH; i++) {
            make_row(&rows[i], first + i);
            count += ape__operation_items(&rows[i].prediction, items + count);
            count += ape__operation_items(&rows[i].outcome, items + count);
        }
        test_expect(sql->kind->run_together(sql, items, count, NULL) == APE_OK, "-");
    }
    sql->kind->close(sql);
    free(items);
    free(rows);
    printf("filled %d predictions and outcomes in %.1f s\n", PREDICTIONS,
           (now_ms() - start) / 1000);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void latest(ape_store *s, const char *ticker, ape_text **out)
{
    test_expect(ape_store_latest_prediction(s, ticker, out, NULL) == APE_OK, "-");
}

static void history(ape_store *s, const char *ticker, ape_text **out)
{
    ape_prediction_filter f;

    ape_prediction_filter_init(&f, sizeof(f));
    f.ticker = ticker;
    test_expect(ape_store_list_predictions(s, &f, out, NULL) == APE_OK, "-");
}

static void corridor(ape_store *s, const char *ticker, ape_text **out)
{
    test_expect(ape_store_corridor(s, ticker, "2022-01-01", "2022-03-31", out, NULL) == APE_OK,
                "-");
}

static void record_of_one(ape_store *s, const char *ticker, ape_text **out)
{
    test_expect(ape_store_track_record(s, ticker, NULL, NULL, out, NULL) == APE_OK, "-");
}

static void record_of_all(ape_store *s, const char *ticker, ape_text **out)
{
    (void)ticker;
    test_expect(ape_store_track_record(s, NULL, NULL, NULL, out, NULL) == APE_OK, "-");
}

static void measure(ape_store *store, const char *name, double goal_ms,
                    void (*run)(ape_store *s, const char *ticker, ape_text **out))
{
    static double times[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        char ticker[16];
        ape_text *text;
        double start = now_ms();

        snprintf(ticker, sizeof(ticker), "T%d", i % TICKERS);
        run(store, ticker, &text);
        times[i] = now_ms() - start;
        ape_text_free(text);
    }
    qsort(times, ROUNDS, sizeof(times[0]), by_size);
    printf("%-22s median %7.3f   p99 %7.3f   goal %5.1f\n", name, times[ROUNDS / 2],
           times[ROUNDS * 99 / 100], goal_ms);
}

int main(void)
{
    ape_store_options opts;
    ape_store *store;
    char folder[64];

    test_folder_new(folder);
    fill(folder);
    ape_store_options_init(&opts, sizeof(opts));
    opts.state_dir = folder;
    test_expect(ape_store_new(NULL, &opts, &store, NULL) == APE_OK, "-");
    measure(store, "latest", 2, latest);
    measure(store, "history, 50 of them", 2, history);
    measure(store, "corridor, 3 months", 2, corridor);
    measure(store, "track record, one", 20, record_of_one);
    measure(store, "track record, all", 20, record_of_all);
    ape_store_free(store);
    test_folder_remove(folder);
    return 0;
}
