/* SPDX-License-Identifier: MIT */
/*
 * The checker beside a real PostgreSQL and a real Redis that freeze, thaw and restart, and an
 * HTTP server that never answers: liveness stays as fast as it was, the services are asked once
 * a period however many ask us, and 100,000 requests leave nothing behind.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <malloc.h>
#include <math.h>
#include <netinet/in.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include <ape/health_checker.h>

#include "servers.h"

enum {
    PERIOD_MS = 200,
    TIMEOUT_MS = 300,
    SAMPLES = 20000,
    REQUESTS = 100000,
};

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static void rest_ms(long ms)
{
    const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

static void must(ape_status status, const char *what)
{
    test_expect(status == APE_OK, "%s: %s", what, ape_status_name(status));
}

/* A port that takes connections and says nothing. */
static int listen_in_silence(int *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    test_expect(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                    listen(fd, 1000) == 0 &&
                    getsockname(fd, (struct sockaddr *)&address, &size) == 0,
                "no silent port");
    *port = ntohs(address.sin_port);
    return fd;
}

static void make_database(const char *path)
{
    sqlite3 *db;

    test_expect(sqlite3_open(path, &db) == SQLITE_OK &&
                    sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL, NULL) == SQLITE_OK,
                "no database");
    sqlite3_close(db);
}

static ape_health_checker *make_checker(const test_server *postgres, const test_server *redis,
                                        const char *database, int silent_port)
{
    ape_health_check_options opts;
    ape_health_checker *checker = NULL;
    char url[64];
    ape_error err = { 0 };

    must(ape_health_checker_new(NULL, NULL, &checker, NULL), "new");
    ape_health_check_options_init(&opts, sizeof(opts));
    opts.period_ms = PERIOD_MS;
    opts.timeout_ms = TIMEOUT_MS;
    must(ape_health_checker_add_sqlite(checker, "sqlite", database, &opts, NULL), "sqlite");
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", silent_port);
    must(ape_health_checker_add_http(checker, "silent", url, &opts, NULL), "http");
    opts.critical = 1;
    must(ape_health_checker_add_postgres(checker, "postgres", postgres->url, &opts, NULL),
         "postgres");
    must(ape_health_checker_add_redis(checker, "redis", redis->url, &opts, &err), err.message);
    return checker;
}

/* Wait until a check has a status, and say how long that took. */
static double wait_for(ape_health_checker *checker, const char *name, const char *status)
{
    double begin = now_ms();
    char wanted[80];

    snprintf(wanted, sizeof(wanted), "\"%s\":{\"status\":\"%s\"", name, status);
    for (;;) {
        ape_text *text;
        bool found;

        must(ape_health_checker_to_json(checker, APE_HEALTH_DETAILED, &text, NULL), "report");
        found = strstr(ape_text_data(text), wanted) != NULL;
        test_expect(found || now_ms() - begin < 15000, "%s is not %s: %s", name, status,
                    ape_text_data(text));
        ape_text_free(text);
        if (found)
            return now_ms() - begin;
        rest_ms(5);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* 99th percentile of the time that a liveness request takes, in ms. */
static double liveness_p99(ape_health_checker *checker)
{
    static double took[SAMPLES];

    for (int i = 0; i < SAMPLES; i++) {
        double begin = now_ms();

        test_expect(ape_health_checker_is_live(checker), "not alive");
        took[i] = now_ms() - begin;
    }
    qsort(took, SAMPLES, sizeof(took[0]), by_size);
    return took[SAMPLES * 99 / 100];
}

static double detailed_p99(ape_health_checker *checker)
{
    static double took[SAMPLES];

    for (int i = 0; i < SAMPLES; i++) {
        double begin = now_ms();
        ape_text *text;

        must(ape_health_checker_to_json(checker, APE_HEALTH_DETAILED, &text, NULL), "report");
        ape_text_free(text);
        took[i] = now_ms() - begin;
    }
    qsort(took, SAMPLES, sizeof(took[0]), by_size);
    return took[SAMPLES * 99 / 100];
}

/* How often Redis was pinged since it started. */
static long pings(const test_server *redis)
{
    redisContext *c = redisConnect("127.0.0.1", redis->port);
    redisReply *reply;
    const char *found;
    long count;

    test_expect(c && !c->err, "no Redis");
    if (redis->password[0])
        freeReplyObject(redisCommand(c, "AUTH %s", redis->password));
    reply = redisCommand(c, "INFO commandstats");
    test_expect(reply && reply->type == REDIS_REPLY_STRING, "no INFO");
    found = strstr(reply->str, "cmdstat_ping:calls=");
    count = found ? strtol(found + strlen("cmdstat_ping:calls="), NULL, 10) : 0;
    freeReplyObject(reply);
    redisFree(c);
    return count;
}

/* Two seconds full of requests (2,000 where the machine has nothing else to do) cause no more
 * than one ping a period. */
static void check_one_probe_a_period(ape_health_checker *checker, const test_server *redis)
{
    double begin = now_ms(), took;
    long before = pings(redis), counted;
    int requests = 0;

    while (now_ms() - begin < 2000) {
        ape_text *text;

        must(ape_health_checker_to_json(checker, APE_HEALTH_DETAILED, &text, NULL), "report");
        ape_text_free(text);
        requests++;
        rest_ms(1);
    }
    took = now_ms() - begin;
    counted = pings(redis) - before;
    printf("%d requests in %.0f ms: %ld pings\n", requests, took, counted);
    test_expect(requests >= 10 * counted, "only %d requests", requests);
    test_expect(counted >= 1 && counted <= took / PERIOD_MS + 2, "%ld pings", counted);
}

static int count_entries(const char *folder)
{
    DIR *d = opendir(folder);
    int count = 0;

    while (readdir(d))
        count++;
    closedir(d);
    return count;
}

/* A check may have a thread or a descriptor for a moment: what is left stays longer. */
static bool settles(const char *folder, int most)
{
    for (int i = 0; i < 40; i++) {
        if (count_entries(folder) <= most)
            return true;
        rest_ms(50);
    }
    return false;
}

static long resident_kib(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long pages = 0;

    test_expect(file && fscanf(file, "%*d %ld", &pages) == 1, "no statm");
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE) / 1024;
}

static long kib_of_many_requests(ape_health_checker *checker)
{
    long before = resident_kib();

    for (int i = 0; i < REQUESTS; i++) {
        ape_text *text;

        must(ape_health_checker_to_json(checker, i % 2, &text, NULL), "report");
        ape_text_free(text);
        (void)ape_health_checker_is_ready(checker);
    }
    return resident_kib() - before;
}

/* While everything hangs; first each worker gets a few hung checks to warm its memory up. */
static void check_requests_leave_nothing(ape_health_checker *checker)
{
    int threads, fds;
    long kib;

    detailed_p99(checker);
    rest_ms(10 * (PERIOD_MS + TIMEOUT_MS));
    threads = count_entries("/proc/self/task");
    fds = count_entries("/proc/self/fd");
    for (int i = 0; i < 3; i++) {
        kib = kib_of_many_requests(checker);
        printf("%d requests: %+d threads, %+d descriptors, %+ld KiB\n", REQUESTS,
               count_entries("/proc/self/task") - threads, count_entries("/proc/self/fd") - fds,
               kib);
        /* what a request leaves, each hundred thousand of them leave */
        if (kib <= 64)
            break;
    }
    /* workers start as they are needed: this one, the scheduler, four of them, and one more for
     * each check that a busy machine lets go late */
    test_expect(settles("/proc/self/task", 1 + 1 + 4 + 3), "threads are left");
    /* each of the three hung checks has its connection or is between two */
    test_expect(settles("/proc/self/fd", fds + 3), "descriptors are left");
    test_expect(kib <= 64, "%ld KiB are left", kib);
}

static void check_frozen(ape_health_checker *checker, test_server *postgres, test_server *redis)
{
    double healthy = liveness_p99(checker), frozen, seen;

    test_server_freeze(postgres);
    test_server_freeze(redis);
    seen = wait_for(checker, "postgres", "unhealthy");
    seen += wait_for(checker, "redis", "unhealthy");
    test_expect(!ape_health_checker_is_ready(checker), "ready without PostgreSQL");
    frozen = liveness_p99(checker);
    printf("liveness p99: healthy %.6f ms, frozen %.6f ms (%.2fx); detailed %.4f ms; seen after "
           "%.0f ms\n",
           healthy, frozen, frozen / healthy, detailed_p99(checker), seen);
    test_expect(frozen <= 1, "liveness takes %.3f ms", frozen);
    test_expect(frozen <= fmax(1.5 * healthy, 0.01), "liveness %.6f, %.6f", healthy, frozen);
    check_requests_leave_nothing(checker);
    test_server_thaw(postgres);
    test_server_thaw(redis);
    wait_for(checker, "postgres", "healthy");
    wait_for(checker, "redis", "healthy");
}

int main(void)
{
    test_server postgres = { 0 }, redis = { 0 };
    ape_health_checker *checker;
    int silent, silent_port;
    char folder[64], database[80];

    mallopt(M_ARENA_MAX, 1); /* an arena for each worker would look like a leak, for a while */
    if (!test_server_new(&postgres, "postgres"))
        return TEST_SKIPPED;
    if (!test_server_new(&redis, "redis")) {
        test_server_free(&postgres);
        return TEST_SKIPPED;
    }
    test_folder_new(folder);
    snprintf(database, sizeof(database), "%s/db", folder);
    make_database(database);
    silent = listen_in_silence(&silent_port);
    checker = make_checker(&postgres, &redis, database, silent_port);
    wait_for(checker, "postgres", "healthy");
    wait_for(checker, "redis", "healthy");
    wait_for(checker, "sqlite", "healthy");
    wait_for(checker, "silent", "unhealthy");
    test_expect(ape_health_checker_is_ready(checker), "not ready");
    test_expect(ape_health_checker_get_status(checker) == APE_HEALTH_DEGRADED, "not degraded");

    check_one_probe_a_period(checker, &redis);
    check_frozen(checker, &postgres, &redis);
    test_server_stop(&redis);
    wait_for(checker, "redis", "unhealthy");
    test_server_start(&redis);
    wait_for(checker, "redis", "healthy");
    unlink(database);
    wait_for(checker, "sqlite", "unhealthy");

    ape_health_checker_free(checker);
    close(silent);
    test_folder_remove(folder);
    test_server_free(&redis);
    test_server_free(&postgres);
    return 0;
}
