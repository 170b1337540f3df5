/* SPDX-License-Identifier: MIT */
#include "ws_event.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"

ws_event *ws_event_new(const ape_bus_event *event)
{
    ws_event *copy = calloc(1, sizeof(*copy));

    if (!copy)
        return NULL;
    copy->kind = event->kind;
    copy->degraded = event->degraded != 0;
    copy->position = event->position;
    copy->channel = strdup(event->channel);
    copy->id = strdup(event->id ? event->id : "");
    copy->data_size = event->data_size;
    copy->data = malloc(event->data_size + 1);
    if (!copy->channel || !copy->id || !copy->data) {
        ws_event_free(copy);
        return NULL;
    }
    if (event->data_size > 0)
        memcpy(copy->data, event->data, event->data_size);
    copy->data[event->data_size] = '\0';
    return copy;
}

void ws_event_free(ws_event *event)
{
    if (!event)
        return;
    free(event->channel);
    free(event->id);
    free(event->data);
    free(event);
}

/* Offsets are strings: a browser's numbers end at 2^53. */
static void add_position(cJSON *message, const ws_event *event)
{
    char offset[24];

    if (event->degraded) {
        cJSON_AddBoolToObject(message, "degraded", true);
        return;
    }
    if (!event->position.epoch[0])
        return;
    snprintf(offset, sizeof(offset), "%llu", (unsigned long long)event->position.offset);
    cJSON_AddStringToObject(message, "epoch", event->position.epoch);
    cJSON_AddStringToObject(message, "offset", offset);
}

/* Others may publish, too: what is not JSON is shown as a string. */
static bool add_data(cJSON *message, const ws_event *event)
{
    cJSON *value;

    if (!utf8_valid(event->data, event->data_size) || memchr(event->data, '\0', event->data_size))
        return false;
    value = cJSON_ParseWithLengthOpts(event->data, event->data_size + 1, NULL, 1);
    if (value)
        cJSON_AddRawToObject(message, "data", event->data);
    else
        cJSON_AddStringToObject(message, "data", event->data);
    cJSON_Delete(value);
    return true;
}

ws_bytes *ws_event_frame(const ws_event *event)
{
    cJSON *message = cJSON_CreateObject();
    ws_bytes *frame = NULL;
    char *text = NULL;

    cJSON_AddStringToObject(message, "type", event->kind == APE_BUS_GAP ? "gap" : "message");
    cJSON_AddStringToObject(message, "channel", event->channel);
    if (event->kind == APE_BUS_GAP)
        cJSON_AddBoolToObject(message, "recovered", false);
    if (event->id[0])
        cJSON_AddStringToObject(message, "id", event->id);
    add_position(message, event);
    if (event->kind == APE_BUS_GAP || add_data(message, event))
        text = cJSON_PrintUnformatted(message);
    if (text)
        frame = ws_bytes_new_text(text, strlen(text));
    cJSON_free(text);
    cJSON_Delete(message);
    return frame;
}

char *ws_event_subscribed(const char *channel)
{
    cJSON *message = cJSON_CreateObject();
    char *text;

    cJSON_AddStringToObject(message, "type", "subscribed");
    cJSON_AddStringToObject(message, "channel", channel);
    text = cJSON_PrintUnformatted(message);
    cJSON_Delete(message);
    return text;
}
