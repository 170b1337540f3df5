/* SPDX-License-Identifier: MIT */
/* outage CYCLES: PostgreSQL is stopped and started under load; nothing is lost, the order kept. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acknowledged.h"

enum { WRITERS = 4 };

static test_server postgres;
static char folder[64];
static ape_store *store;
static atomic_bool stop;
static int acknowledged[WRITERS];
static atomic_long stored, queued;

static void rest_ms(long ms)
{
    const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

static void *write_until_stopped(void *user)
{
    int writer = (int)((int *)user - acknowledged);

    while (!atomic_load(&stop)) {
        ape_store_place place;

        test_expect(acknowledged_put(store, writer, acknowledged[writer], &place),
                    "a write failed although there is an outbox");
        acknowledged[writer]++;
        atomic_fetch_add(place == APE_STORE_QUEUED ? &queued : &stored, 1);
        rest_ms(4);
    }
    return NULL;
}

static ape_status read_something(ape_error *err)
{
    ape_text *text;
    ape_status st = ape_store_latest_prediction(store, "ACK", &text, err);

    if (st == APE_OK)
        ape_text_free(text);
    return st;
}

/* Reads say "away" at once, never hang, and work again soon. */
static void expect_away(void)
{
    ape_error err = { .message = "" };
    ape_status st = read_something(&err);

    test_expect(st == APE_ERR_UNAVAILABLE, "%s %s", ape_status_name(st), err.message);
    test_expect(strstr(err.message, "PostgreSQL"), "%s", err.message);
}

static void expect_back(void)
{
    for (int i = 0; i < 1500; i++) {
        ape_error err;

        if (read_something(&err) == APE_OK)
            return;
        rest_ms(10);
    }
    test_fail(__FILE__, __LINE__, "it is back", "after 15 seconds");
}

static void freeze_and_thaw(void)
{
    test_server_freeze(&postgres);
    rest_ms(6000); /* beyond the statement's timeout and the grace for its answer */
    expect_away();
    test_server_thaw(&postgres);
    expect_back();
}

int main(int argc, char **argv)
{
    int cycles = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 3;
    pthread_t threads[WRITERS];
    ape_error err = { .message = "" };
    long rows;

    if (!test_server_new(&postgres, "postgres"))
        return TEST_SKIPPED;
    test_folder_new(folder);
    store = acknowledged_open(folder, &postgres);
    for (int i = 0; i < WRITERS; i++)
        pthread_create(&threads[i], NULL, write_until_stopped, &acknowledged[i]);
    for (int cycle = 0; cycle < cycles; cycle++) {
        rest_ms(rand() % 200);
        if (cycle % 3 == 2)
            test_server_kill(&postgres);
        else
            test_server_stop(&postgres);
        rest_ms(rand() % 200);
        expect_away();
        test_server_start(&postgres);
        expect_back();
    }
    freeze_and_thaw();
    atomic_store(&stop, true);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    test_expect(ape_store_flush(store, 60000, &err) == APE_OK, "%s", err.message);
    rows = acknowledged_verify(folder, &postgres, acknowledged, WRITERS);
    test_expect(atomic_load(&queued) > 0 && atomic_load(&stored) > 0, "both ways were used");
    printf("%d outages: %ld writes stored, %ld queued, %ld rows: none lost, none twice, in order\n",
           cycles, atomic_load(&stored), atomic_load(&queued), rows);
    ape_store_free(store);
    test_server_free(&postgres);
    test_folder_remove(folder);
    return 0;
}
