/* SPDX-License-Identifier: MIT */
#include "bus/tunnel.h"

#if APE_HAVE_REDIS

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes on their way in one direction. */
typedef struct flow {
    char bytes[16384];
    size_t start, end;
} flow;

struct ape__tunnel {
    CURL *curl;
    char error[CURL_ERROR_SIZE];
    curl_socket_t outer; /* to Redis, encrypted */
    int inner;           /* to hiredis, plain */
    pthread_t thread;
    flow to_redis, from_redis;
};

typedef enum step { STEP_NONE, STEP_DONE, STEP_OVER } step;

static step read_inner(ape__tunnel *t)
{
    ssize_t got = recv(t->inner, t->to_redis.bytes, sizeof(t->to_redis.bytes), MSG_DONTWAIT);

    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR) ? STEP_NONE : STEP_OVER;
    t->to_redis.start = 0;
    t->to_redis.end = (size_t)got;
    return STEP_DONE;
}

static step write_inner(ape__tunnel *t)
{
    flow *f = &t->from_redis;
    ssize_t sent =
        send(t->inner, f->bytes + f->start, f->end - f->start, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent < 0)
        return errno == EAGAIN || errno == EINTR ? STEP_NONE : STEP_OVER;
    f->start += (size_t)sent;
    return STEP_DONE;
}

static step read_outer(ape__tunnel *t)
{
    flow *f = &t->from_redis;
    size_t got = 0;
    CURLcode code = curl_easy_recv(t->curl, f->bytes, sizeof(f->bytes), &got);

    if (code == CURLE_AGAIN)
        return STEP_NONE;
    if (code != CURLE_OK || got == 0)
        return STEP_OVER;
    f->start = 0;
    f->end = got;
    return STEP_DONE;
}

static step write_outer(ape__tunnel *t)
{
    flow *f = &t->to_redis;
    size_t sent = 0;
    CURLcode code = curl_easy_send(t->curl, f->bytes + f->start, f->end - f->start, &sent);

    if (code != CURLE_OK && code != CURLE_AGAIN)
        return STEP_OVER;
    f->start += sent;
    return sent > 0 ? STEP_DONE : STEP_NONE;
}

static bool is_empty(const flow *f)
{
    return f->start == f->end;
}

/* Whatever can go on now, in both directions. Bytes that TLS has decrypted already are seen by no
 * poll(), so reading is tried each time. */
static step carry(ape__tunnel *t)
{
    step outwards = is_empty(&t->to_redis) ? read_inner(t) : STEP_NONE;
    step inwards = is_empty(&t->from_redis) ? read_outer(t) : STEP_NONE;

    if (outwards != STEP_OVER && !is_empty(&t->to_redis))
        outwards = write_outer(t);
    if (inwards != STEP_OVER && !is_empty(&t->from_redis))
        inwards = write_inner(t);
    if (outwards == STEP_OVER || inwards == STEP_OVER)
        return STEP_OVER;
    return outwards == STEP_DONE || inwards == STEP_DONE ? STEP_DONE : STEP_NONE;
}

static void *run(void *user)
{
    ape__tunnel *t = user;
    step last = STEP_DONE;

    while (last != STEP_OVER) {
        struct pollfd ends[] = {
            { .fd = t->inner, .events = is_empty(&t->to_redis) ? POLLIN : 0 },
            { .fd = t->outer, .events = is_empty(&t->from_redis) ? POLLIN : 0 },
        };

        ends[0].events |= is_empty(&t->from_redis) ? 0 : POLLOUT;
        ends[1].events |= is_empty(&t->to_redis) ? 0 : POLLOUT;
        if (last == STEP_NONE)
            (void)poll(ends, 2, -1);
        last = carry(t);
        if (last == STEP_NONE && (ends[0].revents & (POLLHUP | POLLERR)))
            break; /* nobody waits for what is still on its way */
    }
    shutdown(t->inner, SHUT_RDWR);
    return NULL;
}

static bool set_up_curl(ape__tunnel *t, const ape__redis_target *target, uint32_t timeout_ms)
{
    bool numeric_v6 = strchr(target->host, ':') != NULL;
    char url[300];

    t->curl = curl_easy_init();
    snprintf(url, sizeof(url), numeric_v6 ? "https://[%s]:%d" : "https://%s:%d", target->host,
             target->port);
    return t->curl && curl_easy_setopt(t->curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(t->curl, CURLOPT_CONNECT_ONLY, 1L) == CURLE_OK &&
           curl_easy_setopt(t->curl, CURLOPT_SSL_ENABLE_ALPN, 0L) == CURLE_OK &&
           curl_easy_setopt(t->curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(t->curl, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
           curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
           curl_easy_setopt(t->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms) == CURLE_OK &&
           (!target->ca_file[0] ||
            curl_easy_setopt(t->curl, CURLOPT_CAINFO, target->ca_file) == CURLE_OK);
}

static ape_status connect_outer(ape__tunnel *t, ape_error *err)
{
    CURLcode code = curl_easy_perform(t->curl);

    if (code == CURLE_OK)
        code = curl_easy_getinfo(t->curl, CURLINFO_ACTIVESOCKET, &t->outer);
    if (code == CURLE_OK)
        return APE_OK;
    return ape__fail(err, APE_ERR_UNAVAILABLE, "Redis is away: %.150s",
                     t->error[0] ? t->error : curl_easy_strerror(code));
}

/* The program's signals are not for this thread, and neither is that of a closed socket. */
static ape_status start_thread(ape__tunnel *t, ape_error *err)
{
    sigset_t all, before;
    int code;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&t->thread, NULL, run, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0 ? APE_OK
                     : ape__fail_detail(err, APE_ERR_UNAVAILABLE, code,
                                        "no thread could be started: error %d", code);
}

static void destroy(ape__tunnel *t)
{
    curl_easy_cleanup(t->curl);
    curl_global_cleanup();
    if (t->inner >= 0)
        close(t->inner);
    free(t);
}

static ape_status begin(ape__tunnel *t, int *fd, ape_error *err)
{
    int ends[2];
    ape_status st = connect_outer(t, err);

    if (st != APE_OK)
        return st;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return ape__fail_detail(err, APE_ERR_UNAVAILABLE, errno, "no socket: error %d", errno);
    t->inner = ends[0];
    st = start_thread(t, err);
    if (st == APE_OK)
        *fd = ends[1];
    else
        close(ends[1]);
    return st;
}

ape_status ape__tunnel_open(const ape__redis_target *target, uint32_t timeout_ms, ape__tunnel **out,
                            int *fd, ape_error *err)
{
    ape__tunnel *t = calloc(1, sizeof(*t));
    ape_status st;

    if (!t)
        return ape__fail_no_memory(err);
    t->inner = -1;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    st = set_up_curl(t, target, timeout_ms) ? begin(t, fd, err) : ape__fail_no_memory(err);
    if (st == APE_OK)
        *out = t;
    else
        destroy(t);
    return st;
}

void ape__tunnel_close(ape__tunnel *tunnel)
{
    if (!tunnel)
        return;
    pthread_join(tunnel->thread, NULL);
    destroy(tunnel);
}

#endif
