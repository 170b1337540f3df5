/* SPDX-License-Identifier: MIT */
#include "ws_protocol.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "token.h"

enum { RESUME_CHANNELS = WS_MAX_SUBSCRIPTIONS };

/* What a handler needs to answer one message. */
typedef struct call {
    ws_hub *hub;
    const ape_settings *settings;
    ws_connection *connection;
    uint64_t now_ms;
} call;

static void send_json(const call *k, cJSON *message)
{
    char *text = cJSON_PrintUnformatted(message);

    if (text)
        ws_connection_send(k->connection, text, k->now_ms);
    cJSON_free(text);
    cJSON_Delete(message);
}

static cJSON *new_message(const char *type)
{
    cJSON *message = cJSON_CreateObject();

    cJSON_AddStringToObject(message, "type", type);
    return message;
}

static void complain(const call *k, const char *detail)
{
    cJSON *message = new_message("error");

    cJSON_AddStringToObject(message, "detail", detail);
    send_json(k, message);
}

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool read_position(const cJSON *object, ape_bus_position *out)
{
    const char *epoch = text_of(object, "epoch");
    const char *offset = text_of(object, "offset");
    char *end;

    if (!epoch || !offset || strlen(epoch) >= sizeof(out->epoch) || !*offset ||
        strspn(offset, "0123456789") != strlen(offset))
        return false;
    errno = 0;
    out->offset = strtoull(offset, &end, 10);
    memcpy(out->epoch, epoch, strlen(epoch) + 1);
    return errno == 0;
}

static void subscribe(const call *k, const char *channel, const ape_bus_position *since)
{
    switch (ws_hub_subscribe(k->hub, k->connection, channel, since, k->now_ms)) {
    case WS_HUB_OK:
        return;
    case WS_HUB_BAD_CHANNEL:
        complain(k, "channel: 1 to 128 of A-Z a-z 0-9 . _ : / -");
        return;
    case WS_HUB_TOO_MANY:
        complain(k, "channel: no more than 64 at a time");
        return;
    case WS_HUB_NO_MEMORY:
        complain(k, "channel: not now; try again");
        return;
    }
}

static void on_subscribe(const call *k, const cJSON *message)
{
    const char *channel = text_of(message, "channel");
    const cJSON *since = cJSON_GetObjectItemCaseSensitive(message, "since");
    ape_bus_position position = { 0 };

    if (!channel)
        complain(k, "channel: is missing");
    else if (since && !read_position(since, &position))
        complain(k, "since: must be {\"epoch\": TEXT, \"offset\": DIGITS} as in a message");
    else
        subscribe(k, channel, since ? &position : NULL);
}

static void on_unsubscribe(const call *k, const cJSON *message)
{
    const char *channel = text_of(message, "channel");
    cJSON *reply;

    if (!channel || !ws_hub_unsubscribe(k->hub, k->connection, channel)) {
        complain(k, "channel: not subscribed");
        return;
    }
    reply = new_message("unsubscribed");
    cJSON_AddStringToObject(reply, "channel", channel);
    send_json(k, reply);
}

static void on_ping(const call *k, const cJSON *message)
{
    cJSON *reply = new_message("pong");
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(message, "id");

    if (cJSON_IsString(id) || cJSON_IsNumber(id))
        cJSON_AddItemToObject(reply, "id", cJSON_Duplicate(id, false));
    send_json(k, reply);
}

/* The token says that this client had this name before. Without SECRET_KEY there is none. */
static bool token_good(const call *k, const cJSON *message)
{
    const char *token = text_of(message, "token");
    char subject[TOKEN_SUBJECT];

    if (!ape_settings_get_signing_key(k->settings, 0))
        return true;
    return token &&
           token_check(k->settings, TOKEN_TYPE_RESUME, token, strlen(token), (int64_t)time(NULL),
                       subject) &&
           strcmp(subject, k->connection->client_id) == 0;
}

static void on_resume(const call *k, const cJSON *message)
{
    const cJSON *channels = cJSON_GetObjectItemCaseSensitive(message, "channels");
    const cJSON *entry;

    if (!cJSON_IsArray(channels) || cJSON_GetArraySize(channels) > RESUME_CHANNELS) {
        complain(k, "channels: must be a list of at most 64");
        return;
    }
    if (!token_good(k, message)) {
        complain(k, "token: not one of this client's");
        return;
    }
    cJSON_ArrayForEach(entry, channels)
    {
        const char *channel = text_of(entry, "channel");
        ape_bus_position position = { 0 };

        if (channel && read_position(entry, &position))
            subscribe(k, channel, &position);
        else
            complain(k, "channels: each needs channel, epoch and offset");
    }
}

static void dispatch(const call *k, const cJSON *message)
{
    static const struct {
        const char *type;
        void (*handle)(const call *k, const cJSON *message);
    } handlers[] = { { "subscribe", on_subscribe },
                     { "unsubscribe", on_unsubscribe },
                     { "ping", on_ping },
                     { "resume", on_resume } };
    const char *type = text_of(message, "type");

    for (size_t i = 0; type && i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (strcmp(handlers[i].type, type) == 0) {
            handlers[i].handle(k, message);
            return;
        }
    }
    complain(k, "type: must be subscribe, unsubscribe, ping or resume");
}

void ws_protocol_take(ws_hub *hub, const ape_settings *settings, ws_connection *c, const char *text,
                      size_t size, uint64_t now_ms)
{
    call k = { hub, settings, c, now_ms };
    cJSON *message = memchr(text, '\0', size) ? NULL : cJSON_ParseWithLength(text, size);

    if (cJSON_IsObject(message))
        dispatch(&k, message);
    else
        complain(&k, "a message must be a JSON object");
    cJSON_Delete(message);
}

void ws_protocol_welcome(ws_connection *c, const char *token, uint64_t now_ms)
{
    call k = { .connection = c, .now_ms = now_ms };
    cJSON *message = new_message("welcome");

    cJSON_AddStringToObject(message, "client_id", c->client_id);
    if (token)
        cJSON_AddStringToObject(message, "resume_token", token);
    else
        cJSON_AddNullToObject(message, "resume_token");
    cJSON_AddNumberToObject(message, "ping_ms", WS_PING_MS);
    send_json(&k, message);
}
