/* SPDX-License-Identifier: MIT */
#ifndef APE_NOTIFIER_H
#define APE_NOTIFIER_H

#include <ape/host.h>
#include <ape/metrics_registry.h>

APE_BEGIN_DECLS

/**
 * Tells people, through a Slack webhook, that something broke and that it works
 * again, without drowning them.
 *
 * Notices wait in a queue of bounded length. A thread sends what has gathered as
 * one message, about one message a second. A matter that is being told is not told
 * again before repeat_ms are over, unless it became more severe; its end is told once; what begins
 * and ends while it waits is not told at all. "Try later" (429) is obeyed.
 *
 * Ownership: the caller frees the notifier.
 * Threads:   any number of threads may use one notifier at the same time.
 * Blocking:  ape_notifier_post() never waits; _flush and _free do.
 */
typedef struct ape_notifier ape_notifier;

/** Fill with ape_notifier_options_init(), then change what you need. */
typedef struct ape_notifier_options {
    uint32_t size;           /**< set by _init; leave it alone */
    uint32_t queue_limit;    /**< notices that wait, 1 to 10000 (default 200) */
    uint32_t interval_ms;    /**< between two messages, 10 to 600000 (default 1000) */
    uint32_t repeat_ms;      /**< until a matter that goes on may be told again (default 3600000) */
    uint32_t timeout_ms;     /**< for one message, 10 to 600000 (default 10000) */
    uint32_t retries;        /**< after a failure that may pass, 0 to 20 (default 5) */
    const char *webhook_url; /**< https, or http for tests; a secret: copied, never shown. Needed */
    const char *source; /**< who speaks, before each title, as "ape on host-1"; NULL: "libape" */
    ape_metrics_registry *metrics; /**< gets ape_notifier_messages_total; NULL: none. Kept alive */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_notifier_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_notifier_options_init(ape_notifier_options *opts, size_t size);

/**
 * Create a notifier, and its thread.
 *
 * @param opts  read during the call only
 * @param out   set on success, untouched on failure; free with ape_notifier_free()
 * @return APE_OK; APE_ERR_INVALID for an option out of range or a URL that is none
 *         (the message never shows it); APE_ERR_UNSUPPORTED for an option newer than
 *         this library; APE_ERR_IO if no thread could be started; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_notifier_new(ape_host *host, const ape_notifier_options *opts,
                                                 ape_notifier **out, ape_error *err);

/** Free a notifier that no thread is using. What still waits is dropped; a message
 *  on its way is broken off. NULL is ignored. */
APE_API void ape_notifier_free(ape_notifier *notifier);

typedef int32_t ape_severity;
enum {
    APE_SEVERITY_INFO = 0,
    APE_SEVERITY_WARNING = 1,
    APE_SEVERITY_CRITICAL = 2,
    APE_SEVERITY_RESOLVED = 3, /**< the matter is over */
};

/**
 * Tell something. A NULL notifier takes everything and tells nothing.
 *
 * @param matter  what it is about, as "health:postgres": notices with the same
 *                matter are about the same thing; 1 to 80 bytes
 * @param title   one line, 200 bytes at most; longer is cut
 * @param text    more about it, 1,000 bytes at most; longer is cut. NULL: nothing
 * @return APE_OK, also if it was not worth telling; APE_ERR_INVALID for a matter,
 *         title or severity that is none; APE_ERR_LIMIT: the queue is full and the
 *         notice was dropped; APE_ERR_NO_MEMORY.
 */
APE_API ape_status ape_notifier_post(ape_notifier *notifier, ape_severity severity,
                                     const char *matter, const char *title, const char *text,
                                     ape_error *err);

/** Wait until nothing waits any more. @return APE_OK; APE_ERR_TIMEOUT. */
APE_API ape_status ape_notifier_flush(ape_notifier *notifier, uint32_t timeout_ms);

APE_END_DECLS

#endif /* APE_NOTIFIER_H */
