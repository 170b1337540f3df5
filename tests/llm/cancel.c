/* SPDX-License-Identifier: MIT */
#include <ape/llm_client.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "counting_host.h"

/*
 * From the cancel to the closed socket, seen by the server: 10 ms at most, in the
 * head of the reply and in the middle of it. And: a client is of no use in a child
 * of fork, and says so; the last share of a client may be given up in a callback.
 */

enum { ROUNDS = 20, LIMIT_MS = 10 };

static counting_host counting;

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static int listen_somewhere(char url[64])
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 8) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        abort();
    snprintf(url, 64, "http://127.0.0.1:%d", ntohs(address.sin_port));
    return fd;
}

static ape_llm_client *make_client(const char *url)
{
    ape_settings_options opts;
    ape_llm_client *client;
    ape_settings *s;

    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    if (ape_settings_new(counting.host, &opts, &s, NULL) != APE_OK ||
        ape_settings_set(s, "LLM_CHAIN", "stub", NULL) != APE_OK ||
        ape_settings_set(s, "STUB_BASE_URL", url, NULL) != APE_OK ||
        ape_settings_set(s, "STUB_MODEL", "none", NULL) != APE_OK ||
        ape_llm_client_new(counting.host, s, &client, NULL) != APE_OK)
        abort();
    ape_settings_free(s);
    return client;
}

static ape_llm_request *make_request(void)
{
    ape_llm_request *request;

    if (ape_llm_request_new(counting.host, &request, NULL) != APE_OK ||
        ape_llm_request_add_message(request, APE_LLM_USER, "hello", 5, NULL) != APE_OK)
        abort();
    return request;
}

static ape_status seen = APE_ERR_INTERNAL;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int done_count;

static void on_done(void *user, ape_status status, ape_llm_completion *completion,
                    const ape_error *err)
{
    (void)user, (void)err;
    ape_llm_completion_free(completion);
    pthread_mutex_lock(&lock);
    seen = status;
    done_count++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_done(int count)
{
    pthread_mutex_lock(&lock);
    while (done_count < count)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void read_request(int fd)
{
    char bytes[4096];

    if (read(fd, bytes, sizeof(bytes)) <= 0)
        abort();
}

static void begin_answer(int fd)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                               "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";

    if (write(fd, head, strlen(head)) != (ssize_t)strlen(head))
        abort();
}

/* Time from the cancel until the server sees the end of the connection. */
static double cancel_one(ape_llm_client *client, int listener, bool in_the_middle, int number)
{
    ape_llm_request *request = make_request();
    ape_llm_call *call;
    struct pollfd peer = { .events = POLLIN };
    double cancelled, closed;
    char byte;

    if (ape_llm_client_submit(client, request, on_done, NULL, &call, NULL) != APE_OK)
        abort();
    ape_llm_request_free(request);
    peer.fd = accept(listener, NULL, NULL);
    read_request(peer.fd);
    if (in_the_middle)
        begin_answer(peer.fd);
    usleep(20000);
    cancelled = now_ms();
    ape_llm_call_cancel(call);
    if (poll(&peer, 1, 2000) != 1 || read(peer.fd, &byte, 1) > 0)
        abort();
    closed = now_ms();
    close(peer.fd);
    wait_done(number);
    ape_llm_call_free(call);
    return closed - cancelled;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int check_cancel(void)
{
    double ms[ROUNDS];
    char url[64];
    int listener = listen_somewhere(url), failed = 0;
    ape_llm_client *client = make_client(url);

    for (int i = 0; i < ROUNDS; i++) {
        ms[i] = cancel_one(client, listener, i % 2, i + 1);
        if (seen != APE_ERR_CANCELLED)
            failed = printf("ended with %s\n", ape_status_name(seen));
    }
    qsort(ms, ROUNDS, sizeof(ms[0]), compare);
    printf("cancel to closed socket: median %.2f ms, most %.2f ms\n", ms[ROUNDS / 2],
           ms[ROUNDS - 1]);
    if (ms[ROUNDS / 2] > LIMIT_MS) /* one of many may be the machine's fault */
        failed = 1;
    ape_llm_client_free(client);
    close(listener);
    return failed;
}

static int check_fork(void)
{
    char url[64];
    int listener = listen_somewhere(url), status = 0;
    ape_llm_client *client = make_client(url);
    pid_t child;

    cancel_one(client, listener, false, done_count + 1);
    child = fork();
    if (child == 0) {
        ape_llm_request *request = make_request();
        ape_llm_completion *completion = NULL;
        ape_error err;

        if (ape_llm_client_generate(client, request, &completion, &err) != APE_ERR_STATE ||
            !strstr(err.message, "forked"))
            _exit(1);
        ape_llm_client_free(client);
        _exit(0);
    }
    waitpid(child, &status, 0);
    ape_llm_client_free(client);
    close(listener);
    if (status != 0)
        return printf("a child of fork was not told\n");
    return 0;
}

static void free_client(void *client, ape_status status, ape_llm_completion *completion,
                        const ape_error *err)
{
    ape_llm_client_free(client);
    on_done(NULL, status, completion, err);
}

static int check_last_share(void)
{
    ape_llm_client *client = make_client("http://127.0.0.1:1");
    ape_llm_request *request = make_request();
    int before = done_count;

    if (ape_llm_client_submit(client, request, free_client, client, NULL, NULL) != APE_OK)
        abort();
    ape_llm_request_free(request);
    wait_done(before + 1);
    usleep(100000); /* the thread cleans up by itself */
    return 0;
}

int main(void)
{
    int failed;

    counting_host_init(&counting);
    counting.runs_real_time = true;
    failed = check_cancel() | check_fork() | check_last_share();
    if (!counting_host_done(&counting))
        failed = printf("leak\n");
    return failed != 0;
}
