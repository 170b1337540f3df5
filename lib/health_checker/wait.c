/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "core/utf8.h"
#include "health_checker/internal.h"

uint64_t ape__deadline_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

bool ape__wait_ready(int fd, short events, uint64_t deadline_ms)
{
    struct pollfd p = { .fd = fd, .events = events };

    for (;;) {
        uint64_t now_ms = ape__deadline_now_ms();
        int ready;

        if (now_ms >= deadline_ms)
            return false;
        ready = poll(&p, 1, (int)(deadline_ms - now_ms));
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

void ape__health_fail(ape_health_result *result, const char *format, ...)
{
    va_list args;
    int wanted;

    result->status = APE_HEALTH_UNHEALTHY;
    va_start(args, format);
    wanted = vsnprintf(result->message, sizeof(result->message), format, args);
    va_end(args);
    if (wanted >= (int)sizeof(result->message))
        result->message[ape__utf8_cut(result->message, sizeof(result->message) - 1)] = '\0';
}
