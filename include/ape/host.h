/* SPDX-License-Identifier: MIT */
#ifndef APE_HOST_H
#define APE_HOST_H

#include <ape/base.h>

APE_BEGIN_DECLS

/**
 * What the library needs from the program around it: memory, time, a log.
 *
 * Make one, pass it to every _new function; or pass NULL there and get malloc,
 * the system clocks and no log.
 *
 * Ownership: the caller frees the host. Every object made with it keeps it
 *            alive, so hosts and objects may be freed in any order.
 * Threads:   any number of threads may share a host. Its callbacks may come
 *            from any thread, several at once, and never while the library
 *            holds a lock of its own. They must return, and must not call back
 *            into the object that is calling.
 */
typedef struct ape_host ape_host;

typedef int32_t ape_log_level;
enum {
    APE_LOG_DEBUG = 0,
    APE_LOG_INFO = 1,
    APE_LOG_WARNING = 2,
    APE_LOG_ERROR = 3,
};

/** Fill with ape_host_options_init(), then change what you need. */
typedef struct ape_host_options {
    uint32_t size;  /**< set by _init; leave it alone */
    uint32_t flags; /**< none yet; must be 0 */

    /** Handed to every callback below. */
    void *user;

    /** Called once with user when the last object using the host is gone. */
    void (*user_free)(void *user);

    /**
     * The one allocation function. @p ptr NULL: allocate @p new_size bytes;
     * @p new_size 0: free; else resize. @p old_size is what was asked for
     * before. Returns NULL if it cannot, leaving the old block as it was.
     * Default: malloc, realloc and free.
     */
    void *(*alloc)(void *user, void *ptr, size_t old_size, size_t new_size);

    /** Milliseconds that never go back (default: CLOCK_MONOTONIC). */
    uint64_t (*now_ms)(void *user);

    /** Milliseconds since 1970-01-01 UTC (default: CLOCK_REALTIME). */
    int64_t (*wall_ms)(void *user);

    /**
     * One formatted line, without a line end. @p area is a part of the library,
     * as "llm_client". Never holds a secret. Default: nothing is logged.
     */
    void (*log)(void *user, ape_log_level level, const char *area, const char *message);
    /* libape 0.1 ends here. Add below, never in between. */
} ape_host_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_host_options_init(ape_host_options *opts, size_t size);

/**
 * Create a host.
 *
 * @param opts  read during the call only; NULL for the defaults. A NULL
 *              callback means the default one.
 * @param out   set on success, untouched on failure; free with ape_host_free().
 *              On failure user_free is not called: user is still the caller's.
 * @return APE_OK; APE_ERR_INVALID for options that were not initialised;
 *         APE_ERR_UNSUPPORTED for options newer than this library;
 *         APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_host_new(const ape_host_options *opts, ape_host **out,
                                             ape_error *err);

/** Give up the caller's share of a host. NULL is ignored. */
APE_API void ape_host_free(ape_host *host);

APE_END_DECLS

#endif /* APE_HOST_H */
