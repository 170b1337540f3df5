/* SPDX-License-Identifier: MIT */
#include "ws_connection.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLOSE_PROTOCOL = 1002, CLOSE_UNSUPPORTED = 1003, CLOSE_TRY_LATER = 1013 };

void ws_connection_close_socket(int fd, ws_ciphered ciphered)
{
    if (!ciphered.handle) {
        close(fd);
        return;
    }
    /* What was written still goes out; the library would wait for the client to hang up, too. */
    shutdown(ciphered.client_fd, SHUT_RD);
    MHD_upgrade_action(ciphered.handle, MHD_UPGRADE_ACTION_CLOSE);
}

ws_connection *ws_connection_new(const ws_owner *owner, int fd, ws_ciphered ciphered,
                                 const char *client_id, uint64_t now_ms)
{
    ws_connection *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->owner = owner;
    c->fd = fd;
    c->ciphered = ciphered;
    c->heard_ms = now_ms;
    memcpy(c->client_id, client_id, strnlen(client_id, sizeof(c->client_id) - 1));
    return c;
}

void ws_connection_free(ws_connection *c)
{
    wslay_event_context_free(c->parser);
    ws_output_clear(&c->output);
    ws_connection_close_socket(c->fd, c->ciphered);
    free(c);
}

static ssize_t on_recv(wslay_event_context_ptr parser, uint8_t *out, size_t size, int flags,
                       void *user)
{
    ws_connection *c = user;
    ssize_t got = recv(c->fd, out, size, MSG_DONTWAIT);

    (void)flags;
    if (got > 0) {
        c->given += (uint64_t)got;
        return got;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        wslay_event_set_error(parser, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    c->dead = true;
    wslay_event_set_error(parser, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

/* What wslay itself sends, pongs and closes, waits in the same queue as all else. */
static ssize_t on_send(wslay_event_context_ptr parser, const uint8_t *data, size_t size, int flags,
                       void *user)
{
    ws_connection *c = user;
    ws_bytes *bytes = ws_bytes_new(data, size);
    bool added = bytes && ws_output_add(&c->output, bytes, c->heard_ms);

    (void)flags;
    ws_bytes_unref(bytes);
    if (added)
        return (ssize_t)size;
    wslay_event_set_error(parser, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

/* Frames of a client are masked: 2 bytes, the longer length, 4 bytes of mask, payload. */
static void on_frame(wslay_event_context_ptr parser,
                     const struct wslay_event_on_frame_recv_start_arg *frame, void *user)
{
    ws_connection *c = user;
    uint64_t length = frame->payload_length;
    uint64_t head = 2 + 4 + (length < 126 ? 0u : length <= 0xffff ? 2u : 8u);

    (void)parser;
    c->given -= head + length;
    if (frame->opcode == WSLAY_CONNECTION_CLOSE && length == 1)
        ws_connection_close(c, CLOSE_PROTOCOL, "half a code", c->heard_ms);
    if (!wslay_is_ctrl_frame(frame->opcode))
        c->fragmented = !frame->fin;
}

static void on_message(wslay_event_context_ptr parser,
                       const struct wslay_event_on_msg_recv_arg *message, void *user)
{
    ws_connection *c = user;

    /* Its pong goes before the answers to what came after it. */
    if (message->opcode == WSLAY_PING && !c->closing && wslay_event_send(parser) != 0)
        c->dead = true;
    if (message->opcode == WSLAY_TEXT_FRAME && !c->closing)
        c->owner->on_text(c->owner->user, c, message->msg_length ? (const char *)message->msg : "",
                          message->msg_length);
    if (message->opcode == WSLAY_BINARY_FRAME)
        ws_connection_close(c, CLOSE_UNSUPPORTED, "text alone is spoken here", c->heard_ms);
}

static bool make_parser(ws_connection *c)
{
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = on_recv,
        .send_callback = on_send,
        .on_frame_recv_start_callback = on_frame,
        .on_msg_recv_callback = on_message,
    };

    if (c->parser)
        return true;
    if (wslay_event_context_server_init(&c->parser, &callbacks, c) != 0)
        return false;
    wslay_event_config_set_max_recv_msg_length(c->parser, WS_MAX_MESSAGE);
    c->given = 0;
    return true;
}

/* Between two messages there is nothing to remember. */
static void drop_parser_if_idle(ws_connection *c)
{
    if (c->given != 0 || c->fragmented || wslay_event_want_write(c->parser) || c->closing)
        return;
    wslay_event_context_free(c->parser);
    c->parser = NULL;
}

/* After a close frame nothing more is understood, but the socket must run dry. */
static void discard(ws_connection *c)
{
    char bytes[4096];
    ssize_t got;

    do
        got = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    while (got > 0);
    if (got == 0 || errno != EAGAIN)
        c->dead = true;
}

static void begin_to_end(ws_connection *c, uint64_t now_ms)
{
    c->closing = true;
    if (c->close_ms == 0)
        c->close_ms = now_ms + WS_CLOSE_MS;
}

/* A frame that wslay cannot read at all it answers with nothing: say 1002 ourselves. */
static void refuse_frame(ws_connection *c, uint64_t now_ms)
{
    static const unsigned char protocol_error[] = { 0x88, 0x02, 0x03, 0xea };
    ws_bytes *frame = c->dead ? NULL : ws_bytes_new(protocol_error, sizeof(protocol_error));

    if (!frame || !ws_output_add(&c->output, frame, now_ms))
        c->dead = true;
    ws_bytes_unref(frame);
    wslay_event_shutdown_read(c->parser);
    begin_to_end(c, now_ms);
}

void ws_connection_read(ws_connection *c, uint64_t now_ms)
{
    if (!make_parser(c)) {
        c->dead = true;
        return;
    }
    c->heard_ms = now_ms;
    c->pinged_ms = 0;
    if (!wslay_event_get_read_enabled(c->parser)) {
        discard(c);
        return;
    }
    if (wslay_event_recv(c->parser) != 0)
        refuse_frame(c, now_ms);
    else if (wslay_event_send(c->parser) != 0)
        c->dead = true;
    if (!wslay_event_get_read_enabled(c->parser))
        begin_to_end(c, now_ms);
    if (!c->dead)
        drop_parser_if_idle(c);
}

static void cut_slow(ws_connection *c, uint64_t now_ms)
{
    ws_output_drop_unbegun(&c->output);
    ws_connection_close(c, CLOSE_TRY_LATER, "too slow; resume later", now_ms);
}

void ws_connection_send_shared(ws_connection *c, ws_bytes *bytes, uint64_t now_ms)
{
    if (c->closing || c->dead)
        return;
    if (c->output.waiting + bytes->size > WS_MAX_WAITING) {
        cut_slow(c, now_ms);
        return;
    }
    if (!ws_output_add(&c->output, bytes, now_ms))
        c->dead = true;
}

void ws_connection_send(ws_connection *c, const char *text, uint64_t now_ms)
{
    ws_bytes *bytes = ws_bytes_new_text(text, strlen(text));

    if (bytes)
        ws_connection_send_shared(c, bytes, now_ms);
    else
        c->dead = true;
    ws_bytes_unref(bytes);
}

void ws_connection_close(ws_connection *c, uint16_t code, const char *reason, uint64_t now_ms)
{
    if (c->closing || c->dead)
        return;
    c->closing = true;
    c->close_ms = now_ms + WS_CLOSE_MS;
    if (!make_parser(c) ||
        wslay_event_queue_close(c->parser, code, (const uint8_t *)reason, strlen(reason)) != 0 ||
        wslay_event_send(c->parser) != 0)
        c->dead = true;
}

static void send_ping(ws_connection *c, uint64_t now_ms)
{
    static const unsigned char frame[] = { 0x89, 0x00 };
    ws_bytes *ping = ws_bytes_new(frame, sizeof(frame));

    if (!ping || !ws_output_add(&c->output, ping, now_ms))
        c->dead = true;
    ws_bytes_unref(ping);
    c->pinged_ms = now_ms;
}

void ws_connection_flush(ws_connection *c, uint64_t now_ms)
{
    if (!ws_output_flush(&c->output, c->fd, now_ms))
        c->dead = true;
    if (!c->closing || c->output.first || !c->parser || wslay_event_get_read_enabled(c->parser))
        return;
    /* Both have said goodbye; or ours was an answer to nonsense, and is lost if what is still on
       its way here meets a closed socket. */
    if (wslay_event_get_close_received(c->parser))
        c->dead = true;
    else
        shutdown(c->fd, SHUT_WR);
}

bool ws_connection_tick(ws_connection *c, uint64_t now_ms)
{
    if (c->close_ms != 0 && now_ms >= c->close_ms)
        c->dead = true;
    if (c->dead || c->closing)
        return false;
    if (c->output.first && now_ms - c->output.waiting_since_ms > WS_MAX_BEHIND_MS) {
        cut_slow(c, now_ms);
        return true;
    }
    if (c->pinged_ms != 0 && now_ms - c->pinged_ms > WS_PONG_MS)
        c->dead = true;
    else if (c->pinged_ms == 0 && now_ms - c->heard_ms > WS_PING_MS)
        send_ping(c, now_ms);
    return false;
}
