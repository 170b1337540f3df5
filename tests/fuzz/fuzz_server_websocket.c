/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ws_protocol.h"

/*
 * Any bytes from a WebSocket's client. The first byte chooses: even, the rest is what comes over
 * the socket, in pieces of that size; odd, it is one text message. Between two messages there is
 * no parser; what is written back are whole frames that a server may send.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ape_bus *bus;
static ws_hub *hub;
static ape_settings *settings;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ws_event *posted;

static void on_post(void *user, ws_event *event)
{
    (void)user;
    pthread_mutex_lock(&lock);
    event->next = posted;
    posted = event;
    pthread_mutex_unlock(&lock);
}

static void deliver_posted(void)
{
    ws_event *event;

    pthread_mutex_lock(&lock);
    event = posted;
    posted = NULL;
    pthread_mutex_unlock(&lock);
    while (event) {
        ws_event *next = event->next;

        ws_hub_deliver(hub, event, 1);
        event = next;
    }
}

static bool on_run(void *user, void (*job)(void *), void *argument)
{
    (void)user;
    job(argument);
    return true;
}

static void on_dirty(void *user, ws_connection *c)
{
    (void)user;
    (void)c;
}

static void on_text(void *user, ws_connection *c, const char *text, size_t size)
{
    (void)user;
    ws_protocol_take(hub, settings, c, text, size, 1);
}

static const ws_owner owner = { NULL, on_text };

static void make_hub(void)
{
    ws_hub_owner hub_owner = { NULL, NULL, on_post, on_run, on_dirty };
    ape_settings_options options;
    ape_host *host;

    ape_settings_options_init(&options, sizeof(options));
    options.ignore_environment = 1;
    if (ape_host_new(NULL, &host, NULL) != APE_OK ||
        ape_bus_new(host, NULL, &bus, NULL) != APE_OK ||
        ape_settings_new(host, &options, &settings, NULL) != APE_OK)
        abort();
    hub_owner.bus = bus;
    hub = ws_hub_new(&hub_owner);
}

/* Unmasked, not fragmented, no longer than what was told. */
static void check_frames(const unsigned char *bytes, size_t size)
{
    while (size > 0) {
        size_t head = 2, length;

        if (size < 2 || !(bytes[0] & 0x80) || (bytes[0] & 0x70) || (bytes[1] & 0x80))
            abort();
        length = bytes[1];
        if (length == 126) {
            head = 4;
            length = (size_t)bytes[2] << 8 | bytes[3];
        }
        if (length == 127 || size < head + length)
            abort();
        bytes += head + length;
        size -= head + length;
    }
}

static void check_written(ws_connection *c, int client)
{
    static unsigned char bytes[1 << 20];
    size_t size = 0;
    ssize_t got = 0;

    do {
        ws_connection_flush(c, 1);
        while ((got = recv(client, bytes + size, sizeof(bytes) - size, MSG_DONTWAIT)) > 0)
            size += (size_t)got;
    } while (c->output.first && !c->dead && size < sizeof(bytes));
    check_frames(bytes, size);
}

static void send_pieces(ws_connection *c, int client, const uint8_t *data, size_t size,
                        size_t piece)
{
    for (size_t at = 0; at < size && !c->dead; at += piece) {
        size_t length = size - at < piece ? size - at : piece;

        if (send(client, data + at, length, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)length)
            return;
        ws_connection_read(c, 1);
        if (!c->dead && !c->closing && c->given == 0 && !c->fragmented && c->parser)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int pair[2];
    ws_connection *c;

    if (size < 1 || size > 16384)
        return 0;
    if (!hub)
        make_hub();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        abort();
    c = ws_connection_new(&owner, pair[0], (ws_ciphered){ .handle = NULL }, "c", 1);
    if (data[0] & 1)
        on_text(NULL, c, (const char *)data + 1, size - 1);
    else
        send_pieces(c, pair[1], data + 1, size - 1, data[0] / 2 + 1);
    deliver_posted();
    check_written(c, pair[1]);
    ws_hub_leave(hub, c);
    ws_connection_free(c);
    close(pair[1]);
    return 0;
}
