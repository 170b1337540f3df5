/* SPDX-License-Identifier: MIT */
/*
 * Deliveries a second in memory; messages a second published to Redis with history and recovery,
 * beside a script of the kind that Centrifugo uses for the same promise, on the same Redis.
 */
#include <ape/bus.h>

#include <hiredis/hiredis.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "servers.h"

enum {
    SUBSCRIBERS = 8,
    DELIVERIES = 8000000,
    MESSAGES = 200000,
    SIZE = 100,
    PIPELINE = 512,
    ROUNDS = 5
};

static test_server redis;

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void count_one(void *user, const ape_bus_event *e)
{
    (void)e;
    atomic_fetch_add_explicit((atomic_long *)user, 1, memory_order_relaxed);
}

static void rest(void)
{
    const struct timespec t = { .tv_nsec = 200000 };

    nanosleep(&t, NULL);
}

static double deliver_in_memory(int subscribers)
{
    ape_bus_subscription *subs[SUBSCRIBERS];
    static atomic_long heard;
    char data[SIZE] = { 'x' };
    ape_bus *bus;
    double start;

    atomic_store(&heard, 0);
    test_expect(ape_bus_new(NULL, NULL, &bus, NULL) == APE_OK, "-");
    for (int i = 0; i < subscribers; i++)
        test_expect(ape_bus_subscribe(bus, "c", NULL, count_one, &heard, NULL, &subs[i], NULL) ==
                        APE_OK,
                    "-");
    start = now_s();
    for (int i = 0; i < DELIVERIES / subscribers; i++)
        test_expect(ape_bus_publish(bus, "c", data, sizeof(data), NULL) == APE_OK, "-");
    while (atomic_load(&heard) < DELIVERIES / subscribers * subscribers)
        rest();
    start = now_s() - start;
    for (int i = 0; i < subscribers; i++)
        ape_bus_unsubscribe(subs[i]);
    ape_bus_free(bus);
    return DELIVERIES / start;
}

static ape_bus *open_bus(void)
{
    ape_settings_options settings_options;
    ape_bus_options opts;
    ape_settings *settings;
    ape_bus *bus;

    ape_settings_options_init(&settings_options, sizeof(settings_options));
    settings_options.ignore_environment = 1;
    test_expect(ape_settings_new(NULL, &settings_options, &settings, NULL) == APE_OK &&
                    ape_settings_set(settings, "REDIS_URL", redis.url, NULL) == APE_OK,
                "-");
    ape_bus_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    opts.queue_count = MESSAGES + 1;
    test_expect(ape_bus_new(NULL, &opts, &bus, NULL) == APE_OK, "-");
    ape_settings_free(settings);
    return bus;
}

static double publish_ours(ape_bus *bus)
{
    char data[SIZE] = { 'x' };
    double start = now_s();

    for (int i = 0; i < MESSAGES; i++)
        test_expect(ape_bus_publish(bus, "ours", data, sizeof(data), NULL) == APE_OK, "-");
    test_expect(ape_bus_flush(bus, 60000, NULL) == APE_OK, "-");
    return MESSAGES / (now_s() - start);
}

/* Offset and epoch in a hash, the stream, its expiry, and the message to whoever listens. */
static const char script[] =
    "local epoch = redis.call('HGET', KEYS[2], 'e') "
    "if epoch == false then epoch = ARGV[6] redis.call('HSET', KEYS[2], 'e', epoch) end "
    "local offset = redis.call('HINCRBY', KEYS[2], 's', 1) "
    "redis.call('EXPIRE', KEYS[2], ARGV[5]) "
    "redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], offset, 'd', ARGV[1]) "
    "redis.call('EXPIRE', KEYS[1], ARGV[3]) "
    "redis.call('PUBLISH', ARGV[4], '__p1:' .. offset .. ':' .. epoch .. '__' .. ARGV[1]) "
    "return {offset, epoch}";

static double publish_by_script(redisContext *c, const char *sha)
{
    char data[SIZE + 1];
    double start = now_s();

    memset(data, 'x', SIZE);
    data[SIZE] = '\0';
    for (int done = 0; done < MESSAGES; done += PIPELINE) {
        for (int i = 0; i < PIPELINE; i++)
            redisAppendCommand(c,
                               "EVALSHA %s 2 peer:stream peer:meta %s 1000 86400 peer:channel "
                               "86400 epoch",
                               sha, data);
        for (int i = 0; i < PIPELINE; i++) {
            redisReply *reply = NULL;

            test_expect(redisGetReply(c, (void **)&reply) == REDIS_OK &&
                            reply->type == REDIS_REPLY_ARRAY,
                        "%s", reply ? reply->str : "-");
            freeReplyObject(reply);
        }
    }
    return MESSAGES / (now_s() - start);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void publish_both(void)
{
    redisContext *c = redisConnect("127.0.0.1", redis.port);
    redisReply *sha = redisCommand(c, "SCRIPT LOAD %s", script);
    double ours[ROUNDS], peer[ROUNDS], ratios[ROUNDS];
    ape_bus *bus = open_bus();

    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = publish_ours(bus);
        peer[i] = publish_by_script(c, sha->str);
        ratios[i] = ours[i] / peer[i];
    }
    qsort(ratios, ROUNDS, sizeof(double), by_size);
    qsort(ours, ROUNDS, sizeof(double), by_size);
    qsort(peer, ROUNDS, sizeof(double), by_size);
    printf("published to Redis, %d bytes: ours %.0f/s, the script %.0f/s; ratio %.2f (goal 2)\n",
           SIZE, ours[ROUNDS / 2], peer[ROUNDS / 2], ratios[ROUNDS / 2]);
    ape_bus_free(bus);
    freeReplyObject(sha);
    redisFree(c);
}

int main(void)
{
    printf("in memory, 1 subscriber:  %.2f M deliveries/s\n", deliver_in_memory(1) / 1e6);
    printf("in memory, %d subscribers: %.2f M deliveries/s (goal 2)\n", SUBSCRIBERS,
           deliver_in_memory(SUBSCRIBERS) / 1e6);
    if (!test_server_new(&redis, "redis")) {
        printf("no Redis here: the rest is skipped\n");
        return 0;
    }
    publish_both();
    test_server_free(&redis);
    return 0;
}
