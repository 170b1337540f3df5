/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sha1.h>
#include <stdlib.h>
#include <string.h>

#include "gate.h"
#include "negotiate.h"
#include "problem.h"
#include "routes.h"
#include "websockets.h"
#include "ws_connection.h"

enum { KEY_SIZE = 24, MAX_PER_SERVER = 100000 };

/* What the handshake hands over to the loop. */
typedef struct handover {
    websockets *all;
    bool ciphered;
    char client_id[WS_CLIENT_ID];
} handover;

static void encode_base64(const uint8_t *bytes, size_t size, char *out)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < size; i += 3) {
        uint32_t bits = (uint32_t)bytes[i] << 16;

        if (i + 1 < size)
            bits |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < size)
            bits |= bytes[i + 2];
        *out++ = alphabet[bits >> 18];
        *out++ = alphabet[bits >> 12 & 63];
        *out++ = i + 1 < size ? alphabet[bits >> 6 & 63] : '=';
        *out++ = i + 2 < size ? alphabet[bits & 63] : '=';
    }
    *out = '\0';
}

/* RFC 6455, 4.2.2. */
static void accept_key(const char *key, char out[29])
{
    static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t digest[SHA1_DIGEST_LENGTH];
    SHA1_CTX hash;

    SHA1Init(&hash);
    SHA1Update(&hash, (const uint8_t *)key, strlen(key));
    SHA1Update(&hash, (const uint8_t *)magic, strlen(magic));
    SHA1Final(digest, &hash);
    encode_base64(digest, sizeof(digest), out);
}

static bool key_good(const char *key)
{
    return key && strlen(key) == KEY_SIZE && strcmp(key + 22, "==") == 0 &&
           strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == 22;
}

static bool is_client_id(const char *id)
{
    return id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] ==
               '\0' &&
           strlen(id) < WS_CLIENT_ID;
}

static bool upgrade_wanted(const request *r)
{
    return negotiate_has_token(request_header(r, "Upgrade"), "websocket") &&
           negotiate_has_token(request_header(r, "Connection"), "upgrade");
}

static bool handshake_good(request *r)
{
    const char *version = request_header(r, "Sec-WebSocket-Version");
    const char *origin = request_header(r, "Origin");

    if (!upgrade_wanted(r) || !version || strcmp(version, "13") != 0) {
        problem(r, 426, "this path speaks WebSocket: send Upgrade: websocket, version 13");
        reply_header_add(r, "Upgrade", "websocket");
        reply_header_add(r, "Sec-WebSocket-Version", "13");
    } else if (strcmp(r->method, "GET") != 0) {
        problem(r, 400, "a WebSocket begins with GET");
    } else if (!key_good(request_header(r, "Sec-WebSocket-Key"))) {
        problem(r, 400, "Sec-WebSocket-Key must be 16 bytes in base64");
    } else if (!is_client_id(r->argument)) {
        problem(r, 400, "a client id has 1 to 64 of A-Z a-z 0-9 . _ -");
    } else if (origin && !gate_origin_allowed(r, origin)) {
        problem(r, 403, "the Origin is not in CORS_ORIGINS");
    } else if (atomic_load(&r->server->draining)) {
        problem(r, 503, "the server is about to end; connect to another");
    } else {
        return true;
    }
    return false;
}

/* In plain text the library has no more to do, and would keep its memory of the connection for as
   long as the socket is open: it gets its own descriptor back at once. Over TLS it goes on
   ciphering, between the client and the socket that it gives us. */
static void hand_over(const handover *h, struct MHD_Connection *connection, MHD_socket socket,
                      struct MHD_UpgradeResponseHandle *handle)
{
    ws_ciphered ciphered = { .handle = NULL };
    int fd = socket;

    if (h->ciphered) {
        ciphered.handle = handle;
        ciphered.client_fd =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    } else {
        fd = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    }
    if (fd != -1) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        websockets_adopt(h->all, fd, ciphered, h->client_id);
    }
    if (!h->ciphered)
        MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}

static void on_upgrade(void *cls, struct MHD_Connection *connection, void *context,
                       const char *early, size_t early_size, MHD_socket socket,
                       struct MHD_UpgradeResponseHandle *handle)
{
    handover *h = cls;

    (void)context;
    (void)early;
    /* Who speaks before the handshake is answered knows no WebSocket. */
    if (early_size == 0)
        hand_over(h, connection, socket, handle);
    else
        MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
    free(h);
}

static struct MHD_Response *make_response(const request *r)
{
    handover *h = calloc(1, sizeof(*h));
    struct MHD_Response *response = NULL;
    char accepted[29];

    if (h)
        response = MHD_create_response_for_upgrade(on_upgrade, h);
    if (!response) {
        free(h);
        return NULL;
    }
    h->all = r->server->websockets;
    h->ciphered = r->server->config.tls_certificate != NULL;
    memcpy(h->client_id, r->argument, strlen(r->argument) + 1);
    accept_key(request_header(r, "Sec-WebSocket-Key"), accepted);
    MHD_add_response_header(response, "Upgrade", "websocket");
    MHD_add_response_header(response, "Sec-WebSocket-Accept", accepted);
    if (negotiate_has_token(request_header(r, "Sec-WebSocket-Protocol"), "ape.v1"))
        MHD_add_response_header(response, "Sec-WebSocket-Protocol", "ape.v1");
    return response;
}

void route_websocket(request *r)
{
    if (!handshake_good(r))
        return;
    if (websockets_count(r->server->websockets) >= MAX_PER_SERVER) {
        problem(r, 503, "there are too many WebSockets; connect to another server");
        return;
    }
    r->reply.made = make_response(r);
    r->reply.status = 101;
    if (!r->reply.made)
        problem(r, 503, "out of memory; try again");
}
