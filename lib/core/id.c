/* SPDX-License-Identifier: MIT */
#include "core/id.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#include "core/host.h"

void ape__id_new(ape_host *host, char out[37])
{
    uint64_t ms = (uint64_t)ape__wall_ms(host) & 0xffffffffffffu;
    uint64_t random[2] = { 0, 0 };

    /* 16 bytes never come short; a signal can only come before the generator is seeded. */
    while (getrandom(random, sizeof(random), 0) < 0 && errno == EINTR)
        ;
    snprintf(out, 37, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(ms >> 16), (unsigned)(ms & 0xffff),
             (unsigned)(random[0] & 0xfff), (unsigned)(0x8000 | (random[0] >> 16 & 0x3fff)),
             (unsigned long long)(random[1] & 0xffffffffffffu));
}
