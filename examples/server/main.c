/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "http.h"
#include "jobs.h"
#include "listen.h"
#include "log.h"
#include "setup.h"
#include "websockets.h"

enum { POLL_MS = 20, GRACE_MS = 1000 };

/* Signals arrive by sigtimedwait() in main() alone; every other thread has them blocked. */
static void block_signals(sigset_t *watched)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigemptyset(watched);
    sigaddset(watched, SIGTERM);
    sigaddset(watched, SIGINT);
    sigaddset(watched, SIGHUP);
    pthread_sigmask(SIG_BLOCK, watched, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void say_ready(const config *c)
{
    cJSON *more = cJSON_CreateObject();
    char url[96];

    snprintf(url, sizeof(url), strchr(c->host, ':') ? "http%s://[%s]:%u/" : "http%s://%s:%u/",
             c->tls_certificate ? "s" : "", c->host, c->port);
    cJSON_AddStringToObject(more, "url", url);
    cJSON_AddStringToObject(more, "version", ape_version());
    log_line(APE_LOG_INFO, "server", "ready", more);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\nOpen %s in a browser. Ctrl-C ends the server.\n\n", url);
}

/* True if a signal that ends the server came within so many ms. */
static bool told_to_end(server *s, const sigset_t *watched, uint32_t ms)
{
    struct timespec patience = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };
    int got = sigtimedwait(watched, NULL, &patience);

    if (got == SIGHUP)
        setup_reload(s);
    return got == SIGTERM || got == SIGINT;
}

static void serve(server *s, const sigset_t *watched)
{
    while (!told_to_end(s, watched, 1000))
        ape_health_checker_beat(s->health);
}

static bool idle(server *s, http *h)
{
    return http_in_flight(h) == 0 && workers_busy(s->workers) == 0 && jobs_busy(s->jobs) == 0 &&
           websockets_count(s->websockets) == 0;
}

/* Not ready; then no new connections; then what is in flight. False: it did not end. */
static bool drain(server *s, http *h, const sigset_t *watched)
{
    uint64_t grace, until;

    log_line(APE_LOG_INFO, "server", "draining", NULL);
    atomic_store(&s->draining, true);
    ape_health_checker_set_draining(s->health, true);
    if (s->config.drain_delay_ms > 0 && told_to_end(s, watched, s->config.drain_delay_ms))
        return false;
    http_quiesce(h);
    jobs_quiesce(s->jobs);
    websockets_close_all(s->websockets);
    grace = clock_ms() + GRACE_MS;
    until = clock_ms() + s->config.drain_ms;
    /* A client that was let in last may not have said yet what it wants. */
    while (!idle(s, h) || (http_has_connections(h) && clock_ms() < grace))
        if (clock_ms() >= until || told_to_end(s, watched, POLL_MS))
            return false;
    return true;
}

static int run(server *s, const sigset_t *watched)
{
    int fd = listen_socket(&s->config);
    http *h;

    if (fd == -1)
        return EXIT_FAILURE;
    h = http_start(s, fd);
    if (!h) {
        log_line(APE_LOG_ERROR, "server", "the HTTP threads cannot be started", NULL);
        return EXIT_FAILURE;
    }
    say_ready(&s->config);
    serve(s, watched);
    if (!drain(s, h, watched)) {
        log_line(APE_LOG_WARNING, "server", "ended with requests in flight", NULL);
        /* Threads still use what would be freed. */
        _exit(EXIT_FAILURE);
    }
    http_stop(h);
    log_line(APE_LOG_INFO, "server", "ended", NULL);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static server s;
    sigset_t watched;
    int result = EXIT_FAILURE;

    if (!config_parse(&s.config, argc, argv))
        return 2;
    if (s.config.print_help || s.config.print_version) {
        if (s.config.print_help)
            config_print_help();
        else
            printf("ape-server %s\n", ape_version());
        return EXIT_SUCCESS;
    }
    block_signals(&watched);
    raise_descriptor_limit();
    if (setup_server(&s))
        result = run(&s, &watched);
    setup_clear(&s);
    return result;
}
