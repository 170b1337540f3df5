/* SPDX-License-Identifier: MIT */
#include <ape/circuit_breaker.h>

#include <criterion/criterion.h>

#include "counting_host.h"

/* The breaker's side of sharing, without any I/O: a fleet in one process, whose news are
 * handed around by the test, and whose lease is a variable. Over Redis: tests/bus/breakers.c. */

enum { MEMBERS = 4, THRESHOLD = 5, OPEN_MS = 1000, LEASE_MS = 300 };

static counting_host counting;
static ape_circuit_breaker *members[MEMBERS];
static int heard[MEMBERS];  /* events of each member */
static int wishes[MEMBERS]; /* for a grant */
static ape_circuit_breaker_event newest[MEMBERS];

static void hear(void *user, const ape_circuit_breaker_event *event)
{
    size_t i = (size_t)((ape_circuit_breaker **)user - members);

    heard[i]++;
    newest[i] = *event;
    wishes[i] += event->to == APE_CIRCUIT_BREAKER_HALF_OPEN;
}

static void begin(void)
{
    ape_circuit_breaker_options o;

    ape_circuit_breaker_options_init(&o, sizeof(o));
    o.open_ms = OPEN_MS;
    counting_host_init(&counting);
    for (size_t i = 0; i < MEMBERS; i++) {
        heard[i] = wishes[i] = 0;
        cr_assert_eq(ape_circuit_breaker_new(counting.host, &o, &members[i], NULL), APE_OK);
        ape_circuit_breaker_set_sharing(members[i], hear, &members[i]);
    }
}

static void end(void)
{
    for (size_t i = 0; i < MEMBERS; i++)
        ape_circuit_breaker_free(members[i]);
    cr_assert(counting_host_done(&counting));
}

static bool takes(size_t i, ape_circuit_breaker_ticket *t)
{
    return ape_circuit_breaker_acquire(members[i], t) == APE_OK;
}

static void fail(size_t i, int times)
{
    while (times--) {
        ape_circuit_breaker_ticket t;

        cr_assert(takes(i, &t));
        ape_circuit_breaker_report(members[i], &t, APE_CIRCUIT_BREAKER_FAILURE);
    }
}

static ape_circuit_breaker_state state(size_t i)
{
    return ape_circuit_breaker_get_state(members[i]);
}

static void open_all(void)
{
    fail(0, THRESHOLD);
    for (size_t i = 1; i < MEMBERS; i++)
        ape_circuit_breaker_adopt_open(members[i], OPEN_MS);
}

Test(circuit_breaker_sharing, b18_without_a_grant_nobody_tries)
{
    ape_circuit_breaker_ticket t;

    begin();
    open_all();
    counting.now_ms += OPEN_MS;
    for (size_t i = 0; i < MEMBERS; i++) {
        cr_assert_not(takes(i, &t));
        cr_assert_eq(state(i), APE_CIRCUIT_BREAKER_HALF_OPEN);
        cr_assert_eq(wishes[i], 1);
        cr_assert_eq(ape_circuit_breaker_retry_after_ms(members[i]), 1);
    }
    end();
}

Test(circuit_breaker_sharing, b18_only_the_one_with_the_lease_tries)
{
    ape_circuit_breaker_ticket trial, t;
    int leaves = 0;

    begin();
    open_all();
    counting.now_ms += OPEN_MS;
    for (size_t i = 0; i < MEMBERS; i++)
        cr_assert_eq(state(i), APE_CIRCUIT_BREAKER_HALF_OPEN);
    ape_circuit_breaker_grant(members[2], LEASE_MS);
    cr_assert(takes(2, &trial));
    for (int round = 0; round < 100; round++)
        for (size_t i = 0; i < MEMBERS; i++)
            leaves += takes(i, &t);
    cr_assert_eq(leaves, 0);
    /* One success closes all: it takes no more of them than for one process. */
    cr_assert_eq(ape_circuit_breaker_report(members[2], &trial, APE_CIRCUIT_BREAKER_SUCCESS),
                 APE_OK);
    cr_assert_eq(newest[2].reason, APE_CIRCUIT_BREAKER_BY_PROBE);
    for (size_t i = 0; i < MEMBERS; i++)
        ape_circuit_breaker_adopt_closed(members[i]);
    for (size_t i = 0; i < MEMBERS; i++)
        cr_assert_eq(state(i), APE_CIRCUIT_BREAKER_CLOSED);
    cr_assert_eq(newest[0].reason, APE_CIRCUIT_BREAKER_BY_PEER);
    end();
}

Test(circuit_breaker_sharing, b18_a_grant_ends)
{
    ape_circuit_breaker_ticket t;

    begin();
    open_all();
    counting.now_ms += OPEN_MS;
    cr_assert_eq(state(1), APE_CIRCUIT_BREAKER_HALF_OPEN);
    ape_circuit_breaker_grant(members[1], LEASE_MS);
    counting.now_ms += LEASE_MS;
    cr_assert_not(takes(1, &t));
    ape_circuit_breaker_grant(members[1], LEASE_MS);
    cr_assert(takes(1, &t));
    ape_circuit_breaker_report(members[1], &t, APE_CIRCUIT_BREAKER_FAILURE);
    cr_assert_eq(state(1), APE_CIRCUIT_BREAKER_OPEN);
    counting.now_ms += OPEN_MS;
    cr_assert_not(takes(1, &t)); /* a grant is for one half-open state */
    end();
}

Test(circuit_breaker_sharing, b19_a_newcomer_follows_and_changes_nothing)
{
    int before;

    begin();
    fail(0, THRESHOLD);
    before = heard[0];
    /* Member 3 joins an outage that has 400 ms to go. */
    ape_circuit_breaker_adopt_open(members[3], 400);
    cr_assert_eq(newest[3].reason, APE_CIRCUIT_BREAKER_BY_PEER);
    cr_assert_eq(ape_circuit_breaker_retry_after_ms(members[3]), 400);
    cr_assert_eq(ape_circuit_breaker_retry_after_ms(members[0]), OPEN_MS);
    cr_assert_eq(heard[0], before);
    /* Hearing it again does not put it off: the time is until when, not for how long. */
    counting.now_ms += 300;
    ape_circuit_breaker_adopt_open(members[3], 100);
    cr_assert_eq(ape_circuit_breaker_retry_after_ms(members[3]), 100);
    counting.now_ms += 100;
    cr_assert_eq(state(3), APE_CIRCUIT_BREAKER_HALF_OPEN);
    end();
}

Test(circuit_breaker_sharing, b19_counts_are_ones_own)
{
    begin();
    fail(0, THRESHOLD - 1);
    ape_circuit_breaker_adopt_closed(members[0]); /* nothing to close: nothing is forgotten */
    cr_assert_eq(heard[0], 0);
    fail(0, 1);
    cr_assert_eq(state(0), APE_CIRCUIT_BREAKER_OPEN);
    end();
}

Test(circuit_breaker_sharing, old_tickets_are_too_late)
{
    ape_circuit_breaker_ticket t;

    begin();
    cr_assert(takes(0, &t));
    ape_circuit_breaker_adopt_open(members[0], OPEN_MS);
    cr_assert_eq(ape_circuit_breaker_report(members[0], &t, APE_CIRCUIT_BREAKER_SUCCESS),
                 APE_ERR_STATE);
    cr_assert_eq(state(0), APE_CIRCUIT_BREAKER_OPEN);
    end();
}

Test(circuit_breaker_sharing, modes_come_first)
{
    begin();
    cr_assert_eq(ape_circuit_breaker_set_mode(members[0], APE_CIRCUIT_BREAKER_FORCED_CLOSED),
                 APE_OK);
    ape_circuit_breaker_adopt_open(members[0], OPEN_MS);
    cr_assert_eq(state(0), APE_CIRCUIT_BREAKER_CLOSED);
    ape_circuit_breaker_grant(members[1], LEASE_MS); /* closed: nothing to grant */
    ape_circuit_breaker_adopt_open(members[1], 0);
    cr_assert_eq(state(1), APE_CIRCUIT_BREAKER_CLOSED);
    cr_assert_eq(heard[1], 0);
    end();
}

Test(circuit_breaker_sharing, shared_no_longer_it_tries_by_itself)
{
    ape_circuit_breaker_ticket t;
    int before;

    begin();
    open_all();
    ape_circuit_breaker_set_sharing(members[1], NULL, NULL);
    before = heard[1];
    counting.now_ms += OPEN_MS;
    cr_assert(takes(1, &t));
    ape_circuit_breaker_report(members[1], &t, APE_CIRCUIT_BREAKER_SUCCESS);
    cr_assert_eq(state(1), APE_CIRCUIT_BREAKER_CLOSED);
    cr_assert_eq(heard[1], before);
    end();
}

Test(circuit_breaker_sharing, who_joins_late_does_not_hear_what_was)
{
    begin();
    ape_circuit_breaker_set_sharing(members[0], NULL, NULL);
    fail(0, THRESHOLD);
    ape_circuit_breaker_set_sharing(members[0], hear, &members[0]);
    cr_assert_eq(heard[0], 0);
    ape_circuit_breaker_reset(members[0]);
    cr_assert_eq(heard[0], 1);
    end();
}
