/* SPDX-License-Identifier: MIT */
#include "sandbox/wire.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(APE__WIRE_FDS * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
} control;

void ape__close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

bool ape__wire_send(int fd, const void *bytes, size_t size, const int *fds, size_t fd_count)
{
    struct iovec part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = size };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    control ancillary;
    ssize_t sent;

    memset(&ancillary, 0, sizeof(ancillary));
    if (fd_count > 0) {
        struct cmsghdr *header;

        message.msg_control = ancillary.bytes;
        message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(header), fds, fd_count * sizeof(int));
    }
    do
        sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size;
}

static void take_ancillary(struct msghdr *message, ape__packet *out)
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(message); h; h = CMSG_NXTHDR(message, h)) {
        if (h->cmsg_level != SOL_SOCKET)
            continue;
        if (h->cmsg_type == SCM_RIGHTS) {
            out->fd_count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            memcpy(out->fds, CMSG_DATA(h), out->fd_count * sizeof(int));
        } else if (h->cmsg_type == SCM_CREDENTIALS) {
            struct ucred sender;

            memcpy(&sender, CMSG_DATA(h), sizeof(sender));
            out->sender = sender.pid;
        }
    }
}

bool ape__wire_receive(int fd, void *bytes, size_t size, ape__packet *out)
{
    struct iovec part = { .iov_base = bytes, .iov_len = size };
    control ancillary;
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = ancillary.bytes,
                              .msg_controllen = sizeof(ancillary.bytes) };
    ssize_t got;

    *out = (ape__packet){ .size = 0 };
    do
        got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return false;
    take_ancillary(&message, out);
    out->size = (size_t)got;
    errno = got == 0 ? 0 : EMSGSIZE;
    if (got > 0 && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        return true;
    ape__packet_close(out);
    return false;
}

void ape__packet_close(ape__packet *packet)
{
    for (size_t i = 0; i < packet->fd_count; i++)
        close(packet->fds[i]);
    packet->fd_count = 0;
}
