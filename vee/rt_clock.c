/* SPDX-License-Identifier: MIT */
/* The run's today is its as-of date, and its randomness comes from its seed. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "rt.h"

static bool clock_is_set, is_seeded;
static int64_t now_seconds;
static uint64_t random_state;

void rt_clock_set(int64_t seconds)
{
    now_seconds = seconds;
    clock_is_set = true;
}

void rt_random_seed(uint32_t seed)
{
    random_state = seed;
    is_seeded = true;
}

static bool shows_the_day(clockid_t id)
{
    return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_TAI;
}

RT_EXPORT int clock_gettime(clockid_t id, struct timespec *out)
{
    if (!clock_is_set || !shows_the_day(id))
        return (int)syscall(SYS_clock_gettime, id, out);
    *out = (struct timespec){ .tv_sec = now_seconds };
    return 0;
}

RT_EXPORT int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *out = (struct timeval){ .tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000 };
    return 0;
}

RT_EXPORT time_t time(time_t *out)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

/* Numbers of processes say how busy the machine is; a run is always the first. */
RT_EXPORT pid_t getpid(void)
{
    return is_seeded ? 1 : (pid_t)syscall(SYS_getpid);
}

/* splitmix64: every seed gives a full-period stream of its own. */
static uint64_t next_random(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

RT_EXPORT ssize_t getrandom(void *buffer, size_t size, unsigned int flags)
{
    unsigned char *at = buffer;

    if (!is_seeded)
        return syscall(SYS_getrandom, buffer, size, flags);
    for (size_t left = size; left > 0;) {
        uint64_t word = next_random();
        size_t part = left < sizeof(word) ? left : sizeof(word);

        memcpy(at, &word, part);
        at += part;
        left -= part;
    }
    return (ssize_t)size;
}

RT_EXPORT int getentropy(void *buffer, size_t size)
{
    if (size > 256) {
        errno = EIO;
        return -1;
    }
    return getrandom(buffer, size, 0) == (ssize_t)size ? 0 : -1;
}
