/* SPDX-License-Identifier: MIT */
#include "stub_server.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 64, HOLD_MS = 3000, MOST_FD = 4096, REQUEST = 16384 };

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n";
static const char first[] =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"4\"},\"finish_reason\":null}]}\n\n";
static const char rest[] =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":1}}\n\n"
    "data: [DONE]\n\n";

static struct peer {
    char text[REQUEST];
    size_t size;
    double held_since;
} * peers[MOST_FD];

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void send_chunks(int fd, const char *before, const char *body, bool is_last)
{
    char out[1024];
    int size = snprintf(out, sizeof(out), "%s%zx\r\n%s\r\n%s", before, strlen(body), body,
                        is_last ? "0\r\n\r\n" : "");

    if (write(fd, out, (size_t)size) != size)
        _exit(1);
}

static void answer(int fd, struct peer *p, bool holds)
{
    char all[600];

    if (holds) {
        send_chunks(fd, head, first, false);
        p->held_since = now();
        return;
    }
    snprintf(all, sizeof(all), "%s%s", first, rest);
    send_chunks(fd, head, all, true);
}

static void serve_peer(int fd)
{
    struct peer *p = peers[fd];
    ssize_t got = read(fd, p->text + p->size, REQUEST - 1 - p->size);
    const char *length, *body;

    if (got <= 0) {
        close(fd);
        free(p);
        peers[fd] = NULL;
        return;
    }
    p->size += (size_t)got;
    p->text[p->size] = '\0';
    body = strstr(p->text, "\r\n\r\n");
    length = strstr(p->text, "Content-Length: ");
    if (!body || !length || p->size < (size_t)(body + 4 - p->text) + strtoul(length + 16, NULL, 10))
        return;
    answer(fd, p, strstr(p->text, "\"hold\"") != NULL);
    p->size = 0;
}

static void release_held(void)
{
    for (int fd = 0; fd < MOST_FD; fd++)
        if (peers[fd] && peers[fd]->held_since > 0 &&
            now() > peers[fd]->held_since + HOLD_MS / 1000.0) {
            send_chunks(fd, "", rest, true);
            peers[fd]->held_since = 0;
        }
}

static void serve(int listener)
{
    int epoll = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = listener }, events[EVENTS];

    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, 100);

        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;

            if (fd != listener) {
                serve_peer(fd);
                continue;
            }
            fd = accept(listener, NULL, NULL);
            if (fd < 0 || fd >= MOST_FD)
                _exit(1);
            peers[fd] = calloc(1, sizeof(struct peer));
            event.data.fd = fd;
            epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        }
        release_held();
    }
}

pid_t stub_server_start(char url[64])
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    pid_t child;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        abort();
    snprintf(url, 64, "http://127.0.0.1:%d", ntohs(address.sin_port));
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(fd);
    }
    close(fd);
    return child;
}
