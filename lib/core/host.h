/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_HOST_H
#define APE_CORE_HOST_H

#include <ape/host.h>

/* A NULL host stands for the system's in every function here. */

/** Share a host; ape_host_free() gives the share up. */
ape_host *ape__host_ref(ape_host *host);

void *ape__host_alloc(ape_host *host, void *ptr, size_t old_size, size_t new_size);
uint64_t ape__now_ms(ape_host *host);

/** The same clock, cheaper to read: a few milliseconds behind where it is the system's. */
uint64_t ape__now_coarse_ms(ape_host *host);
int64_t ape__wall_ms(ape_host *host);

/** The system's monotonic clock as exactly as it can be read: for durations that are shown. */
double ape__exact_ms(void);

/** Log one formatted line; cut at 500 bytes. Costs nothing where nobody listens. */
void ape__log(ape_host *host, ape_log_level level, const char *area, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif /* APE_CORE_HOST_H */
