/* SPDX-License-Identifier: MIT */
#include "ws_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { PIECES_AT_ONCE = 64, LENGTH_16 = 126, LENGTH_64 = 127, FIN_TEXT = 0x81 };

typedef struct ws_piece {
    struct ws_piece *next;
    ws_bytes *bytes;
    size_t written;
} ws_piece;

static ws_bytes *reserve(size_t size)
{
    ws_bytes *b = malloc(sizeof(*b) + size);

    if (b) {
        b->shares = 1;
        b->size = size;
    }
    return b;
}

ws_bytes *ws_bytes_new(const void *bytes, size_t size)
{
    ws_bytes *b = reserve(size);

    if (b)
        memcpy(b->bytes, bytes, size);
    return b;
}

static size_t write_head(unsigned char head[10], size_t size)
{
    size_t width = size < LENGTH_16 ? 0 : size <= 0xffff ? 2 : 8;

    head[0] = FIN_TEXT;
    head[1] = (unsigned char)(width == 0 ? size : width == 2 ? LENGTH_16 : LENGTH_64);
    for (size_t i = 0; i < width; i++)
        head[2 + i] = (unsigned char)((uint64_t)size >> 8 * (width - 1 - i));
    return 2 + width;
}

ws_bytes *ws_bytes_new_text(const char *text, size_t size)
{
    unsigned char head[10];
    size_t head_size = write_head(head, size);
    ws_bytes *b = reserve(head_size + size);

    if (b) {
        memcpy(b->bytes, head, head_size);
        memcpy(b->bytes + head_size, text, size);
    }
    return b;
}

void ws_bytes_unref(ws_bytes *b)
{
    if (b && --b->shares == 0)
        free(b);
}

bool ws_output_add(ws_output *out, ws_bytes *b, uint64_t now_ms)
{
    ws_piece *piece = malloc(sizeof(*piece));

    if (!piece)
        return false;
    b->shares++;
    *piece = (ws_piece){ .bytes = b };
    if (out->last)
        out->last->next = piece;
    else
        out->first = piece;
    if (out->waiting == 0)
        out->waiting_since_ms = now_ms;
    out->last = piece;
    out->waiting += b->size;
    return true;
}

static void drop_first(ws_output *out)
{
    ws_piece *piece = out->first;

    out->first = piece->next;
    if (!out->first)
        out->last = NULL;
    ws_bytes_unref(piece->bytes);
    free(piece);
}

static void advance(ws_output *out, size_t written)
{
    out->waiting -= written;
    while (written > 0) {
        ws_piece *piece = out->first;
        size_t left = piece->bytes->size - piece->written;

        if (written < left) {
            piece->written += written;
            return;
        }
        written -= left;
        drop_first(out);
    }
}

bool ws_output_flush(ws_output *out, int fd, uint64_t now_ms)
{
    while (out->first) {
        struct iovec pieces[PIECES_AT_ONCE];
        struct msghdr message = { .msg_iov = pieces };
        ssize_t written;

        for (ws_piece *p = out->first; p && message.msg_iovlen < PIECES_AT_ONCE; p = p->next)
            pieces[message.msg_iovlen++] =
                (struct iovec){ p->bytes->bytes + p->written, p->bytes->size - p->written };
        written = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (written < 0)
            return errno == EAGAIN || errno == EINTR;
        advance(out, (size_t)written);
        out->waiting_since_ms = now_ms;
    }
    return true;
}

void ws_output_drop_unbegun(ws_output *out)
{
    ws_piece *begun = out->first && out->first->written > 0 ? out->first : NULL;
    ws_piece *rest = begun ? begun->next : out->first;

    out->first = out->last = begun;
    out->waiting = begun ? begun->bytes->size - begun->written : 0;
    if (begun)
        begun->next = NULL;
    while (rest) {
        ws_piece *next = rest->next;

        ws_bytes_unref(rest->bytes);
        free(rest);
        rest = next;
    }
}

void ws_output_clear(ws_output *out)
{
    while (out->first)
        drop_first(out);
    *out = (ws_output){ 0 };
}
