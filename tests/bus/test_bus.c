/* SPDX-License-Identifier: MIT */
/* test_bus memory|redis|redis_tls: what every bus must do. */
#include <ape/bus.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/json.h"

#include "counting_host.h"
#include "metrics_text.h"
#include "servers.h"

#if APE_HAVE_REDIS
#include <hiredis/hiredis.h>
#endif

static counting_host counting;
static test_server redis = { .password = "makebelieve-redis-password" };
static bool use_redis;

static void rest_ms(long ms)
{
    const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

static ape_bus *open_bus(uint32_t history, uint64_t presence_ms)
{
    ape_settings_options settings_options;
    ape_bus_options opts;
    ape_settings *settings;
    ape_bus *bus;
    ape_error err = { .message = "" };

    ape_settings_options_init(&settings_options, sizeof(settings_options));
    settings_options.ignore_environment = 1;
    test_expect(ape_settings_new(counting.host, &settings_options, &settings, NULL) == APE_OK, "-");
    if (use_redis)
        test_expect(ape_settings_set(settings, "REDIS_URL", redis.url, NULL) == APE_OK, "-");
    if (redis.tls)
        test_expect(ape_settings_set(settings, "REDIS_CA_FILE", redis.ca_file, NULL) == APE_OK,
                    "-");
    ape_bus_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    opts.history_count = history;
    opts.presence_ms = presence_ms;
    test_expect(ape_bus_new(counting.host, &opts, &bus, &err) == APE_OK, "%s", err.message);
    ape_settings_free(settings);
    for (int i = 0; i < 300; i++) {
        ape_text *health;
        bool fine;

        test_expect(ape_bus_health(bus, &health, NULL) == APE_OK, "-");
        fine = strstr(ape_text_data(health), "\"state\":\"ok\"") != NULL;
        ape_text_free(health);
        if (fine)
            return bus;
        rest_ms(10);
    }
    test_fail(__FILE__, __LINE__, "the bus is up", "-");
}

/* A subscriber that remembers. */
typedef struct listener {
    pthread_mutex_t lock;
    int count, gaps;
    char text[2000]; /* data of all, separated by blanks */
    ape_bus_position last;
    ape_bus_subscription *subscription;
    bool unsubscribe_inside;
} listener;

static void hear(void *user, const ape_bus_event *e)
{
    listener *l = user;

    pthread_mutex_lock(&l->lock);
    if (e->kind == APE_BUS_GAP) {
        l->gaps++;
    } else {
        l->count++;
        if (strlen(l->text) + e->data_size + 2 < sizeof(l->text)) {
            strncat(l->text, e->data, e->data_size);
            strcat(l->text, " ");
        }
        test_expect(e->id[0] != '\0' && e->size == sizeof(*e), "-");
    }
    l->last = e->position;
    pthread_mutex_unlock(&l->lock);
    if (l->unsubscribe_inside)
        ape_bus_unsubscribe(l->subscription);
}

static void listen(ape_bus *bus, const char *channel, const ape_bus_position *since, listener *l,
                   bool *recovered)
{
    ape_error err = { .message = "" };

    *l = (listener){ .unsubscribe_inside = l->unsubscribe_inside };
    pthread_mutex_init(&l->lock, NULL);
    test_expect(ape_bus_subscribe(bus, channel, since, hear, l, recovered, &l->subscription,
                                  &err) == APE_OK,
                "%s", err.message);
}

static void wait_for_count(listener *l, int count)
{
    for (int i = 0; i < 500; i++) {
        int now;

        pthread_mutex_lock(&l->lock);
        now = l->count;
        pthread_mutex_unlock(&l->lock);
        if (now >= count)
            return;
        rest_ms(10);
    }
    test_fail(__FILE__, __LINE__, "messages arrive", "%d of %d: %s", l->count, count, l->text);
}

static void say(ape_bus *bus, const char *channel, const char *text)
{
    ape_error err = { .message = "" };

    test_expect(ape_bus_publish(bus, channel, text, strlen(text), &err) == APE_OK, "%s",
                err.message);
}

static void say_numbers(ape_bus *bus, const char *channel, int from, int to)
{
    for (int i = from; i <= to; i++) {
        char text[16];

        snprintf(text, sizeof(text), "%d", i);
        say(bus, channel, text);
    }
    test_expect(ape_bus_flush(bus, 5000, NULL) == APE_OK, "-");
}

static void messages_come_in_order_to_their_channel(void)
{
    ape_bus *bus = open_bus(100, 60000);
    listener a = { .count = 0 }, b = { .count = 0 };

    listen(bus, "order/a", NULL, &a, NULL);
    listen(bus, "order/b", NULL, &b, NULL);
    say_numbers(bus, "order/a", 1, 5);
    say_numbers(bus, "order/b", 7, 8);
    wait_for_count(&a, 5);
    wait_for_count(&b, 2);
    test_expect(strcmp(a.text, "1 2 3 4 5 ") == 0, "%s", a.text);
    test_expect(strcmp(b.text, "7 8 ") == 0, "%s", b.text);
    test_expect(a.gaps == 0 && a.last.offset == 5, "%llu", (unsigned long long)a.last.offset);
    ape_bus_unsubscribe(a.subscription);
    ape_bus_unsubscribe(b.subscription);
    ape_bus_free(bus);
}

static void who_comes_back_gets_what_was_missed(void)
{
    ape_bus *bus = open_bus(100, 60000);
    listener l = { .count = 0 };
    ape_bus_position seen;
    bool recovered = true;

    listen(bus, "back", NULL, &l, &recovered);
    test_expect(!recovered, "there was nothing to recover");
    say_numbers(bus, "back", 1, 3);
    wait_for_count(&l, 3);
    seen = l.last;
    ape_bus_unsubscribe(l.subscription);
    say_numbers(bus, "back", 4, 9);
    listen(bus, "back", &seen, &l, &recovered);
    test_expect(recovered, "-");
    say_numbers(bus, "back", 10, 12);
    wait_for_count(&l, 9);
    test_expect(strcmp(l.text, "4 5 6 7 8 9 10 11 12 ") == 0, "%s", l.text);
    test_expect(l.gaps == 0, "-");
    ape_bus_unsubscribe(l.subscription);
    ape_bus_free(bus);
}

static void history_that_is_gone_is_told(void)
{
    ape_bus *bus = open_bus(10, 60000);
    listener l = { .count = 0 };
    ape_bus_position seen, strange;
    bool recovered = true;

    listen(bus, "gone", NULL, &l, NULL);
    say_numbers(bus, "gone", 1, 2);
    wait_for_count(&l, 2);
    seen = l.last;
    ape_bus_unsubscribe(l.subscription);
    say_numbers(bus, "gone", 3, 2000); /* Redis trims when it likes, whole nodes at a time */
    listen(bus, "gone", &seen, &l, &recovered);
    test_expect(!recovered, "-");
    say_numbers(bus, "gone", 1, 1);
    wait_for_count(&l, 1);
    test_expect(strcmp(l.text, "1 ") == 0, "what was not recovered is not delivered: %s", l.text);
    ape_bus_unsubscribe(l.subscription);

    strange = seen;
    strange.epoch[0] = '!';
    listen(bus, "gone", &strange, &l, &recovered);
    test_expect(!recovered, "another epoch");
    ape_bus_unsubscribe(l.subscription);
    strange = seen;
    strange.offset = 1000000;
    listen(bus, "gone", &strange, &l, &recovered);
    test_expect(!recovered, "a position in the future");
    ape_bus_unsubscribe(l.subscription);
    ape_bus_free(bus);
}

static void a_callback_may_unsubscribe_and_publish(void)
{
    ape_bus *bus = open_bus(100, 60000);
    listener once = { .unsubscribe_inside = true }, other = { .count = 0 };

    listen(bus, "inside", NULL, &once, NULL);
    listen(bus, "inside", NULL, &other, NULL);
    say_numbers(bus, "inside", 1, 3);
    wait_for_count(&other, 3);
    wait_for_count(&once, 1);
    ape_bus_unsubscribe(other.subscription);
    ape_bus_free(bus);
    test_expect(once.count == 1, "%d", once.count);
}

typedef struct storm {
    ape_bus *bus;
    int number;
    atomic_int *heard;
} storm;

static void count_one(void *user, const ape_bus_event *e)
{
    if (e->kind == APE_BUS_MESSAGE)
        atomic_fetch_add((atomic_int *)user, 1);
}

static void *publish_and_churn(void *user)
{
    storm *s = user;

    for (int i = 0; i < 200; i++) {
        ape_bus_subscription *sub = NULL;
        char channel[32];

        snprintf(channel, sizeof(channel), "storm/%d", i % 5);
        say(s->bus, channel, "x");
        if (i % 20 == 0)
            test_expect(ape_bus_subscribe(s->bus, channel, NULL, count_one, s->heard, NULL, &sub,
                                          NULL) == APE_OK,
                        "-");
        ape_bus_unsubscribe(sub);
    }
    return NULL;
}

static void threads_share_a_bus(void)
{
    ape_bus *bus = open_bus(100, 60000);
    ape_bus_subscription *subs[5];
    atomic_int heard = 0, churned = 0;
    pthread_t threads[4];
    storm storms[4];

    for (int i = 0; i < 5; i++) {
        char channel[32];

        snprintf(channel, sizeof(channel), "storm/%d", i);
        test_expect(ape_bus_subscribe(bus, channel, NULL, count_one, &heard, NULL, &subs[i],
                                      NULL) == APE_OK,
                    "-");
    }
    for (int i = 0; i < 4; i++) {
        storms[i] = (storm){ bus, i, &churned };
        pthread_create(&threads[i], NULL, publish_and_churn, &storms[i]);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 500 && atomic_load(&heard) < 800; i++)
        rest_ms(10);
    test_expect(atomic_load(&heard) == 800, "%d", atomic_load(&heard));
    for (int i = 0; i < 5; i++)
        ape_bus_unsubscribe(subs[i]);
    ape_bus_free(bus);
}

static void history_is_readable(void)
{
    ape_bus *bus = open_bus(100, 60000);
    ape_text *text;
    ape_error err;

    say_numbers(bus, "read", 1, 5);
    test_expect(ape_bus_history(bus, "read", 2, &text, NULL) == APE_OK, "-");
    test_expect(strstr(ape_text_data(text), "\"offset\":4"), "%s", ape_text_data(text));
    test_expect(strstr(ape_text_data(text), "\"data\":\"5\""), "%s", ape_text_data(text));
    test_expect(!strstr(ape_text_data(text), "\"data\":\"3\""), "%s", ape_text_data(text));
    ape_text_free(text);
    test_expect(ape_bus_history(bus, "read", 0, &text, &err) == APE_ERR_INVALID, "-");
    ape_bus_free(bus);
}

static void bad_names_are_refused(void)
{
    static const char *const names[] = { "", " ", "a b", "a\nb", "\xff", "a'b", "a\"b", "a\\b" };
    ape_bus *bus = open_bus(100, 60000);
    ape_bus_subscription *s;
    ape_error err;
    char longest[140];

    memset(longest, 'x', sizeof(longest));
    longest[129] = '\0';
    test_expect(ape_bus_publish(bus, longest, "", 0, &err) == APE_ERR_INVALID, "-");
    longest[128] = '\0';
    test_expect(ape_bus_publish(bus, longest, "", 0, &err) == APE_OK, "-");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        test_expect(ape_bus_publish(bus, names[i], "", 0, &err) == APE_ERR_INVALID, "%s", names[i]);
        test_expect(ape_bus_subscribe(bus, names[i], NULL, hear, NULL, NULL, &s, &err) ==
                        APE_ERR_INVALID,
                    "%s", names[i]);
        test_expect(ape_bus_join(bus, NULL, names[i], NULL, &err) == APE_ERR_INVALID, "%s",
                    names[i]);
        test_expect(ape_bus_put_job(bus, "q", names[i], "", 0, &err) == APE_ERR_INVALID, "%s",
                    names[i]);
    }
    test_expect(ape_bus_publish(bus, NULL, "", 0, &err) == APE_ERR_INVALID, "-");
    test_expect(ape_bus_join(bus, NULL, "a", "{\"open", &err) == APE_ERR_INVALID, "-");
    ape_bus_free(bus);
}

/* Presence. */

static bool is_there(ape_bus *bus, const char *channel, const char *member)
{
    char name[64];
    ape_text *text;
    bool there;

    test_expect(ape_bus_presence(bus, channel, &text, NULL) == APE_OK, "-");
    test_expect(strstr(ape_text_data(text), "\"degraded\":false"), "%s", ape_text_data(text));
    snprintf(name, sizeof(name), "\"%s\":", member);
    there = strstr(ape_text_data(text), name) != NULL;
    ape_text_free(text);
    return there;
}

static void members_come_and_go(void)
{
    ape_bus *bus = open_bus(100, 60000);

    test_expect(ape_bus_join(bus, NULL, "client-1", "{\"since\": 1}", NULL) == APE_OK, "-");
    test_expect(ape_bus_join(bus, "room", "client-2", NULL, NULL) == APE_OK, "-");
    test_expect(is_there(bus, NULL, "client-1") && !is_there(bus, NULL, "client-2"), "-");
    test_expect(is_there(bus, "room", "client-2") && !is_there(bus, "room", "client-1"), "-");
    test_expect(ape_bus_leave(bus, NULL, "client-1", NULL) == APE_OK, "-");
    test_expect(ape_bus_leave(bus, NULL, "nobody", NULL) == APE_OK, "-");
    test_expect(!is_there(bus, NULL, "client-1"), "-");
    rest_ms(100);
    test_expect(!is_there(bus, NULL, "client-1"), "-");
    ape_bus_free(bus);
}

/* A bus that ends without a word is what a process that dies looks like to the others. */
static void members_of_the_dead_expire(void)
{
    ape_bus *dying = open_bus(100, 400), *other = open_bus(100, 400);

    test_expect(ape_bus_join(dying, NULL, "ghost", "{}", NULL) == APE_OK, "-");
    test_expect(ape_bus_join(other, NULL, "alive", "{}", NULL) == APE_OK, "-");
    for (int i = 0; i < 200 && !is_there(other, NULL, "ghost"); i++)
        rest_ms(10);
    test_expect(is_there(other, NULL, "ghost"), "one bus sees the members of another");
    rest_ms(900);
    test_expect(is_there(other, NULL, "ghost"), "it is refreshed while its bus lives");
    ape_bus_free(dying);
    rest_ms(600);
    test_expect(!is_there(other, NULL, "ghost"), "-");
    test_expect(is_there(other, NULL, "alive"), "-");
    ape_bus_free(other);
}

static void two_buses_share_a_channel(void)
{
    ape_bus *a = open_bus(100, 60000), *b = open_bus(100, 60000);
    listener at_b = { .count = 0 }, late = { .count = 0 };
    ape_bus_position seen;
    bool recovered;

    listen(b, "shared", NULL, &at_b, NULL);
    say_numbers(a, "shared", 1, 3);
    wait_for_count(&at_b, 3);
    seen = at_b.last;
    ape_bus_unsubscribe(at_b.subscription);
    ape_bus_free(b);
    say_numbers(a, "shared", 4, 6);
    b = open_bus(100, 60000); /* as after a restart: nothing is kept in the process */
    listen(b, "shared", &seen, &late, &recovered);
    test_expect(recovered, "-");
    wait_for_count(&late, 3);
    test_expect(strcmp(late.text, "4 5 6 ") == 0, "%s", late.text);
    ape_bus_unsubscribe(late.subscription);
    ape_bus_free(b);
    ape_bus_free(a);
}

/* Work. */

static void a_job_runs_once_to_its_outcome(void)
{
    ape_bus *bus = open_bus(100, 60000);
    ape_job *job, *again;
    ape_text *text;
    ape_error err;

    test_expect(ape_bus_take_job(bus, "q", 1000, 0, &job, &err) == APE_ERR_TIMEOUT, "-");
    test_expect(ape_bus_get_outcome(bus, "q", "j-1", &text, &err) == APE_ERR_NOT_FOUND, "-");
    test_expect(ape_bus_put_job(bus, "q", "j-1", "work", 4, &err) == APE_OK, "%s", err.message);
    test_expect(ape_bus_put_job(bus, "q", "j-1", "work", 4, &err) == APE_ERR_STATE, "-");
    test_expect(ape_bus_get_outcome(bus, "q", "j-1", &text, &err) == APE_ERR_STATE, "-");
    test_expect(ape_bus_take_job(bus, "other", 1000, 0, &again, &err) == APE_ERR_TIMEOUT, "-");
    test_expect(ape_bus_take_job(bus, "q", 200, 1000, &job, &err) == APE_OK, "%s", err.message);
    test_expect(strcmp(ape_job_id(job), "j-1") == 0 && ape_job_data_size(job) == 4 &&
                    memcmp(ape_job_data(job), "work", 4) == 0,
                "-");
    test_expect(ape_bus_take_job(bus, "q", 200, 50, &again, &err) == APE_ERR_TIMEOUT, "leased");
    test_expect(ape_job_extend(job, &err) == APE_OK, "-");
    rest_ms(250);
    test_expect(ape_bus_take_job(bus, "q", 1000, 1000, &again, &err) == APE_OK,
                "the lease is over");
    test_expect(ape_job_extend(job, &err) == APE_ERR_STATE, "it is another's");
    test_expect(ape_job_finish(again, "done", 4, &err) == APE_OK, "-");
    test_expect(ape_job_finish(job, "late", 4, &err) == APE_ERR_STATE, "-");
    test_expect(ape_bus_get_outcome(bus, "q", "j-1", &text, &err) == APE_OK, "-");
    test_expect(strcmp(ape_text_data(text), "done") == 0, "%s", ape_text_data(text));
    ape_text_free(text);
    ape_job_free(job);
    ape_job_free(again);
    test_expect(ape_bus_take_job(bus, "q", 1000, 0, &job, &err) == APE_ERR_TIMEOUT, "-");
    ape_bus_free(bus);
}

static void a_job_that_kills_workers_is_given_up(void)
{
    ape_bus *bus = open_bus(100, 60000);
    ape_text *text;
    ape_job *job;

    test_expect(ape_bus_put_job(bus, "poison", "j", "", 0, NULL) == APE_OK, "-");
    for (int i = 0; i < 5; i++) {
        test_expect(ape_bus_take_job(bus, "poison", 100, 2000, &job, NULL) == APE_OK, "%d", i);
        ape_job_free(job);
    }
    rest_ms(150);
    test_expect(ape_bus_take_job(bus, "poison", 100, 100, &job, NULL) == APE_ERR_TIMEOUT, "-");
    test_expect(ape_bus_get_outcome(bus, "poison", "j", &text, NULL) == APE_OK, "-");
    test_expect(strstr(ape_text_data(text), "given up"), "%s", ape_text_data(text));
    ape_text_free(text);
    ape_bus_free(bus);
}

static void messages_and_jobs_are_counted(void)
{
    const char *const wanted[] = {
        "ape_bus_up 1\n",
        "ape_bus_published_total 3\n",
        "ape_bus_delivered_total 3\n",
        "ape_bus_gaps_total 0\n",
        use_redis ? "ape_bus_connects_total 1\n" : "ape_bus_connects_total 0\n",
        "ape_bus_jobs_total{event=\"put\"} 1\n",
        "ape_bus_jobs_total{event=\"taken\"} 1\n",
        "ape_bus_jobs_total{event=\"finished\"} 1\n",
        "ape_bus_jobs_total{event=\"late\"} 1\n",
        NULL,
    };
    ape_bus *bus = open_bus(100, 60000);
    ape_metrics_registry *registry;
    listener l = { .count = 0 };
    ape_job *job;

    test_expect(ape_metrics_registry_new(counting.host, NULL, &registry, NULL) == APE_OK, "-");
    test_expect(ape_bus_set_metrics(bus, registry, NULL) == APE_OK, "-");
    test_expect(ape_bus_set_metrics(bus, registry, NULL) == APE_ERR_STATE, "-");
    listen(bus, "counted", NULL, &l, NULL);
    say_numbers(bus, "counted", 1, 3);
    wait_for_count(&l, 3);
    ape_bus_unsubscribe(l.subscription);
    test_expect(ape_bus_put_job(bus, "counted", "c-1", "work", 4, NULL) == APE_OK, "-");
    test_expect(ape_bus_take_job(bus, "counted", 60000, 1000, &job, NULL) == APE_OK, "-");
    test_expect(ape_job_finish(job, "done", 4, NULL) == APE_OK, "-");
    test_expect(ape_job_finish(job, "again", 5, NULL) == APE_ERR_STATE, "-");
    ape_job_free(job);
    expect_metrics(registry, wanted);
    ape_bus_free(bus);
    test_expect(!metrics_hold(registry, "ape_bus_up 1"), "a bus that has gone is shown");
    ape_metrics_registry_free(registry);
}

#if APE_HAVE_REDIS

/* Somebody else's keys, in the places of ours. */

static redisContext *connect_as_stranger(void)
{
    char path[96];
    redisContext *c;

    snprintf(path, sizeof(path), "%s/socket", redis.folder);
    c = redisConnectUnix(path);
    test_expect(c && !c->err, "-");
    freeReplyObject(redisCommand(c, "AUTH %s", redis.password));
    return c;
}

static void expect_text(redisContext *c, const char *command, const char *wanted)
{
    redisReply *reply = redisCommand(c, command);

    test_expect(reply && reply->str && strcmp(reply->str, wanted) == 0, "%s: %s", command,
                reply && reply->str ? reply->str : "-");
    freeReplyObject(reply);
}

static bool is_quiet(listener *l)
{
    bool quiet;

    pthread_mutex_lock(&l->lock);
    quiet = l->count == 0 && l->gaps == 0;
    pthread_mutex_unlock(&l->lock);
    return quiet;
}

static bool ends_in_order(listener *l)
{
    static const char all[] = "1 2 3 4 ";
    size_t size;
    bool good;

    pthread_mutex_lock(&l->lock);
    size = strlen(l->text);
    good = size > 0 && size < sizeof(all) && strcmp(l->text, all + sizeof(all) - 1 - size) == 0 &&
           (size == sizeof(all) - 1 || l->gaps > 0);
    pthread_mutex_unlock(&l->lock);
    return good;
}

/* What was there is kept under another name. Whoever listens hears all, or is told of a gap: where
 * the channel stood could not be seen at first. */
static void a_stranger_in_the_place_of_a_stream_is_moved(void)
{
    redisContext *c = connect_as_stranger();
    listener l = { .count = 0 };
    redisReply *keys;
    char get[120];
    ape_bus *bus;

    expect_text(c, "SET ape:s:taken treasure", "OK");
    bus = open_bus(100, 60000);
    listen(bus, "taken", NULL, &l, NULL);
    say_numbers(bus, "taken", 1, 3);
    for (int i = 0; i < 500 && is_quiet(&l); i++)
        rest_ms(10);
    say_numbers(bus, "taken", 4, 4);
    for (int i = 0; i < 500 && !ends_in_order(&l); i++)
        rest_ms(10);
    test_expect(ends_in_order(&l), "%s", l.text);
    expect_text(c, "TYPE ape:s:taken", "stream");
    keys = redisCommand(c, "KEYS ape:s:taken:aside-*");
    test_expect(keys && keys->elements == 1, "-");
    snprintf(get, sizeof(get), "GET %s", keys->element[0]->str);
    expect_text(c, get, "treasure");
    freeReplyObject(keys);
    redisFree(c);
    ape_bus_unsubscribe(l.subscription);
    ape_bus_free(bus);
}

/* Presence is that of this process, work says what is wrong, and both leave the keys alone. */
static void strangers_elsewhere_are_told(void)
{
    redisContext *c = connect_as_stranger();
    ape_bus *bus = open_bus(100, 60000);
    ape_error err = { .message = "" };
    listener l = { .count = 0 };
    ape_text *text;

    expect_text(c, "SET ape:m:taken-room treasure", "OK");
    expect_text(c, "SET ape:w:taken-queue treasure", "OK");
    test_expect(ape_bus_join(bus, "taken-room", "somebody", "{}", &err) == APE_OK, "%s",
                err.message);
    test_expect(ape_bus_presence(bus, "taken-room", &text, &err) == APE_OK, "%s", err.message);
    test_expect(strcmp(ape_text_data(text), "{\"members\":{\"somebody\":{}},\"degraded\":true}") ==
                    0,
                "%s", ape_text_data(text));
    ape_text_free(text);
    test_expect(ape_bus_put_job(bus, "taken-queue", "j", "x", 1, &err) == APE_ERR_FORMAT, "-");
    test_expect(strstr(err.message, "something else"), "%s", err.message);
    listen(bus, "free", NULL, &l, NULL);
    say_numbers(bus, "free", 1, 2);
    wait_for_count(&l, 2);
    expect_text(c, "GET ape:m:taken-room", "treasure");
    expect_text(c, "GET ape:w:taken-queue", "treasure");
    redisFree(c);
    ape_bus_unsubscribe(l.subscription);
    ape_bus_free(bus);
}

#endif

/* What its health says of a bus, once that holds @p wanted. */
static void expect_health(const char *url, const char *ca_file, const char *wanted)
{
    ape_settings *settings;
    ape_text *health = NULL;
    ape_bus_options opts;
    ape_bus *bus;

    test_expect(ape_settings_new(counting.host, NULL, &settings, NULL) == APE_OK &&
                    ape_settings_set(settings, "REDIS_URL", url, NULL) == APE_OK &&
                    ape_settings_set(settings, "REDIS_CA_FILE", ca_file, NULL) == APE_OK,
                "-");
    ape_bus_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    test_expect(ape_bus_new(counting.host, &opts, &bus, NULL) == APE_OK, "-");
    ape_settings_free(settings);
    for (int i = 0; i < 1000 && !(health && strstr(ape_text_data(health), wanted)); i++) {
        ape_text_free(health);
        rest_ms(10);
        test_expect(ape_bus_health(bus, &health, NULL) == APE_OK, "-");
    }
    test_expect(strstr(ape_text_data(health), wanted), "%s: %s", wanted, ape_text_data(health));
    test_expect(!strstr(ape_text_data(health), "makebelieve"), "%s", ape_text_data(health));
    ape_text_free(health);
    ape_bus_free(bus);
}

static void a_redis_that_wants_a_password_is_away(void)
{
    const char *scheme = redis.tls ? "rediss" : "redis";
    char url[100];

    snprintf(url, sizeof(url), "%s://127.0.0.1:%d/0", scheme, redis.port);
    expect_health(url, redis.ca_file, "NOAUTH");
    snprintf(url, sizeof(url), "%s://:makebelieve-wrong@127.0.0.1:%d/0", scheme, redis.port);
    expect_health(url, redis.ca_file, "WRONGPASS");
}

/* A certificate that nobody known has signed, one that is for another name, and none. */
static void a_redis_that_cannot_be_trusted_is_away(void)
{
    char by_name[64];

    if (!redis.tls)
        return;
    snprintf(by_name, sizeof(by_name), "rediss://localhost:%d/0", redis.port);
    expect_health(redis.url, NULL, "certificate");
    expect_health(by_name, redis.ca_file, "certificate");
    snprintf(by_name, sizeof(by_name), "redis://127.0.0.1:%d/0", redis.port);
    expect_health(by_name, NULL, "\"state\":\"away\"");
}

static void a_socket_serves_as_well(void)
{
    char url[120];

    snprintf(url, sizeof(url), "unix://:%s@%s/socket", redis.password, redis.folder);
    expect_health(url, NULL, "\"state\":\"ok\"");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
        bool redis_only;
    } tests[] = {
#define TEST(name) { #name, name, false }
#define REDIS_TEST(name)                                                                           \
    {                                                                                              \
#name, name, true                                                                          \
    }
        TEST(messages_come_in_order_to_their_channel),
        TEST(who_comes_back_gets_what_was_missed),
        TEST(history_that_is_gone_is_told),
        TEST(a_callback_may_unsubscribe_and_publish),
        TEST(threads_share_a_bus),
        TEST(history_is_readable),
        TEST(bad_names_are_refused),
        TEST(members_come_and_go),
        TEST(a_job_runs_once_to_its_outcome),
        TEST(a_job_that_kills_workers_is_given_up),
        TEST(messages_and_jobs_are_counted),
        REDIS_TEST(members_of_the_dead_expire),
        REDIS_TEST(two_buses_share_a_channel),
#if APE_HAVE_REDIS
        REDIS_TEST(a_stranger_in_the_place_of_a_stream_is_moved),
        REDIS_TEST(strangers_elsewhere_are_told),
#endif
        REDIS_TEST(a_redis_that_wants_a_password_is_away),
        REDIS_TEST(a_redis_that_cannot_be_trusted_is_away),
        REDIS_TEST(a_socket_serves_as_well),
    };

    use_redis = argc > 1 && strncmp(argv[1], "redis", 5) == 0;
    redis.tls = argc > 1 && strcmp(argv[1], "redis_tls") == 0;
    if (use_redis && !test_server_new(&redis, "redis"))
        return TEST_SKIPPED;
    counting_host_init(&counting);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (tests[i].redis_only && !use_redis)
            continue;
        printf("%s\n", tests[i].name);
        fflush(stdout);
        tests[i].run();
    }
    test_expect(counting_host_done(&counting), "something was not given back");
    test_server_free(&redis);
    return 0;
}
