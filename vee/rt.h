/* SPDX-License-Identifier: MIT */
#ifndef APE_VEE_RT_H
#define APE_VEE_RT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * libape_rt.so is preloaded into the interpreter: it forks runs from the zygote,
 * confines them, and stands between them and the clock, randomness and memory.
 */
#define RT_EXPORT __attribute__((visibility("default")))

/** Tell the supervisor which versions were loaded. */
RT_EXPORT int ape_rt_ready(const char *python, const char *numpy, const char *pandas);

/** In the zygote: fork on demand, for ever. Returns in each child, half confined. */
RT_EXPORT void ape_rt_serve(void);

/** In the child: not 0 if its run is there, and nothing else should be done first. */
RT_EXPORT int ape_rt_wanted(void);

/** In the child: wait for the run, become it. */
RT_EXPORT void ape_rt_start(void);

/** The program has ended with an exit code; does not return. */
RT_EXPORT void ape_rt_end(int exit_code);

/* Level, filter and readable paths, taken from the environment once. */
typedef struct rt_config {
    bool namespaced; /* level A */
    int control_fd;
    size_t filter_size; /* instructions */
    char paths[8192];   /* readable folders at level B, each ended by a NUL; then an empty one */
} rt_config;

extern rt_config rt;

/* Send a last note, then sleep until killed. */
void rt_say_and_wait(const void *note, size_t size) __attribute__((noreturn));

/* Every step either holds or ends the process with a line on stderr. */
void rt_die(const char *what) __attribute__((noreturn));
void rt_load_config(void);
void rt_confine_early(void);
void rt_confine_finally(uint64_t address_space, uint32_t cpu_seconds);

void rt_clock_set(int64_t seconds);
void rt_random_seed(uint32_t seed);

/* From here on a failed allocation ends the run. */
void rt_guard_arm(void);

#endif /* APE_VEE_RT_H */
