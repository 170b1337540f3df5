/* SPDX-License-Identifier: MIT */
/*
 * Circuit breakers that processes share over Redis. Each member has a bus of its own, so that
 * they have nothing in common but Redis. Without an argument all tests run; else the one named.
 */
#include <ape/bus.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/fleet.h"
#include "counting_host.h"
#include "open_bus.h"
#include "servers.h"

enum { MEMBERS = 4, CYCLES = 25, PATIENCE_MS = 30000, THRESHOLD = 5 };

static test_server redis;

typedef struct member {
    ape_bus *bus;
    ape_circuit_breaker *breaker;
    ape_bus_breaker_share *share;
} member;

static void join(member *m, uint64_t open_ms, uint64_t lease_ms)
{
    ape_circuit_breaker_options opts;

    ape_circuit_breaker_options_init(&opts, sizeof(opts));
    opts.open_ms = open_ms;
    opts.lease_ms = lease_ms;
    test_expect(ape_circuit_breaker_new(NULL, &opts, &m->breaker, NULL) == APE_OK, "-");
    m->bus = test_open_bus(NULL, redis.url);
    test_expect(ape_bus_share_breaker(m->bus, "llm.deepseek", m->breaker, lease_ms, &m->share,
                                      NULL) == APE_OK,
                "-");
}

static void leave(member *m)
{
    ape_bus_unshare_breaker(m->share);
    ape_circuit_breaker_free(m->breaker);
    ape_bus_free(m->bus);
}

static void leave_all(member members[MEMBERS])
{
    for (int i = 0; i < MEMBERS; i++)
        leave(&members[i]);
}

static bool has_state(const member *m, ape_circuit_breaker_state state)
{
    return ape_circuit_breaker_get_state(m->breaker) == state;
}

static void await_state(const member *m, ape_circuit_breaker_state state)
{
    for (int i = 0; i < PATIENCE_MS && !has_state(m, state); i++)
        test_rest_ms(1);
    test_expect(has_state(m, state), "never became %s", ape_circuit_breaker_state_name(state));
}

static void report(member *m, ape_circuit_breaker_outcome outcome, int times)
{
    for (int i = 0; i < times; i++) {
        ape_circuit_breaker_ticket t;

        test_expect(ape_circuit_breaker_acquire(m->breaker, &t) == APE_OK, "-");
        ape_circuit_breaker_report(m->breaker, &t, outcome);
    }
}

static redisReply *ask(const char *command, const char *argument)
{
    ape__redis_target target;
    ape__link link;
    redisReply *reply;

    test_expect(ape__redis_target_parse(redis.url, &target, NULL) == APE_OK &&
                    ape__link_open(&link, &target, NULL) == APE_OK,
                "-");
    reply = ape__link_say(&link, NULL, command, argument, NULL);
    test_expect(reply, "%s", command);
    ape__link_close(&link);
    return reply;
}

static long long ask_number(const char *command, const char *argument)
{
    redisReply *reply = ask(command, argument);
    long long number = reply->integer;

    freeReplyObject(reply);
    return number;
}

static long calls_of(const char *stats, const char *command)
{
    char field[64];
    const char *at;

    snprintf(field, sizeof(field), "cmdstat_%s:calls=", command);
    at = strstr(stats, field);
    return at ? strtol(at + strlen(field), NULL, 10) : 0;
}

/* Each looks once what the others have, when it has begun to listen. */
static void await_looks(int members)
{
    for (int i = 0;; i++) {
        redisReply *stats = ask("INFO", "commandstats");
        bool done = calls_of(stats->str, "eval") >= members;

        freeReplyObject(stats);
        if (done)
            return;
        test_expect(i < PATIENCE_MS / 10, "they never looked");
        test_rest_ms(10);
    }
}

static void join_all(member *members, int count, uint64_t open_ms, uint64_t lease_ms)
{
    freeReplyObject(ask("CONFIG", "RESETSTAT"));
    for (int i = 0; i < count; i++)
        join(&members[i], open_ms, lease_ms);
    await_looks(count);
}

/* Members in threads of their own that ask for leave all the time. */
typedef struct hammering {
    member *members;
    atomic_int probes, most_probes, granted;
    atomic_bool stop;
    atomic_int outcome; /* of every trial call */
    long hold_ms;
} hammering;

typedef struct hammer_argument {
    hammering *h;
    member *m;
} hammer_argument;

static void note_most(hammering *h, int probes)
{
    int most = atomic_load(&h->most_probes);

    while (probes > most && !atomic_compare_exchange_weak(&h->most_probes, &most, probes))
        ;
}

static void *hammer(void *argument)
{
    const hammer_argument *a = argument;
    hammering *h = a->h;

    while (!atomic_load(&h->stop)) {
        ape_circuit_breaker_ticket t;

        test_rest_ms(1);
        if (!has_state(a->m, APE_CIRCUIT_BREAKER_HALF_OPEN) ||
            ape_circuit_breaker_acquire(a->m->breaker, &t) != APE_OK)
            continue;
        note_most(h, atomic_fetch_add(&h->probes, 1) + 1);
        test_rest_ms(h->hold_ms);
        atomic_fetch_sub(&h->probes, 1);
        atomic_fetch_add(&h->granted, 1);
        ape_circuit_breaker_report(a->m->breaker, &t, atomic_load(&h->outcome));
    }
    return NULL;
}

static void hammer_all(hammering *h, pthread_t threads[MEMBERS], hammer_argument args[MEMBERS])
{
    for (int i = 0; i < MEMBERS; i++) {
        args[i] = (hammer_argument){ h, &h->members[i] };
        pthread_create(&threads[i], NULL, hammer, &args[i]);
    }
}

/* Four replicas: the failures of one open all, and all together make one trial call at a
 * time. */
static void b18_a_fleet_makes_the_trials_of_one(void)
{
    member members[MEMBERS];
    hammering h = { .members = members, .outcome = APE_CIRCUIT_BREAKER_FAILURE, .hold_ms = 10 };
    hammer_argument args[MEMBERS];
    pthread_t threads[MEMBERS];
    uint64_t errors = 0;

    join_all(members, MEMBERS, 50, 20000);
    report(&members[0], APE_CIRCUIT_BREAKER_FAILURE, THRESHOLD);
    for (int i = 0; i < MEMBERS; i++)
        for (int ms = 0; has_state(&members[i], APE_CIRCUIT_BREAKER_CLOSED); ms++) {
            test_expect(ms < PATIENCE_MS, "member %d never heard of it", i);
            test_rest_ms(1);
        }
    hammer_all(&h, threads, args);
    for (int i = 0; i < PATIENCE_MS && atomic_load(&h.granted) < CYCLES; i++)
        test_rest_ms(1);
    test_expect(atomic_load(&h.granted) >= CYCLES, "only %d trial calls", atomic_load(&h.granted));
    atomic_store(&h.outcome, APE_CIRCUIT_BREAKER_SUCCESS);
    for (int i = 0; i < MEMBERS; i++)
        await_state(&members[i], APE_CIRCUIT_BREAKER_CLOSED);
    atomic_store(&h.stop, true);
    for (int i = 0; i < MEMBERS; i++)
        pthread_join(threads[i], NULL);
    /* Where Redis took seconds to answer, on a machine that is very busy, each was alone. */
    for (int i = 0; i < MEMBERS; i++)
        errors += ape__fleet_errors(members[i].bus->fleet);
    test_expect(errors > 0 || atomic_load(&h.most_probes) == 1, "%d trial calls at a time",
                atomic_load(&h.most_probes));
    leave_all(members);
}

/* Whoever holds the lease may die: its time passes, and another one tries. */
static void b18_a_lost_lease_passes_on(void)
{
    member members[2];
    ape_circuit_breaker_ticket lost = { 0 }, t;
    int ms;

    join_all(members, 2, 50, 400);
    report(&members[0], APE_CIRCUIT_BREAKER_FAILURE, THRESHOLD);
    for (ms = 0; ape_circuit_breaker_acquire(members[0].breaker, &lost) != APE_OK; ms++) {
        test_expect(ms < PATIENCE_MS, "no lease");
        test_rest_ms(1);
    }
    for (ms = 0; ape_circuit_breaker_acquire(members[1].breaker, &t) != APE_OK; ms++) {
        test_expect(ms < PATIENCE_MS, "the lease never passed on");
        test_rest_ms(1);
    }
    ape_circuit_breaker_report(members[1].breaker, &t, APE_CIRCUIT_BREAKER_SUCCESS);
    await_state(&members[0], APE_CIRCUIT_BREAKER_CLOSED);
    leave(&members[0]);
    leave(&members[1]);
}

/* A worker that starts opens with the others; neither that nor its end changes anything for
 * them, nor when they will try again. */
static void b19_coming_and_going_changes_nothing(void)
{
    member old, fresh;
    long long left;

    join(&old, 60000, 5000);
    report(&old, APE_CIRCUIT_BREAKER_FAILURE, THRESHOLD);
    for (int ms = 0; (left = ask_number("PTTL", "ape:cb:llm.deepseek")) <= 0; ms++) {
        test_expect(ms < 3000, "the opening was not told");
        test_rest_ms(10);
    }
    test_expect(left <= 60000, "%lld", left);
    for (int i = 0; i < 3; i++) {
        long long before = ask_number("PTTL", "ape:cb:llm.deepseek");

        join(&fresh, 60000, 5000);
        await_state(&fresh, APE_CIRCUIT_BREAKER_OPEN);
        test_expect(ape_circuit_breaker_retry_after_ms(fresh.breaker) <= (uint64_t)before + 20,
                    "opened for longer than the others");
        leave(&fresh);
        left = ask_number("PTTL", "ape:cb:llm.deepseek");
        test_expect(left > 0 && left <= before, "%lld, then %lld", before, left);
        test_expect(has_state(&old, APE_CIRCUIT_BREAKER_OPEN), "-");
    }
    ape_circuit_breaker_reset(old.breaker); /* by hand, for all */
    for (int ms = 0; ask_number("EXISTS", "ape:cb:llm.deepseek") != 0; ms++) {
        test_expect(ms < 3000, "the closing was not told");
        test_rest_ms(10);
    }
    leave(&old);
}

/* Failures that are not enough yet are not reset by somebody who starts. */
static void b19_a_newcomer_resets_no_count(void)
{
    member old, fresh;

    join(&old, 60000, 5000);
    report(&old, APE_CIRCUIT_BREAKER_FAILURE, THRESHOLD - 1);
    join(&fresh, 60000, 5000);
    test_rest_ms(300); /* time in which it might do harm */
    test_expect(ask_number("EXISTS", "ape:cb:llm.deepseek") == 0, "state was written");
    report(&old, APE_CIRCUIT_BREAKER_FAILURE, 1);
    test_expect(has_state(&old, APE_CIRCUIT_BREAKER_OPEN), "the count was lost");
    await_state(&fresh, APE_CIRCUIT_BREAKER_OPEN);
    ape_circuit_breaker_reset(fresh.breaker);
    await_state(&old, APE_CIRCUIT_BREAKER_CLOSED);
    leave(&old);
    leave(&fresh);
}

static void closed_breakers_say_nothing_to_redis(void)
{
    /* All that breakers send; what the bus itself does is another matter. */
    static const char *const commands[] = { "eval", "pttl", "publish", "subscribe", "ping" };
    member members[MEMBERS];
    redisReply *stats;

    join_all(members, MEMBERS, 60000, 5000);
    test_rest_ms(100); /* the connection of the last one comes to rest */
    freeReplyObject(ask("CONFIG", "RESETSTAT"));
    for (int i = 0; i < 100000; i++)
        report(&members[i % MEMBERS],
               i % 7 ? APE_CIRCUIT_BREAKER_SUCCESS : APE_CIRCUIT_BREAKER_FAILURE, 1);
    test_rest_ms(300);
    stats = ask("INFO", "commandstats");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        test_expect(calls_of(stats->str, commands[i]) == 0, "%s", stats->str);
    freeReplyObject(stats);
    leave_all(members);
}

static bool shows(ape_metrics_registry *registry, const char *line)
{
    ape_text *text;
    bool found;

    test_expect(ape_metrics_registry_to_text(registry, APE_METRICS_TEXT, &text, NULL) == APE_OK,
                "-");
    found = strstr(ape_text_data(text), line);
    ape_text_free(text);
    return found;
}

/* A Redis that hangs holds up no caller; each process decides for itself, and when it is back
 * they decide together again. */
static void without_redis_each_decides_for_itself(void)
{
    member members[2];
    ape_metrics_registry *registry;
    ape_circuit_breaker_ticket t;

    join_all(members, 2, 100, 5000);
    test_expect(ape_metrics_registry_new(NULL, NULL, &registry, NULL) == APE_OK &&
                    ape_bus_set_metrics(members[0].bus, registry, NULL) == APE_OK,
                "-");
    test_expect(shows(registry, "ape_breaker_shared_errors_total 0\n"), "-");
    test_rest_ms(300);
    test_server_freeze(&redis);
    report(&members[0], APE_CIRCUIT_BREAKER_FAILURE, THRESHOLD);
    test_expect(!has_state(&members[0], APE_CIRCUIT_BREAKER_CLOSED), "-");
    report(&members[1], APE_CIRCUIT_BREAKER_SUCCESS, 1000);
    for (int ms = 0; ape_circuit_breaker_acquire(members[0].breaker, &t) != APE_OK; ms++) {
        test_expect(ms < PATIENCE_MS, "stuck without Redis");
        test_rest_ms(1);
    }
    ape_circuit_breaker_report(members[0].breaker, &t, APE_CIRCUIT_BREAKER_SUCCESS);
    test_expect(has_state(&members[0], APE_CIRCUIT_BREAKER_CLOSED), "-");
    test_expect(!shows(registry, "ape_breaker_shared_errors_total 0\n"), "not counted");
    test_server_thaw(&redis);
    ape_circuit_breaker_adopt_open(members[0].breaker, 1); /* what was late may come now */
    await_state(&members[1], APE_CIRCUIT_BREAKER_CLOSED);
    leave(&members[0]);
    leave(&members[1]);
    ape_metrics_registry_free(registry);
}

static void in_memory_it_is_a_breaker_as_any(void)
{
    ape_circuit_breaker_options opts;
    ape_circuit_breaker_ticket t;
    member m;

    ape_circuit_breaker_options_init(&opts, sizeof(opts));
    opts.open_ms = 0;
    test_expect(ape_circuit_breaker_new(NULL, &opts, &m.breaker, NULL) == APE_OK &&
                    ape_bus_new(NULL, NULL, &m.bus, NULL) == APE_OK,
                "-");
    test_expect(ape_bus_share_breaker(m.bus, "no good", m.breaker, 1, &m.share, NULL) ==
                    APE_ERR_INVALID,
                "-");
    test_expect(
        ape_bus_share_breaker(m.bus, "good", m.breaker, 0, &m.share, NULL) == APE_ERR_INVALID, "-");
    test_expect(ape_bus_share_breaker(m.bus, "good", m.breaker, 1, &m.share, NULL) == APE_OK, "-");
    report(&m, APE_CIRCUIT_BREAKER_FAILURE, THRESHOLD);
    test_expect(ape_circuit_breaker_acquire(m.breaker, &t) == APE_OK, "-");
    leave(&m);
}

/* Whichever allocation fails, the breaker is not shared, or it is; nothing is lost. A thread of
 * the bus may take the failure for itself, so how often it hits is left open. */
static void without_memory_it_is_not_shared(void)
{
    counting_host counting;
    int refused = 0;
    member m;

    counting_host_init(&counting);
    counting.runs_real_time = true;
    test_expect(ape_circuit_breaker_new(counting.host, NULL, &m.breaker, NULL) == APE_OK, "-");
    m.bus = test_open_bus(counting.host, redis.url);
    for (size_t i = 1; i <= 3; i++) {
        ape_status st;

        m.share = NULL;
        counting.fail_at = counting.allocations + i;
        st = ape_bus_share_breaker(m.bus, "llm.openai", m.breaker, 1000, &m.share, NULL);
        counting.fail_at = 0;
        test_expect(st == APE_OK || (st == APE_ERR_NO_MEMORY && !m.share), "%s",
                    ape_status_name(st));
        refused += st == APE_ERR_NO_MEMORY;
        ape_bus_unshare_breaker(m.share);
    }
    printf("refused %d of 3 times\n", refused);
    ape_circuit_breaker_free(m.breaker);
    ape_bus_free(m.bus);
    test_expect(counting_host_done(&counting), "leaked");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        { "memory", in_memory_it_is_a_breaker_as_any },
        { "b18_trials", b18_a_fleet_makes_the_trials_of_one },
        { "b18_lease", b18_a_lost_lease_passes_on },
        { "b19_workers", b19_coming_and_going_changes_nothing },
        { "b19_count", b19_a_newcomer_resets_no_count },
        { "closed", closed_breakers_say_nothing_to_redis },
        { "away", without_redis_each_decides_for_itself },
        { "memory_out", without_memory_it_is_not_shared },
    };

    if (!test_server_new(&redis, "redis")) {
        printf("Redis is not installed\n");
        return TEST_SKIPPED;
    }
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (argc > 1 && strcmp(argv[1], tests[i].name) != 0)
            continue;
        printf("%s\n", tests[i].name);
        fflush(stdout);
        tests[i].run();
    }
    test_server_free(&redis);
    return 0;
}
