/* SPDX-License-Identifier: MIT */
/*
 * chaos kill|restart|forget|freeze|partition CYCLES [LONGEST_MS [LISTENERS]]: Redis fails while one
 * bus publishes numbers and others listen, as so many processes would. Whoever listens hears every
 * number once and in order, or is told of a gap where numbers are missing. A failure is a cycle for
 * each of the listeners, who are cut off and come back on their own.
 */
#include <ape/bus.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "servers.h"

enum { PUBLISH_EVERY_US = 500, PAIRS = 256, LISTENERS = 32 };

static test_server redis;
static atomic_bool stop;
static atomic_long published, heard, told_gaps, missing, twice, degraded;

static void rest_ms(long ms)
{
    const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

/* A relay in front of Redis, which can be cut: it then carries nothing, and says nothing. */
static int relay_port, relay_fd;
static atomic_bool cut, relay_over;

/* -1 while nobody listens there. */
static int connect_to_redis(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)redis.port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static void open_relay(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1;

    relay_port = test_free_port();
    address.sin_port = htons((uint16_t)relay_port);
    relay_fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(relay_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    test_expect(bind(relay_fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                    listen(relay_fd, 64) == 0,
                "%s", strerror(errno));
}

/* Carry what has come from one side to the other; false at its end. */
static bool carry(int from, int to)
{
    char bytes[65536];
    ssize_t got = recv(from, bytes, sizeof(bytes), MSG_DONTWAIT);

    for (ssize_t sent = 0; sent < got;) {
        ssize_t n = send(to, bytes + sent, (size_t)(got - sent), MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        sent += n;
    }
    return got > 0 || (got < 0 && errno == EAGAIN);
}

static void close_pair(struct pollfd *fds, size_t *count, size_t pair)
{
    close(fds[1 + pair * 2].fd);
    close(fds[2 + pair * 2].fd);
    *count -= 2;
    memmove(&fds[1 + pair * 2], &fds[3 + pair * 2], (*count - pair * 2) * sizeof(*fds));
}

static void accept_pair(struct pollfd *fds, size_t *count)
{
    int client = accept(relay_fd, NULL, NULL), server = connect_to_redis();

    if (client < 0 || server < 0) {
        close(client);
        close(server);
        return;
    }
    fds[1 + *count] = (struct pollfd){ .fd = client, .events = POLLIN };
    fds[2 + *count] = (struct pollfd){ .fd = server, .events = POLLIN };
    *count += 2;
}

static void *run_relay(void *user)
{
    struct pollfd fds[1 + 2 * PAIRS] = { { .fd = relay_fd, .events = POLLIN } };
    size_t count = 0;

    while (!atomic_load(&relay_over)) {
        if (atomic_load(&cut) || poll(fds, 1 + count, 20) <= 0) {
            if (atomic_load(&cut))
                rest_ms(5);
            continue;
        }
        if ((fds[0].revents & POLLIN) && count < 2 * PAIRS) {
            accept_pair(fds, &count);
            continue;
        }
        for (size_t pair = count / 2; pair-- > 0;) {
            struct pollfd *a = &fds[1 + pair * 2], *b = a + 1;

            if ((a->revents && !carry(a->fd, b->fd)) || (b->revents && !carry(b->fd, a->fd)))
                close_pair(fds, &count, pair);
        }
    }
    return user;
}

/* The buses. */

static ape_bus *open_bus(bool through_relay)
{
    ape_settings_options settings_options;
    ape_bus_options opts;
    ape_settings *settings;
    ape_bus *bus;
    char url[64];

    snprintf(url, sizeof(url), "redis://127.0.0.1:%d/0", through_relay ? relay_port : redis.port);
    ape_settings_options_init(&settings_options, sizeof(settings_options));
    settings_options.ignore_environment = 1;
    test_expect(ape_settings_new(NULL, &settings_options, &settings, NULL) == APE_OK &&
                    ape_settings_set(settings, "REDIS_URL", url, NULL) == APE_OK,
                "-");
    ape_bus_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    opts.history_count = 100000;
    opts.queue_count = 1000000;
    test_expect(ape_bus_new(NULL, &opts, &bus, NULL) == APE_OK, "-");
    ape_settings_free(settings);
    return bus;
}

static bool is_up(ape_bus *bus)
{
    ape_text *health;
    bool up;

    test_expect(ape_bus_health(bus, &health, NULL) == APE_OK, "-");
    up = strstr(ape_text_data(health), "\"state\":\"ok\"") != NULL;
    ape_text_free(health);
    return up;
}

static void wait_until_up(ape_bus *bus)
{
    for (int i = 0; i < 2000 && !is_up(bus); i++)
        rest_ms(10);
    test_expect(is_up(bus), "a bus does not come back");
}

typedef struct listener {
    ape_bus *bus;
    ape_bus_subscription *subscription;
    _Atomic long last;
    bool gap; /* told since the last number */
} listener;

static listener listeners[LISTENERS];
static int listener_count = 1;

static void hear(void *user, const ape_bus_event *e)
{
    listener *l = user;
    long number;

    if (e->kind == APE_BUS_GAP) {
        l->gap = true;
        atomic_fetch_add(&told_gaps, 1);
        return;
    }
    number = strtol(e->data, NULL, 10);
    atomic_fetch_add(&heard, 1);
    atomic_fetch_add(&degraded, e->degraded);
    if (number <= l->last) {
        atomic_fetch_add(&twice, 1);
        return;
    }
    if (number != l->last + 1) {
        test_expect(l->gap, "%ld after %ld, and no gap was told", number, l->last);
        atomic_fetch_add(&missing, number - l->last - 1);
    }
    l->last = number;
    l->gap = false;
}

static void *publish_numbers(void *user)
{
    while (!atomic_load(&stop)) {
        const struct timespec pause = { .tv_nsec = PUBLISH_EVERY_US * 1000 };
        char text[24];
        long number = atomic_load(&published) + 1;

        snprintf(text, sizeof(text), "%ld", number);
        test_expect(ape_bus_publish(user, "numbers", text, strlen(text), NULL) == APE_OK, "-");
        atomic_store(&published, number);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* As a disk does that is replaced by an empty one. */
static void forget_everything(void)
{
    char path[96];

    snprintf(path, sizeof(path), "%s/appendonlydir", redis.folder);
    test_folder_remove(path);
}

/* One failure of each kind, and its end. */
static void fail_once(const char *how, long ms)
{
    if (strcmp(how, "kill") == 0 || strcmp(how, "forget") == 0) {
        test_server_kill(&redis);
        rest_ms(ms);
        if (how[0] == 'f')
            forget_everything();
        test_server_start(&redis);
    } else if (strcmp(how, "restart") == 0) {
        test_server_stop(&redis);
        rest_ms(ms);
        test_server_start(&redis);
    } else if (strcmp(how, "freeze") == 0) {
        test_server_freeze(&redis);
        rest_ms(ms);
        test_server_thaw(&redis);
    } else {
        atomic_store(&cut, true);
        rest_ms(ms);
        atomic_store(&cut, false);
    }
}

/* The next failure comes when this one is mended, or history would run out after a few long ones.
 */
static void wait_until_caught_up(void)
{
    long goal = atomic_load(&published);

    for (const listener *l = listeners; l < listeners + listener_count; l++) {
        for (int i = 0; i < 2000 && l->last < goal; i++)
            rest_ms(10);
        test_expect(l->last >= goal, "%ld of %ld", l->last, goal);
    }
}

static void open_listeners(void)
{
    ape_error err = { .message = "" };

    for (listener *l = listeners; l < listeners + listener_count; l++) {
        l->bus = open_bus(true);
        wait_until_up(l->bus);
        test_expect(ape_bus_subscribe(l->bus, "numbers", NULL, hear, l, NULL, &l->subscription,
                                      &err) == APE_OK,
                    "%s", err.message);
    }
}

static void close_listeners(void)
{
    for (listener *l = listeners; l < listeners + listener_count; l++) {
        test_expect(l->last == atomic_load(&published), "%ld of %ld", l->last,
                    atomic_load(&published));
        ape_bus_unsubscribe(l->subscription);
        ape_bus_free(l->bus);
    }
}

static void fail_often(const char *how, int times, long longest_ms, ape_bus *publisher)
{
    for (int i = 0; i < times; i++) {
        rest_ms(rand() % 200);
        fail_once(how, longest_ms > 5000 ? longest_ms : rand() % longest_ms);
        wait_until_up(publisher);
        for (int l = 0; l < listener_count; l++)
            wait_until_up(listeners[l].bus);
        wait_until_caught_up();
    }
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "kill";
    int cycles = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 3;
    long longest_ms = argc > 3 ? strtol(argv[3], NULL, 10) : 300;
    pthread_t publisher_thread, relay_thread;
    ape_bus *publisher;
    ape_error err = { .message = "" };

    listener_count = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 1;
    test_expect(listener_count >= 1 && listener_count <= LISTENERS, "%d listeners", listener_count);
    if (!test_server_new(&redis, "redis"))
        return TEST_SKIPPED;
    open_relay();
    pthread_create(&relay_thread, NULL, run_relay, NULL);
    publisher = open_bus(false);
    wait_until_up(publisher);
    open_listeners();
    pthread_create(&publisher_thread, NULL, publish_numbers, publisher);
    fail_often(how, (cycles + listener_count - 1) / listener_count, longest_ms, publisher);
    atomic_store(&stop, true);
    pthread_join(publisher_thread, NULL);
    test_expect(ape_bus_flush(publisher, 20000, &err) == APE_OK, "%s", err.message);
    wait_until_caught_up();
    close_listeners();
    printf("%s, %d cycles (%d listeners): %ld published, %ld heard, %ld missing but told (%ld "
           "gaps), %ld twice, 0 silent gaps\n",
           how, cycles, listener_count, atomic_load(&published), atomic_load(&heard),
           atomic_load(&missing), atomic_load(&told_gaps), atomic_load(&twice));
    test_expect(atomic_load(&twice) == 0, "heard twice");
    ape_bus_free(publisher);
    atomic_store(&relay_over, true);
    pthread_join(relay_thread, NULL);
    test_server_free(&redis);
    return 0;
}
