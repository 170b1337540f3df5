/* SPDX-License-Identifier: MIT */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FIRST_INHERITED = 3,
    BACKLOG = 4096,
    UNACKNOWLEDGED_MS = 30000,
    SEND_BUFFER = 128 * 1024,
};

/* sd_listen_fds(3)'s protocol, which needs no library. */
static int inherited(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");

    if (!pid || !count || strtol(pid, NULL, 10) != (long)getpid() || strtol(count, NULL, 10) < 1)
        return -1;
    return FIRST_INHERITED;
}

/* Inherited by every connection: a peer that takes nothing any more is cut, and one that does not
   read holds little of the kernel's memory. */
static void set_options(int fd)
{
    const int on = 1;
    const unsigned patience = UNACKNOWLEDGED_MS;
    const int buffer = SEND_BUFFER;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
}

static int open_at(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd == -1)
        return -1;
    set_options(fd);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

static void read_port(config *c, int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } address;
    socklen_t size = sizeof(address);

    if (getsockname(fd, &address.any, &size) != 0)
        return;
    if (address.any.sa_family == AF_INET)
        c->port = ntohs(address.four.sin_port);
    if (address.any.sa_family == AF_INET6)
        c->port = ntohs(address.six.sin6_port);
}

int listen_socket(config *c)
{
    struct addrinfo wanted = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                               .ai_socktype = SOCK_STREAM };
    struct addrinfo *found;
    char port[8];
    int fd = inherited();
    int failure;

    if (fd != -1) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        set_options(fd);
        read_port(c, fd);
        return fd;
    }
    snprintf(port, sizeof(port), "%u", c->port);
    failure = getaddrinfo(c->host, port, &wanted, &found);
    if (failure != 0) {
        fprintf(stderr, "ape-server: --listen %s: %s\n", c->host, gai_strerror(failure));
        return -1;
    }
    fd = open_at(found);
    freeaddrinfo(found);
    if (fd == -1)
        fprintf(stderr, "ape-server: cannot listen on %s:%u: %s; choose another with --listen\n",
                c->host, c->port, strerror(errno));
    else
        read_port(c, fd);
    return fd;
}
