/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdio.h>
#include <time.h>

/* Read by every thread, set again by a reload. */
static _Atomic ape_log_level least = APE_LOG_INFO;

void log_set_level(ape_log_level level)
{
    least = level;
}

bool log_wants(ape_log_level level)
{
    return level >= least;
}

static const char *level_name(ape_log_level level)
{
    static const char *const names[] = { "debug", "info", "warning", "error" };

    return level >= APE_LOG_DEBUG && level <= APE_LOG_ERROR ? names[level] : "error";
}

static void add_time(cJSON *line)
{
    struct timespec now;
    struct tm parts;
    char date[32];
    char text[48];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, sizeof(text), "%s.%03ldZ", date, now.tv_nsec / 1000000);
    cJSON_AddStringToObject(line, "ts", text);
}

void log_line(ape_log_level level, const char *area, const char *message, cJSON *more)
{
    cJSON *line = log_wants(level) ? cJSON_CreateObject() : NULL;
    char *text;

    if (line) {
        add_time(line);
        cJSON_AddStringToObject(line, "level", level_name(level));
        cJSON_AddStringToObject(line, "area", area);
        cJSON_AddStringToObject(line, "message", message);
        while (more && more->child) {
            cJSON *member = cJSON_DetachItemViaPointer(more, more->child);

            cJSON_AddItemToObject(line, member->string, member);
        }
        text = cJSON_PrintUnformatted(line);
        if (text)
            fprintf(stderr, "%s\n", text);
        cJSON_free(text);
    }
    cJSON_Delete(line);
    cJSON_Delete(more);
}

void log_from_library(void *user, ape_log_level level, const char *area, const char *message)
{
    (void)user;
    log_line(level, area, message, NULL);
}
