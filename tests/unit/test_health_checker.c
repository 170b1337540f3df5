/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include <ape/health_checker.h>

#include "core/json.h"
#include "counting_host.h"
#include "health_checker/internal.h"

/* What a check of these tests finds. */
typedef struct finding {
    ape_health_status status;
    const char *message;
    int runs;
    int freed;
} finding;

static counting_host counting;
static ape_health_checker *checker;
static char changes[512];

static void note_change(void *user, const char *name, ape_health_status from, ape_health_status to,
                        const char *message)
{
    size_t size = strlen(changes);

    (void)user;
    snprintf(changes + size, sizeof(changes) - size, "%s %s>%s %s;", name,
             ape_health_status_name(from), ape_health_status_name(to), message);
}

static void set_up(void)
{
    ape_health_checker_options opts;

    counting_host_init(&counting);
    changes[0] = '\0';
    ape_health_checker_options_init(&opts, sizeof(opts));
    opts.workers = 0;
    opts.heartbeat_ms = 500;
    opts.on_change = note_change;
    cr_assert_eq(ape_health_checker_new(counting.host, &opts, &checker, NULL), APE_OK);
}

static void tear_down(void)
{
    ape_health_checker_free(checker);
    counting_host_end_test(&counting);
}

TestSuite(health_checker, .init = set_up, .fini = tear_down);

static void find(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    finding *f = user;

    cr_assert_eq(timeout_ms, 2000);
    f->runs++;
    result->status = f->status;
    if (f->message)
        snprintf(result->message, sizeof(result->message), "%s", f->message);
}

static void count_free(void *user)
{
    ((finding *)user)->freed++;
}

static ape_status add(const char *name, uint32_t critical, uint32_t rise, uint32_t fall, finding *f)
{
    ape_health_check_options opts;

    ape_health_check_options_init(&opts, sizeof(opts));
    opts.critical = critical;
    opts.period_ms = 1000;
    opts.rise = rise;
    opts.fall = fall;
    return ape_health_checker_add(checker, name, &opts, find, f, count_free, NULL);
}

/* The next run of everything finds this. */
static void next(finding *f, ape_health_status status)
{
    f->status = status;
    counting.now_ms += 1000;
    counting.wall_ms += 1000;
    ape_health_checker_run_due(checker);
}

static cJSON *report(ape_health_format format)
{
    ape_text *text;
    cJSON *json;

    cr_assert_eq(ape_health_checker_to_json(checker, format, &text, NULL), APE_OK);
    cr_assert_eq(ape__json_parse(ape_text_data(text), ape_text_size(text), &json, NULL), APE_OK);
    ape_text_free(text);
    return json;
}

Test(health_checker, is_healthy_and_ready_without_checks)
{
    cr_expect_eq(ape_health_checker_get_status(checker), APE_HEALTH_HEALTHY);
    cr_expect(ape_health_checker_is_ready(checker));
    cr_expect_eq(ape_health_checker_run_due(checker), UINT32_MAX);
}

Test(health_checker, is_not_ready_before_critical_checks_have_run)
{
    finding db = { 0 }, cache = { 0 };

    cr_assert_eq(add("cache", 0, 1, 1, &cache), APE_OK);
    cr_expect(ape_health_checker_is_ready(checker));
    cr_assert_eq(add("db", 1, 1, 1, &db), APE_OK);
    cr_expect_not(ape_health_checker_is_ready(checker));
    cr_expect_eq(ape_health_checker_run_due(checker), 1000);
    cr_expect(ape_health_checker_is_ready(checker));
    cr_expect_str_eq(changes, "cache unknown>healthy ;db unknown>healthy ;");
}

Test(health_checker, runs_each_check_once_a_period)
{
    finding f = { 0 };

    cr_assert_eq(add("db", 1, 1, 1, &f), APE_OK);
    for (int i = 0; i < 100; i++) {
        ape_health_checker_run_due(checker);
        counting.now_ms += 100;
        cJSON_Delete(report(APE_HEALTH_DETAILED));
    }
    cr_expect_eq(f.runs, 10);
}

Test(health_checker, changes_after_as_many_runs_as_asked_for)
{
    finding f = { .message = "down" };

    cr_assert_eq(add("db", 1, 2, 3, &f), APE_OK);
    next(&f, APE_HEALTH_HEALTHY);
    next(&f, APE_HEALTH_UNHEALTHY);
    next(&f, APE_HEALTH_UNHEALTHY);
    cr_expect_eq(ape_health_checker_get_status(checker), APE_HEALTH_HEALTHY);
    next(&f, APE_HEALTH_UNHEALTHY);
    cr_expect_eq(ape_health_checker_get_status(checker), APE_HEALTH_UNHEALTHY);
    next(&f, APE_HEALTH_HEALTHY);
    next(&f, APE_HEALTH_UNHEALTHY);
    next(&f, APE_HEALTH_HEALTHY);
    cr_expect_eq(ape_health_checker_get_status(checker), APE_HEALTH_UNHEALTHY);
    next(&f, APE_HEALTH_HEALTHY);
    cr_expect_eq(ape_health_checker_get_status(checker), APE_HEALTH_HEALTHY);
    cr_expect_str_eq(changes, "db unknown>healthy ;db healthy>unhealthy down;"
                              "db unhealthy>healthy down;");
}

Test(health_checker, lets_the_first_run_decide_alone)
{
    finding f = { .message = "down" };

    cr_assert_eq(add("db", 1, 3, 3, &f), APE_OK);
    next(&f, APE_HEALTH_UNHEALTHY);
    cr_expect_eq(ape_health_checker_get_status(checker), APE_HEALTH_UNHEALTHY);
}

Test(health_checker, is_degraded_without_what_is_not_critical)
{
    finding db = { 0 }, cache = { .message = "down" };

    cr_assert_eq(add("db", 1, 1, 1, &db), APE_OK);
    cr_assert_eq(add("cache", 0, 1, 1, &cache), APE_OK);
    next(&cache, APE_HEALTH_UNHEALTHY);
    cr_expect_eq(ape_health_checker_get_status(checker), APE_HEALTH_DEGRADED);
    cr_expect(ape_health_checker_is_ready(checker));
    next(&cache, APE_HEALTH_HEALTHY);
    next(&db, APE_HEALTH_DEGRADED);
    cr_expect_eq(ape_health_checker_get_status(checker), APE_HEALTH_DEGRADED);
    cr_expect(ape_health_checker_is_ready(checker));
}

Test(health_checker, is_not_ready_while_draining)
{
    ape_health_checker_set_draining(checker, true);
    cr_expect_not(ape_health_checker_is_ready(checker));
    cr_expect(ape_health_checker_is_live(checker));
    ape_health_checker_set_draining(checker, false);
    cr_expect(ape_health_checker_is_ready(checker));
}

Test(health_checker, is_alive_while_it_beats_whatever_its_checks_say)
{
    finding f = { .message = "down" };

    cr_assert_eq(add("db", 1, 1, 1, &f), APE_OK);
    next(&f, APE_HEALTH_UNHEALTHY);
    cr_expect_not(ape_health_checker_is_live(checker));
    ape_health_checker_beat(checker);
    counting.now_ms += 500;
    cr_expect(ape_health_checker_is_live(checker));
    counting.now_ms += 1;
    cr_expect_not(ape_health_checker_is_live(checker));
}

Test(health_checker, reports_in_detail)
{
    finding f = { .message = "connection refused" };
    const cJSON *check;
    double number;
    cJSON *json;

    cr_assert_eq(add("db", 1, 1, 1, &f), APE_OK);
    json = report(APE_HEALTH_DETAILED);
    check = ape__json_get_object(ape__json_get(json, "checks"), "db");
    cr_expect_str_eq(ape__json_get_string(check, "status"), "unknown");
    cr_expect(cJSON_IsNull(ape__json_get(check, "latency_ms")));
    cr_expect(cJSON_IsNull(ape__json_get(check, "last_error")));
    cJSON_Delete(json);

    next(&f, APE_HEALTH_HEALTHY);
    next(&f, APE_HEALTH_UNHEALTHY);
    next(&f, APE_HEALTH_UNHEALTHY);
    json = report(APE_HEALTH_DETAILED);
    cr_expect_str_eq(ape__json_get_string(json, "status"), "unhealthy");
    cr_expect_str_eq(ape__json_get_string(json, "version"), APE_VERSION);
    check = ape__json_get_object(ape__json_get(json, "checks"), "db");
    cr_expect_str_eq(ape__json_get_string(check, "status"), "unhealthy");
    cr_expect(cJSON_IsTrue(ape__json_get(check, "critical")));
    cr_expect(ape__json_get_number(check, "latency_ms", &number) && number >= 0 && number < 1000);
    cr_expect(ape__json_get_number(check, "failures", &number) && number == 2);
    cr_expect_str_eq(ape__json_get_string(check, "since"), "2022-12-28T00:00:02.000Z");
    cr_expect_str_eq(ape__json_get_string(check, "checked"), "2022-12-28T00:00:03.000Z");
    cr_expect_str_eq(ape__json_get_string(check, "last_error"), "connection refused");
    cJSON_Delete(json);
}

Test(health_checker, reports_as_health_json)
{
    finding f = { .message = "down" };
    const cJSON *entry;
    cJSON *json;

    cr_assert_eq(add("db", 0, 1, 1, &f), APE_OK);
    next(&f, APE_HEALTH_UNHEALTHY);
    json = report(APE_HEALTH_JSON);
    cr_expect_str_eq(ape__json_get_string(json, "status"), "warn");
    entry = cJSON_GetArrayItem(
        ape__json_get_array(ape__json_get(json, "checks"), "db:responseTime"), 0);
    cr_expect_str_eq(ape__json_get_string(entry, "status"), "fail");
    cr_expect_str_eq(ape__json_get_string(entry, "output"), "down");
    cr_expect_str_eq(ape__json_get_string(entry, "componentType"), "component");
    cr_expect_str_eq(ape__json_get_string(entry, "observedUnit"), "ms");
    cJSON_Delete(json);
    next(&f, APE_HEALTH_HEALTHY);
    json = report(APE_HEALTH_JSON);
    cr_expect_str_eq(ape__json_get_string(json, "status"), "pass");
    entry = cJSON_GetArrayItem(
        ape__json_get_array(ape__json_get(json, "checks"), "db:responseTime"), 0);
    cr_expect_null(ape__json_get(entry, "output"));
    cJSON_Delete(json);
}

static void return_garbage(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    (void)user, (void)timeout_ms;
    result->status = 77;
    memset(result->message, 0xff, sizeof(result->message));
}

Test(health_checker, survives_garbage)
{
    const cJSON *check;
    cJSON *json;

    cr_assert_eq(ape_health_checker_add(checker, "bad", NULL, return_garbage, NULL, NULL, NULL),
                 APE_OK);
    ape_health_checker_run_due(checker);
    json = report(APE_HEALTH_DETAILED);
    check = ape__json_get_object(ape__json_get(json, "checks"), "bad");
    cr_expect_str_eq(ape__json_get_string(check, "status"), "unhealthy");
    cr_expect_str_eq(ape__json_get_string(check, "last_error"),
                     "the check returned the unknown status 77");
    cJSON_Delete(json);
}

Test(health_checker, refuses_bad_names_and_options)
{
    static const char *const bad[] = { NULL,       "",
                                       "A",        "a b",
                                       "\xc3\xa4", "a23456789012345678901234567890123456789012" };
    ape_health_check_options opts;
    finding f = { 0 };
    ape_error err;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_expect_eq(add(bad[i], 0, 1, 1, &f), APE_ERR_INVALID);
    cr_expect_eq(add("a", 2, 1, 1, &f), APE_ERR_INVALID);
    cr_expect_eq(add("a", 0, 0, 1, &f), APE_ERR_INVALID);
    cr_expect_eq(add("a", 0, 1, 0, &f), APE_ERR_INVALID);
    ape_health_check_options_init(&opts, sizeof(opts));
    opts.period_ms = 9;
    cr_expect_eq(ape_health_checker_add(checker, "a", &opts, find, &f, NULL, &err),
                 APE_ERR_INVALID);
    cr_expect_str_eq(err.message, "period_ms is 9: must be 10 to 86400000");
    opts.period_ms = 10;
    opts.timeout_ms = 0;
    cr_expect_eq(ape_health_checker_add(checker, "a", &opts, find, &f, NULL, NULL),
                 APE_ERR_INVALID);
    cr_expect_eq(ape_health_checker_add(checker, "a", NULL, NULL, &f, NULL, NULL), APE_ERR_INVALID);
    cr_expect_eq(add("a", 0, 1, 1, &f), APE_OK);
    cr_expect_eq(add("a", 0, 1, 1, &f), APE_ERR_STATE);
    cr_expect_eq(f.freed, 0);
}

Test(health_checker, takes_64_checks)
{
    finding f = { 0 };
    char name[8];

    for (int i = 0; i < 64; i++) {
        snprintf(name, sizeof(name), "c%d", i);
        cr_assert_eq(add(name, 0, 1, 1, &f), APE_OK);
    }
    cr_expect_eq(add("more", 0, 1, 1, &f), APE_ERR_LIMIT);
    ape_health_checker_run_due(checker);
    cr_expect_eq(f.runs, 64);
    cJSON_Delete(report(APE_HEALTH_DETAILED));
}

Test(health_checker, refuses_addresses_without_showing_them)
{
    ape_error err;

    cr_expect_eq(ape_health_checker_add_redis(checker, "a", "http://:canary@h", NULL, &err),
                 APE_ERR_INVALID);
    cr_expect_null(strstr(err.message, "canary"));
    cr_expect_eq(ape_health_checker_add_postgres(checker, "a", "canary canary", NULL, &err),
                 APE_ERR_INVALID);
    cr_expect_null(strstr(err.message, "canary"));
    cr_expect_eq(ape_health_checker_add_http(checker, "a", "ftp://canary", NULL, &err),
                 APE_ERR_INVALID);
    cr_expect_null(strstr(err.message, "canary"));
    cr_expect_eq(ape_health_checker_add_disk(checker, "a", NULL, 1, NULL, NULL), APE_ERR_INVALID);
    cr_expect_eq(ape_health_checker_add_sqlite(checker, "a", NULL, NULL, NULL), APE_ERR_INVALID);
    cr_expect_eq(ape_health_checker_add_disk(checker, "A", "/", 1, NULL, NULL), APE_ERR_INVALID);
}

Test(health_checker, looks_at_disk_space)
{
    cr_assert_eq(ape_health_checker_add_disk(checker, "roomy", "/", 1, NULL, NULL), APE_OK);
    cr_assert_eq(ape_health_checker_add_disk(checker, "full", "/", UINT64_MAX, NULL, NULL), APE_OK);
    cr_assert_eq(ape_health_checker_add_disk(checker, "gone", "/no-such", 1, NULL, NULL), APE_OK);
    ape_health_checker_run_due(checker);
    cr_expect(strstr(changes, "roomy unknown>healthy ;") != NULL);
    cr_expect(strstr(changes, "full unknown>unhealthy") != NULL);
    cr_expect(strstr(changes, "gone unknown>unhealthy No such file or directory;") != NULL);
}

Test(health_checker, shows_no_password_whatever_a_check_says)
{
    static const struct {
        const char *said, *shown;
    } cases[] = {
        { "cannot reach redis://u:canary@h:1/0", "cannot reach redis://***@h:1/0" },
        { "postgresql://u:p@ss:canary@h/d?x=1 and http://h/a@b",
          "postgresql://***@h/d?x=1 and http://h/a@b" },
        { "password=canary host=h", "password=*** host=h" },
        { "{\"api_key\": \"canary\", \"a\": 1}", "{\"api_key\": \"***\", \"a\": 1}" },
        { "Authorization: Bearer canary", "Authorization: Bearer ***" },
        { "bad key sk-canary, sorry", "bad key sk-***, sorry" },
        { "https://hooks.slack.com/services/canary/canary",
          "https://hooks.slack.com/services/***" },
        { "the password is wrong", "the password is wrong" },
        { "two\nlines\r\n", "two lines" },
        { "token:", "token:" },
        { "://@", "://***@" },
        { "", "" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char message[240];

        snprintf(message, sizeof(message), "%s", cases[i].said);
        ape__redact(message, sizeof(message));
        cr_expect_str_eq(message, cases[i].shown);
    }
}

Test(health_checker, cuts_passwords_out_of_full_messages)
{
    char message[240];

    memset(message, '@', sizeof(message));
    memcpy(message, "://a", 4);
    message[sizeof(message) - 1] = '\0';
    ape__redact(message, sizeof(message));
    cr_expect_str_eq(message, "://***@");
    for (size_t i = 0; i + 3 < sizeof(message); i += 3)
        memcpy(message + i, "sk-", 4);
    ape__redact(message, sizeof(message));
    cr_expect_lt(strlen(message), sizeof(message));
}

static bool shows(ape_metrics_registry *metrics, const char *wanted)
{
    ape_text *text;
    bool found;

    cr_assert_eq(ape_metrics_registry_to_text(metrics, APE_METRICS_TEXT, &text, NULL), APE_OK);
    found = strstr(ape_text_data(text), wanted) != NULL;
    ape_text_free(text);
    return found;
}

Test(health_checker, counts_into_metrics)
{
    ape_health_checker_options opts;
    ape_metrics_registry *metrics;
    ape_health_checker *counted;
    finding f = { .status = APE_HEALTH_UNHEALTHY, .message = "down" };
    ape_text *text;

    cr_assert_eq(ape_metrics_registry_new(counting.host, NULL, &metrics, NULL), APE_OK);
    ape_health_checker_options_init(&opts, sizeof(opts));
    opts.workers = 0;
    opts.metrics = metrics;
    cr_assert_eq(ape_health_checker_new(counting.host, &opts, &counted, NULL), APE_OK);
    ape_metrics_registry_free(metrics);
    cr_assert_eq(ape_health_checker_add(counted, "db", NULL, find, &f, NULL, NULL), APE_OK);
    cr_expect_not(shows(metrics, "ape_health_status{"), "nobody knows yet");
    ape_health_checker_run_due(counted);
    cr_expect_eq(ape_health_checker_add(counted, "db", NULL, find, &f, NULL, NULL), APE_ERR_STATE);
    cr_assert_eq(ape_metrics_registry_to_text(metrics, APE_METRICS_TEXT, &text, NULL), APE_OK);
    cr_expect(strstr(ape_text_data(text), "ape_health_status{check=\"db\"} 0\n") != NULL);
    cr_expect(strstr(ape_text_data(text), "ape_health_check_seconds_count{check=\"db\"} 1\n") !=
              NULL);
    cr_expect(strstr(ape_text_data(text),
                     "ape_health_checks_total{check=\"db\",result=\"failed\"} 1\n") != NULL);
    ape_text_free(text);
    cr_expect_eq(ape_health_checker_remove(counted, "db", NULL), APE_OK);
    cr_expect_not(shows(metrics, "ape_health_status{"), "it is gone");
    ape_health_checker_free(counted);
}

Test(health_checker, forgets_a_check_that_is_taken_out)
{
    finding db = { .status = APE_HEALTH_UNHEALTHY }, cache = { 0 };
    cJSON *json;

    cr_assert_eq(add("db", 1, 1, 1, &db), APE_OK);
    cr_assert_eq(add("cache", 0, 1, 1, &cache), APE_OK);
    ape_health_checker_run_due(checker);
    cr_expect_not(ape_health_checker_is_ready(checker));
    cr_expect_eq(ape_health_checker_remove(checker, "db", NULL), APE_OK);
    cr_expect_eq(db.freed, 1);
    cr_expect(ape_health_checker_is_ready(checker));
    cr_expect_eq(ape_health_checker_remove(checker, "db", NULL), APE_ERR_NOT_FOUND);
    cr_expect_eq(ape_health_checker_remove(checker, NULL, NULL), APE_ERR_INVALID);
    json = report(APE_HEALTH_DETAILED);
    cr_expect_null(ape__json_get_object(ape__json_get_object(json, "checks"), "db"));
    cr_expect_not_null(ape__json_get_object(ape__json_get_object(json, "checks"), "cache"));
    cJSON_Delete(json);
    next(&cache, APE_HEALTH_HEALTHY);
    cr_expect_eq(db.runs, 1);
    cr_assert_eq(add("db", 1, 1, 1, &db), APE_OK);
    cr_expect_not(ape_health_checker_is_ready(checker));
}

static void remove_itself(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    finding *f = user;

    (void)timeout_ms;
    cr_expect_eq(ape_health_checker_remove(checker, "self", NULL), APE_OK);
    cr_expect_eq(f->freed, 0, "it is running");
    f->runs++;
    result->status = APE_HEALTH_UNHEALTHY;
}

Test(health_checker, lets_a_check_take_itself_out)
{
    finding f = { 0 };

    cr_assert_eq(ape_health_checker_add(checker, "self", NULL, remove_itself, &f, count_free, NULL),
                 APE_OK);
    cr_expect_eq(ape_health_checker_run_due(checker), UINT32_MAX);
    cr_expect_eq(f.runs, 1);
    cr_expect_eq(f.freed, 1);
    cr_expect_str_eq(changes, "");
    cr_expect_eq(ape_health_checker_get_status(checker), APE_HEALTH_HEALTHY);
}
