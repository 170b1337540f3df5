/* SPDX-License-Identifier: MIT */
#include "stamp.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void stamp_time(char out[STAMP_TIME])
{
    struct timespec now;
    struct tm parts_of_now;
    char seconds[24];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts_of_now);
    strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &parts_of_now);
    snprintf(out, STAMP_TIME, "%s.%03uZ", seconds, (unsigned)(now.tv_nsec / 1000000) % 1000);
}

/* RFC 9562, version 7: sorted by the time of its making. */
void stamp_id(char out[STAMP_ID])
{
    uint8_t b[16];
    struct timespec now;
    uint64_t ms;

    arc4random_buf(b, sizeof(b));
    clock_gettime(CLOCK_REALTIME, &now);
    ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    for (int i = 0; i < 6; i++)
        b[i] = (uint8_t)(ms >> (40 - 8 * i));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x70);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(out, STAMP_ID, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
             b[14], b[15]);
}
