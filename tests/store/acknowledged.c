/* SPDX-License-Identifier: MIT */
#include "acknowledged.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/schema.h"

enum { WRITERS = 4096 };

ape_store *acknowledged_open(const char *folder, const test_server *postgres)
{
    ape_settings_options settings_options;
    ape_store_options opts;
    ape_settings *settings;
    ape_store *store;
    ape_error err = { .message = "" };

    ape_settings_options_init(&settings_options, sizeof(settings_options));
    settings_options.ignore_environment = 1;
    test_expect(ape_settings_new(NULL, &settings_options, &settings, NULL) == APE_OK, "-");
    if (postgres)
        test_expect(ape_settings_set(settings, "DATABASE_URL", postgres->url, NULL) == APE_OK, "-");
    ape_store_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    opts.state_dir = folder;
    opts.statement_timeout_ms = 2000;
    test_expect(ape_store_new(NULL, &opts, &store, &err) == APE_OK, "%s", err.message);
    ape_settings_free(settings);
    return store;
}

bool acknowledged_put(ape_store *store, int writer, int number, ape_store_place *place)
{
    ape_prediction p;
    char id[40];

    snprintf(id, sizeof(id), "%d-%d", writer, number);
    ape_prediction_init(&p, sizeof(p));
    p.id = id;
    p.ticker = "ACK";
    p.as_of = "2022-01-03";
    p.target_date = "2022-02-03";
    p.low = p.base = p.high = 100;
    p.confidence = 0.8;
    return ape_store_put_prediction(store, &p, NULL, place, NULL) == APE_OK;
}

typedef struct tally {
    int next[WRITERS]; /* number expected of each writer */
    long rows;
} tally;

static ape_status count_row(void *user, const ape__sql_value *columns, size_t count, ape_error *err)
{
    tally *t = user;
    int writer, number;

    (void)count, (void)err;
    test_expect(sscanf(columns[0].text, "%d-%d", &writer, &number) == 2 && writer < WRITERS, "%s",
                columns[0].text);
    test_expect(number == t->next[writer], "writer %d: %d where %d was due", writer, number,
                t->next[writer]);
    t->next[writer]++;
    t->rows++;
    return APE_OK;
}

static ape_status read_verdict(void *user, const ape__sql_value *columns, size_t count,
                               ape_error *err)
{
    (void)user, (void)count, (void)err;
    test_expect(strcmp(columns[0].text, "ok") == 0, "%s", columns[0].text);
    return APE_OK;
}

static ape__sql *open_session(const char *folder, const test_server *postgres)
{
    ape__sql *sql;
    ape_error err = { .message = "" };
    char path[128];

    if (postgres) {
        const ape__postgres_target target = { .conninfo = postgres->url,
                                              .statement_timeout_ms = 60000 };

        test_expect(ape__postgres_open(NULL, &target, &sql, &err) == APE_OK, "%s", err.message);
        return sql;
    }
    snprintf(path, sizeof(path), "%s/predictions.db", folder);
    test_expect(ape__sqlite_open(NULL, path, ape__schema_sqlite, ape__schema_size, &sql, &err) ==
                    APE_OK,
                "%s", err.message);
    test_expect(sql->kind->run(sql, "PRAGMA integrity_check(1)", NULL, 0, read_verdict, NULL,
                               NULL) == APE_OK,
                "-");
    return sql;
}

long acknowledged_verify(const char *folder, const test_server *postgres, const int *acknowledged,
                         int writers)
{
    ape__sql *sql = open_session(folder, postgres);
    tally *t = calloc(1, sizeof(*t));
    ape_error err = { .message = "" };
    long rows;

    test_expect(sql->kind->run(sql,
                               "SELECT id FROM predictions WHERE ticker = 'ACK' ORDER BY arrival",
                               NULL, 0, count_row, t, &err) == APE_OK,
                "%s", err.message);
    for (int w = 0; w < writers; w++)
        test_expect(t->next[w] >= acknowledged[w], "writer %d: %d acknowledged, %d there", w,
                    acknowledged[w], t->next[w]);
    rows = t->rows;
    free(t);
    sql->kind->close(sql);
    return rows;
}
