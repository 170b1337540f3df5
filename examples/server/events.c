/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <string.h>

#include "log.h"

void events_publish(server *s, const char *channel, const char *json)
{
    ape_error err;

    if (ape_bus_publish(s->bus, channel, json, strlen(json), &err) != APE_OK)
        log_line(APE_LOG_WARNING, "bus", err.message, NULL);
}
