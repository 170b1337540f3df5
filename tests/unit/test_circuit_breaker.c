/* SPDX-License-Identifier: MIT */
#include <ape/circuit_breaker.h>

#include <string.h>

#include <criterion/criterion.h>

#include "counting_host.h"

#define OK APE_CIRCUIT_BREAKER_SUCCESS
#define BAD APE_CIRCUIT_BREAKER_FAILURE
#define IGNORED APE_CIRCUIT_BREAKER_IGNORED
#define CLOSED APE_CIRCUIT_BREAKER_CLOSED
#define OPEN APE_CIRCUIT_BREAKER_OPEN
#define HALF_OPEN APE_CIRCUIT_BREAKER_HALF_OPEN

static counting_host counting;
static ape_circuit_breaker *breaker;

static ape_circuit_breaker_options options(void)
{
    ape_circuit_breaker_options o;

    ape_circuit_breaker_options_init(&o, sizeof(o));
    return o;
}

static void begin(const ape_circuit_breaker_options *o)
{
    counting_host_init(&counting);
    cr_assert_eq(ape_circuit_breaker_new(counting.host, o, &breaker, NULL), APE_OK);
}

static void end(void)
{
    ape_circuit_breaker_free(breaker);
    counting_host_end_test(&counting);
}

static void pass(uint64_t ms)
{
    counting.now_ms += ms;
}

static ape_circuit_breaker_ticket take(void)
{
    ape_circuit_breaker_ticket t;

    cr_assert_eq(ape_circuit_breaker_acquire(breaker, &t), APE_OK);
    return t;
}

static bool is_refused(void)
{
    ape_circuit_breaker_ticket t;

    return ape_circuit_breaker_acquire(breaker, &t) == APE_ERR_UNAVAILABLE && t.token == 0;
}

static void call(ape_circuit_breaker_outcome outcome)
{
    ape_circuit_breaker_ticket t = take();

    ape_circuit_breaker_report(breaker, &t, outcome);
}

static void fail_times(int times)
{
    while (times--)
        call(BAD);
}

static ape_circuit_breaker_state state(void)
{
    return ape_circuit_breaker_get_state(breaker);
}

static ape_circuit_breaker_stats stats(void)
{
    ape_circuit_breaker_stats s = { .size = sizeof(s) };

    cr_assert_eq(ape_circuit_breaker_get_stats(breaker, &s), APE_OK);
    return s;
}

Test(circuit_breaker, trips_on_the_fifth_failure_and_rests_for_60_s)
{
    begin(NULL);
    fail_times(4);
    cr_assert_eq(state(), CLOSED);
    fail_times(1);
    cr_assert_eq(state(), OPEN);
    cr_assert(is_refused());
    cr_assert_eq(ape_circuit_breaker_retry_after_ms(breaker), 60000);
    pass(59999);
    cr_assert(is_refused());
    cr_assert_eq(ape_circuit_breaker_retry_after_ms(breaker), 1);
    pass(1);
    call(OK);
    cr_assert_eq(state(), CLOSED);
    cr_assert_eq(stats().not_permitted, 2);
    end();
}

Test(circuit_breaker, success_forgets_failures)
{
    begin(NULL);
    for (int i = 0; i < 20; i++) {
        fail_times(4);
        call(OK);
    }
    cr_assert_eq(state(), CLOSED);
    cr_assert_eq(stats().failures, 80);
    cr_assert_eq(stats().successes, 20);
    end();
}

/* The bugs of other breakers, by the numbers of the list in docs/circuit-breaker.md.
 * Those that want threads are in tests/threads/threads_circuit_breaker.c. */

Test(circuit_breaker, b01_no_more_trials_than_allowed)
{
    ape_circuit_breaker_options o = options();

    o.probe_count = 3;
    begin(&o);
    fail_times(5);
    pass(60000);
    for (int i = 0; i < 3; i++)
        take();
    cr_assert(is_refused());
    cr_assert_eq(stats().probes, 3);
    end();
}

/* Not only the caller that found the time to be up is held to the number of trials. */
Test(circuit_breaker, b02_later_callers_are_held_back_too)
{
    ape_circuit_breaker_options o = options();

    o.probe_count = 2;
    begin(&o);
    fail_times(5);
    pass(60000);
    take();
    take();
    for (int i = 0; i < 1000; i++) {
        pass(10);
        cr_assert(is_refused());
    }
    cr_assert_eq(state(), HALF_OPEN);
    end();
}

Test(circuit_breaker, b03_exactly_so_many_successes_close)
{
    ape_circuit_breaker_options o = options();

    o.probe_count = 3;
    begin(&o);
    fail_times(5);
    pass(60000);
    call(OK);
    call(OK);
    cr_assert_eq(state(), HALF_OPEN);
    call(OK);
    cr_assert_eq(state(), CLOSED);
    end();
}

Test(circuit_breaker, b04_a_lost_trial_gives_its_place_back)
{
    ape_circuit_breaker_options o = options();
    ape_circuit_breaker_ticket lost;

    o.lease_ms = 5000;
    begin(&o);
    fail_times(5);
    pass(60000);
    lost = take();
    cr_assert(is_refused());
    cr_assert_eq(ape_circuit_breaker_retry_after_ms(breaker), 5000);
    pass(5000);
    take();
    cr_assert(is_refused(), "one more for a lease, not two");
    cr_assert_eq(ape_circuit_breaker_report(breaker, &lost, OK), APE_ERR_STATE);
    cr_assert_eq(state(), HALF_OPEN);
    cr_assert_eq(stats().lost, 1);
    end();
}

Test(circuit_breaker, b05_an_ignored_trial_gives_its_place_back)
{
    begin(NULL);
    fail_times(5);
    pass(60000);
    for (int i = 0; i < 100; i++)
        call(IGNORED);
    cr_assert_eq(state(), HALF_OPEN);
    call(OK);
    cr_assert_eq(state(), CLOSED);
    end();
}

Test(circuit_breaker, b06_a_cancelled_trial_gives_its_place_back)
{
    ape_circuit_breaker_ticket t;

    begin(NULL);
    fail_times(5);
    pass(60000);
    t = take();
    ape_circuit_breaker_cancel(breaker, &t);
    cr_assert_eq(state(), HALF_OPEN);
    cr_assert_eq(stats().probes, 0);
    call(OK);
    cr_assert_eq(state(), CLOSED);
    end();
}

Test(circuit_breaker, b07_only_success_closes)
{
    ape_circuit_breaker_ticket t;

    begin(NULL);
    fail_times(5);
    pass(60000);
    call(IGNORED);
    t = take();
    ape_circuit_breaker_cancel(breaker, &t);
    cr_assert_eq(state(), HALF_OPEN);
    end();
}

Test(circuit_breaker, b08_a_late_report_changes_nothing)
{
    ape_circuit_breaker_ticket early_good, early_bad;

    begin(NULL);
    early_good = take();
    early_bad = take();
    fail_times(5);
    cr_assert_eq(ape_circuit_breaker_report(breaker, &early_good, OK), APE_ERR_STATE);
    cr_assert_eq(state(), OPEN);
    pass(60000);
    call(OK);
    cr_assert_eq(ape_circuit_breaker_report(breaker, &early_bad, BAD), APE_ERR_STATE);
    cr_assert_eq(stats().consecutive_failures, 0);
    end();
}

Test(circuit_breaker, b09_a_late_report_is_told_and_counted)
{
    ape_circuit_breaker_ticket t;

    begin(NULL);
    t = take();
    ape_circuit_breaker_reset(breaker);
    cr_assert_eq(ape_circuit_breaker_report(breaker, &t, BAD), APE_ERR_STATE);
    cr_assert_eq(stats().stale, 1);
    cr_assert_eq(stats().failures, 1);
    end();
}

Test(circuit_breaker, b10_a_ticket_counts_once)
{
    ape_circuit_breaker_ticket t;

    begin(NULL);
    t = take();
    cr_assert_eq(ape_circuit_breaker_report(breaker, &t, BAD), APE_OK);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(ape_circuit_breaker_report(breaker, &t, BAD), APE_ERR_INVALID);
    cr_assert_eq(stats().consecutive_failures, 1);
    fail_times(4);
    pass(60000);
    t = take();
    for (int i = 0; i < 3; i++)
        ape_circuit_breaker_cancel(breaker, &t);
    take();
    cr_assert(is_refused(), "three cancels freed one place");
    end();
}

Test(circuit_breaker, b11_more_failures_than_needed_do_not_stop_the_clock)
{
    ape_circuit_breaker_ticket t[20];

    begin(NULL);
    for (int i = 0; i < 20; i++)
        t[i] = take();
    for (int i = 0; i < 20; i++) {
        ape_circuit_breaker_report(breaker, &t[i], BAD);
        pass(10);
    }
    cr_assert_eq(stats().openings, 1);
    pass(60000 - 160);
    cr_assert_eq(state(), HALF_OPEN, "counted from the fifth failure");
    end();
}

Test(circuit_breaker, b12_half_open_is_always_left)
{
    begin(NULL);
    fail_times(5);
    for (int i = 0; i < 50; i++) {
        pass(60000);
        cr_assert_eq(state(), HALF_OPEN);
        call(BAD);
        cr_assert_eq(state(), OPEN);
    }
    pass(60000);
    call(OK);
    cr_assert_eq(state(), CLOSED);
    end();
}

Test(circuit_breaker, b13_half_open_needs_no_min_calls)
{
    ape_circuit_breaker_options o = options();

    o.window = APE_CIRCUIT_BREAKER_COUNT;
    o.min_calls = 50;
    begin(&o);
    fail_times(50);
    cr_assert_eq(state(), OPEN);
    pass(60000);
    call(OK);
    cr_assert_eq(state(), CLOSED);
    end();
}

Test(circuit_breaker, b14_a_failed_trial_opens_for_twice_as_long)
{
    static const uint64_t waits[] = { 1000, 2000, 4000, 8000, 10000, 10000 };
    ape_circuit_breaker_options o = options();

    o.open_ms = 1000;
    o.open_max_ms = 10000;
    begin(&o);
    fail_times(5);
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        cr_assert_eq(ape_circuit_breaker_retry_after_ms(breaker), waits[i]);
        pass(waits[i]);
        call(BAD);
    }
    pass(10000);
    call(OK);
    fail_times(5);
    cr_assert_eq(ape_circuit_breaker_retry_after_ms(breaker), 1000, "closing forgets the backoff");
    end();
}

static int told;

static void call_everything(void *user, const ape_circuit_breaker_event *event)
{
    ape_circuit_breaker_event copy;
    ape_circuit_breaker_ticket t;

    (void)user;
    cr_assert_eq(event->number, (uint64_t)++told);
    cr_assert_leq(ape_circuit_breaker_read_events(breaker, 0, &copy, 1), 1);
    stats();
    ape_circuit_breaker_retry_after_ms(breaker);
    if (ape_circuit_breaker_acquire(breaker, &t) == APE_OK)
        ape_circuit_breaker_cancel(breaker, &t);
    if (event->to == OPEN && told < 8)
        ape_circuit_breaker_reset(breaker);
}

Test(circuit_breaker, b15_callbacks_may_call_back)
{
    ape_circuit_breaker_options o = options();

    o.on_event = call_everything;
    begin(&o);
    fail_times(5);
    cr_assert_eq(told, 2, "opened, and reset within the callback");
    cr_assert_eq(state(), CLOSED);
    end();
}

Test(circuit_breaker, b16_the_date_means_nothing)
{
    begin(NULL);
    fail_times(5);
    counting.wall_ms += INT64_C(365) * 86400000;
    cr_assert(is_refused());
    counting.wall_ms -= INT64_C(730) * 86400000;
    pass(60000);
    call(OK);
    cr_assert_eq(state(), CLOSED);
    end();
}

Test(circuit_breaker, b17_openings_are_spread_by_chance)
{
    ape_circuit_breaker_options o = options();
    int slices[100] = { 0 };

    o.jitter_percent = 20;
    for (uint64_t i = 1; i <= 10000; i++) {
        uint64_t wait;

        o.seed = i * UINT64_C(0x9e3779b97f4a7c15);
        begin(&o);
        fail_times(5);
        wait = ape_circuit_breaker_retry_after_ms(breaker);
        cr_assert(wait >= 60000 && wait <= 72000);
        slices[(wait - 60000) * 100 / 12001]++;
        end();
    }
    for (int i = 0; i < 100; i++)
        cr_assert(slices[i] > 40 && slices[i] < 200, "slice %d holds %d", i, slices[i]);
}

Test(circuit_breaker, b20_rates_are_looked_at_on_every_report)
{
    ape_circuit_breaker_options o = options();

    o.window = APE_CIRCUIT_BREAKER_COUNT;
    o.window_size = 100;
    o.min_calls = 10;
    begin(&o);
    fail_times(9);
    cr_assert_eq(state(), CLOSED, "nine calls are not ten");
    call(OK);
    cr_assert_eq(state(), OPEN, "nine of ten failed");
    end();
}

Test(circuit_breaker, b21_corner_values)
{
    static const uint32_t sizes[] = { 1, 2, 1024 };

    for (size_t i = 0; i < 3; i++)
        for (int w = APE_CIRCUIT_BREAKER_CONSECUTIVE; w <= APE_CIRCUIT_BREAKER_TIME; w++) {
            ape_circuit_breaker_options o = options();

            o.window = w;
            o.window_size = sizes[i];
            o.min_calls = 1;
            o.failure_threshold = 1;
            o.open_ms = 0;
            begin(&o);
            call(BAD);
            cr_assert_eq(state(), HALF_OPEN, "open for 0 ms");
            call(OK);
            cr_assert_eq(state(), CLOSED);
            end();
        }
}

Test(circuit_breaker, b22_the_state_knows_what_time_it_is)
{
    begin(NULL);
    fail_times(5);
    pass(60000);
    cr_assert_eq(state(), HALF_OPEN);
    cr_assert_eq(ape_circuit_breaker_retry_after_ms(breaker), 0);
    cr_assert_eq(stats().last_event, 2);
    end();
}

Test(circuit_breaker, count_window_forgets_the_oldest)
{
    ape_circuit_breaker_options o = options();

    o.window = APE_CIRCUIT_BREAKER_COUNT;
    o.window_size = 10;
    begin(&o);
    for (int i = 0; i < 100; i++)
        call(i % 10 < 6 ? OK : BAD);
    cr_assert_eq(state(), CLOSED, "never more than four in ten");
    fail_times(1);
    cr_assert_eq(state(), OPEN, "five of the last ten");
    end();
}

Test(circuit_breaker, time_window_forgets_what_is_old)
{
    ape_circuit_breaker_options o = options();

    o.window = APE_CIRCUIT_BREAKER_TIME;
    o.window_ms = 10000;
    begin(&o);
    fail_times(9);
    pass(11000);
    fail_times(9);
    cr_assert_eq(state(), CLOSED);
    fail_times(1);
    cr_assert_eq(state(), OPEN);
    end();
}

Test(circuit_breaker, slow_calls_open_it_also_while_they_run)
{
    ape_circuit_breaker_options o = options();

    o.window = APE_CIRCUIT_BREAKER_COUNT;
    o.slow_percent = 80;
    o.slow_ms = 1000;
    begin(&o);
    for (int i = 0; i < 12; i++)
        take();
    pass(500);
    cr_assert_eq(ape_circuit_breaker_get_state(breaker), CLOSED);
    pass(1000);
    cr_assert(is_refused());
    cr_assert_eq(state(), OPEN);
    end();
}

Test(circuit_breaker, a_slow_success_is_slow)
{
    ape_circuit_breaker_options o = options();
    ape_circuit_breaker_ticket t;

    o.slow_ms = 1000;
    begin(&o);
    t = take();
    pass(1000);
    ape_circuit_breaker_report(breaker, &t, OK);
    cr_assert_eq(stats().slow, 1);
    cr_assert_eq(stats().successes, 0);
    end();
}

Test(circuit_breaker, ramp_lets_in_one_then_two_then_four)
{
    ape_circuit_breaker_options o = options();
    ape_circuit_breaker_ticket t[8];

    o.probe_count = 8;
    o.ramp = 1;
    begin(&o);
    fail_times(5);
    pass(60000);
    for (int wave = 1; wave <= 4; wave *= 2) {
        for (int i = 0; i < wave; i++)
            t[i] = take();
        cr_assert(is_refused(), "no more than %d at a time", wave);
        for (int i = 0; i < wave; i++)
            ape_circuit_breaker_report(breaker, &t[i], OK);
    }
    cr_assert_eq(state(), HALF_OPEN);
    call(OK);
    cr_assert_eq(state(), CLOSED);
    end();
}

Test(circuit_breaker, the_service_may_ask_for_rest)
{
    ape_circuit_breaker_ticket t;

    begin(NULL);
    t = take();
    cr_assert_eq(ape_circuit_breaker_report_rejected(breaker, &t, 2000), APE_OK);
    cr_assert_eq(ape_circuit_breaker_retry_after_ms(breaker), 2000);
    pass(2000);
    t = take();
    ape_circuit_breaker_report_rejected(breaker, &t, UINT64_MAX);
    cr_assert_eq(ape_circuit_breaker_retry_after_ms(breaker), 3600000, "no longer than an hour");
    pass(3600000);
    call(OK);
    t = take();
    ape_circuit_breaker_report_rejected(breaker, &t, 0);
    cr_assert_eq(stats().consecutive_failures, 1);
    end();
}

Test(circuit_breaker, modes)
{
    ape_circuit_breaker_ticket t;

    begin(NULL);
    ape_circuit_breaker_set_mode(breaker, APE_CIRCUIT_BREAKER_FORCED_OPEN);
    cr_assert(is_refused());
    cr_assert_eq(ape_circuit_breaker_retry_after_ms(breaker), UINT64_MAX);
    ape_circuit_breaker_set_mode(breaker, APE_CIRCUIT_BREAKER_FORCED_CLOSED);
    fail_times(20);
    cr_assert_eq(state(), CLOSED);
    cr_assert_eq(stats().failures, 20);
    ape_circuit_breaker_set_mode(breaker, APE_CIRCUIT_BREAKER_DISABLED);
    fail_times(20);
    cr_assert_eq(stats().failures, 20);
    ape_circuit_breaker_set_mode(breaker, APE_CIRCUIT_BREAKER_OBSERVE);
    t = take();
    fail_times(5);
    cr_assert_eq(state(), OPEN);
    call(OK);
    cr_assert_eq(ape_circuit_breaker_report(breaker, &t, BAD), APE_ERR_STATE);
    pass(60000);
    call(OK);
    cr_assert_eq(state(), CLOSED);
    fail_times(4);
    ape_circuit_breaker_set_mode(breaker, APE_CIRCUIT_BREAKER_AUTOMATIC);
    fail_times(1);
    cr_assert_eq(state(), CLOSED, "the four of before are forgotten");
    cr_assert_eq(ape_circuit_breaker_set_mode(breaker, 5), APE_ERR_INVALID);
    end();
}

Test(circuit_breaker, events_are_numbered_and_bounded)
{
    ape_circuit_breaker_event events[64];
    size_t count;

    begin(NULL);
    fail_times(5);
    for (int i = 0; i < 30; i++) {
        pass(60000);
        call(BAD);
    }
    count = ape_circuit_breaker_read_events(breaker, 0, events, 64);
    cr_assert_eq(count, 32);
    cr_assert_eq(events[0].number, 30);
    cr_assert_eq(events[31].number, 61);
    for (size_t i = 1; i < count; i++)
        cr_assert_eq(events[i].from, events[i - 1].to);
    cr_assert_eq(events[31].open_ms, 60000);
    cr_assert_eq(ape_circuit_breaker_read_events(breaker, 61, events, 64), 0);
    cr_assert_eq(ape_circuit_breaker_read_events(breaker, 50, events, 3), 3);
    end();
}

static ape_status say(void *user, ape_error *err)
{
    (void)err;
    return *(ape_status *)user;
}

Test(circuit_breaker, call_reports_what_the_function_returned)
{
    ape_status wanted = APE_ERR_INVALID;
    ape_error err;

    begin(NULL);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(ape_circuit_breaker_call(breaker, say, &wanted, NULL), APE_ERR_INVALID);
    cr_assert_eq(state(), CLOSED);
    wanted = APE_ERR_CANCELLED;
    cr_assert_eq(ape_circuit_breaker_call(breaker, say, &wanted, NULL), wanted);
    cr_assert_eq(stats().cancelled, 1);
    wanted = APE_ERR_TIMEOUT;
    for (int i = 0; i < 5; i++)
        cr_assert_eq(ape_circuit_breaker_call(breaker, say, &wanted, NULL), APE_ERR_TIMEOUT);
    wanted = APE_OK;
    cr_assert_eq(ape_circuit_breaker_call(breaker, say, &wanted, &err), APE_ERR_UNAVAILABLE);
    cr_assert_str_eq(err.message, "circuit open, try again in 60000 ms");
    pass(60000);
    cr_assert_eq(ape_circuit_breaker_call(breaker, say, &wanted, NULL), APE_OK);
    cr_assert_eq(state(), CLOSED);
    end();
}

static void refuse_options(const ape_circuit_breaker_options *o, const char *name)
{
    ape_circuit_breaker *made = NULL;
    ape_error err;

    cr_assert_eq(ape_circuit_breaker_new(NULL, o, &made, &err), APE_ERR_INVALID);
    cr_assert(strstr(err.message, name), "%s", err.message);
    cr_assert_null(made);
}

Test(circuit_breaker, options_out_of_range_are_named)
{
    ape_circuit_breaker_options o = options();

    o.failure_threshold = 0;
    refuse_options(&o, "failure_threshold");
    o = options();
    o.failure_threshold = UINT32_MAX;
    refuse_options(&o, "failure_threshold");
    o = options();
    o.probe_count = 33;
    refuse_options(&o, "probe_count");
    o = options();
    o.open_ms = UINT64_MAX;
    refuse_options(&o, "open_ms");
    o = options();
    o.window = -1;
    refuse_options(&o, "window");
    o = options();
    o.slow_percent = 10;
    refuse_options(&o, "slow_percent");
    o = options();
    o.window = APE_CIRCUIT_BREAKER_COUNT;
    o.window_size = 5;
    refuse_options(&o, "min_calls");
    memset(&o, 0, sizeof(o));
    refuse_options(&o, "not initialised");
    cr_assert_eq(ape_circuit_breaker_new(NULL, NULL, NULL, NULL), APE_ERR_INVALID);
    ape_circuit_breaker_free(NULL);
}

Test(circuit_breaker, nothing_is_allocated_after_new)
{
    size_t before;

    begin(NULL);
    before = counting.allocations;
    for (int i = 0; i < 50; i++) {
        fail_times(5);
        pass(60000);
        call(OK);
        stats();
    }
    cr_assert_eq(counting.allocations, before);
    end();
}

Test(circuit_breaker, out_of_memory)
{
    ape_circuit_breaker *made = NULL;

    counting_host_init(&counting);
    counting.fail_at = counting.allocations + 1;
    cr_assert_eq(ape_circuit_breaker_new(counting.host, NULL, &made, NULL), APE_ERR_NO_MEMORY);
    cr_assert_null(made);
    counting_host_end_test(&counting);
}
