/* SPDX-License-Identifier: MIT */
#ifndef APE_BUS_H
#define APE_BUS_H

#include <ape/circuit_breaker.h>
#include <ape/metrics_registry.h>
#include <ape/settings.h>
#include <ape/text.h>

APE_BEGIN_DECLS

/**
 * Event bus: messages by channel, for many subscribers in this process and, over Redis, in
 * others; who is there; and a queue of work.
 *
 * Each channel numbers its messages: epoch and offset. A subscriber that comes back with the
 * position of the last message it saw gets all that it missed, in order, or is told that it
 * cannot have it all. Nothing is missing silently: where it might, an event says so.
 *
 * Without Redis everything stays in this process. With Redis, while it is away, messages reach
 * the subscribers of this process at once, marked degraded, and everybody else when it is back.
 *
 * Ownership: the caller frees it, after its subscriptions.
 * Threads:   any number of threads may use one bus at the same time. Callbacks come from one
 *            thread of the bus, one at a time, with no lock held; they may publish, subscribe and
 *            unsubscribe, and must return soon.
 * Blocking:  publishing never waits for a server. Subscribing with a position, presence and work
 *            do, two seconds at most.
 */
typedef struct ape_bus ape_bus;

/** Fill with ape_bus_options_init(), then change what you need. */
typedef struct ape_bus_options {
    uint32_t size;                /**< set by _init; leave it alone */
    uint32_t history_count;       /**< messages kept of a channel, 1 to 100000 (default 1000) */
    uint64_t history_ms;          /**< a channel is forgotten after this time without messages and,
                                       in this process, without subscribers; 1000 to 30 days
                                       (default 24 hours) */
    uint64_t presence_ms;         /**< members of a process that died are gone after this,
                                       300 to 3600000 (default 60000) */
    uint32_t queue_count;         /**< messages that wait for Redis, 1 to 1000000 (default 65536) */
    uint32_t reserved;            /**< must be 0 */
    const ape_settings *settings; /**< REDIS_URL and REDIS_CA_FILE, or REDIS_HOST, _PORT, _PASSWORD;
                                       read during _new only; neither set, or NULL: in memory */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_bus_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_bus_options_init(ape_bus_options *opts, size_t size);

/**
 * Create a bus. A Redis that is away is no error: the bus works in memory until it is there.
 *
 * @param opts  read during the call only; NULL for the defaults: in memory
 * @param out   set on success, untouched on failure
 * @return APE_OK; APE_ERR_INVALID for an option out of range or a Redis URL that makes no sense
 *         (the message names it, never the password); APE_ERR_UNSUPPORTED: this
 *         build has no Redis; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_bus_new(ape_host *host, const ape_bus_options *opts,
                                            ape_bus **out, ape_error *err);

/**
 * Count messages, gaps, jobs and what waits into a registry: ape_bus_* (docs/operations.md lists
 * them). Call it once, before the bus is used. The registry is kept alive; it shows one bus, the
 * last.
 *
 * @return APE_OK; APE_ERR_INVALID for NULL; APE_ERR_STATE for a second registry, or where the
 *         registry has other families of these names; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_bus_set_metrics(ape_bus *bus, ape_metrics_registry *registry,
                                                    ape_error *err);

/** Free a bus that no thread is using and that has no subscription. What still waits for Redis is
 *  lost; ape_bus_flush() first. NULL is ignored. */
APE_API void ape_bus_free(ape_bus *bus);

/** A place in a channel. */
typedef struct ape_bus_position {
    char epoch[64]; /**< changes when a channel's history may have been lost */
    uint64_t offset;
} ape_bus_position;

typedef int32_t ape_bus_event_kind;
enum {
    APE_BUS_MESSAGE = 0,
    APE_BUS_GAP = 1, /**< messages may be missing before this: what a client calls
                          "recovered": false. The position is where it goes on. */
};

/** What a subscriber is told. Pointers live during the callback only. */
typedef struct ape_bus_event {
    uint32_t size; /**< of this struct, as the library knows it */
    ape_bus_event_kind kind;
    const char *channel;
    const char *id; /**< of the message, the same for every subscriber everywhere; "" for a gap */
    ape_bus_position position;
    const char *data;
    size_t data_size;
    uint32_t degraded; /**< 1: Redis is away; the position is none, and only this process knows */
    uint32_t reserved;
    /* libape 0.1 ends here. */
} ape_bus_event;

typedef void (*ape_bus_on_event)(void *user, const ape_bus_event *event);

/**
 * Publish. The message is numbered and delivered in the order of publishing.
 *
 * On the channel "broadcast", Redis' PUBLISH ws:broadcast carries the data too, for programs that
 * know nothing of this bus.
 *
 * @param channel  1 to 128 bytes of A-Z a-z 0-9 . _ : / -
 * @param data     any bytes, up to 1 MiB; copied
 * @return APE_OK: it will be delivered; APE_ERR_INVALID for a bad channel or too much data;
 *         APE_ERR_LIMIT: too many messages wait for Redis, this one was not taken;
 *         APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_bus_publish(ape_bus *bus, const char *channel, const void *data,
                                                size_t size, ape_error *err);

/** Wait until Redis has what was published so far. @return APE_OK; APE_ERR_TIMEOUT. */
APE_API APE_MUST_USE ape_status ape_bus_flush(ape_bus *bus, uint64_t timeout_ms, ape_error *err);

typedef struct ape_bus_subscription ape_bus_subscription;

/**
 * Subscribe to a channel.
 *
 * @param since      the last position seen; what came after it is delivered first. NULL: from now
 * on
 * @param recovered  set on success; false: history does not reach back to @p since, or is not to
 *                   be had now, and delivery begins with what comes next. NULL: not needed
 * @param out        set before the first callback; free with ape_bus_unsubscribe()
 * @return APE_OK; APE_ERR_INVALID for a bad channel; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_bus_subscribe(ape_bus *bus, const char *channel,
                                                  const ape_bus_position *since,
                                                  ape_bus_on_event on_event, void *user,
                                                  bool *recovered, ape_bus_subscription **out,
                                                  ape_error *err);

/** End a subscription; no callback comes after this. It waits for one that is running, unless it
 *  is called from it. NULL is ignored. */
APE_API void ape_bus_unsubscribe(ape_bus_subscription *subscription);

/**
 * The latest messages of a channel, oldest first: {"channel", "epoch", "messages": [{"offset",
 * "id", "data"}]}. Data that is not UTF-8 shows U+FFFD.
 *
 * @param limit  1 to 1000
 * @return APE_OK; APE_ERR_INVALID; APE_ERR_UNAVAILABLE: Redis is away; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_bus_history(ape_bus *bus, const char *channel, uint32_t limit,
                                                ape_text **out, ape_error *err);

/**
 * Say that a member is there, until ape_bus_leave(), or until presence_ms after this process has
 * died. Over Redis the members of channel NULL are the hash ws:connections.
 *
 * @param channel  NULL: the server as a whole
 * @param member   1 to 128 bytes, as a channel's name
 * @param info     one JSON value; NULL: {}. Replaces what was there
 * @return APE_OK, also while Redis is away: it is told later; APE_ERR_INVALID; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_bus_join(ape_bus *bus, const char *channel, const char *member,
                                             const char *info, ape_error *err);

/** Say that a member has gone. @return as ape_bus_join(). */
APE_API APE_MUST_USE ape_status ape_bus_leave(ape_bus *bus, const char *channel, const char *member,
                                              ape_error *err);

/** Who is there: {"members": {MEMBER: INFO}, "degraded": bool}; degraded: of this process only. */
APE_API APE_MUST_USE ape_status ape_bus_presence(ape_bus *bus, const char *channel, ape_text **out,
                                                 ape_error *err);

/** {"backend": "memory" | "redis", "state": "ok" | "away", "reason", "queued", "published",
 *  "delivered", "gaps", "reconnects"}. Never waits. */
APE_API APE_MUST_USE ape_status ape_bus_health(ape_bus *bus, ape_text **out, ape_error *err);

/* Work. */

/**
 * A job that a worker has taken. It is the worker's until its lease ends; then another worker gets
 * it. Whoever finishes first gives the outcome; there is exactly one.
 */
typedef struct ape_job ape_job;

/**
 * Put a job into a queue. A job of the same id is put once.
 *
 * @param queue  name, as a channel's
 * @param id     name, as a channel's
 * @return APE_OK; APE_ERR_STATE: that id was put before; APE_ERR_INVALID; APE_ERR_UNAVAILABLE:
 *         Redis is away; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_bus_put_job(ape_bus *bus, const char *queue, const char *id,
                                                const void *data, size_t size, ape_error *err);

/**
 * Take a job: one whose lease has ended, else a new one, else wait for one. A job that was taken
 * five times without an outcome gets {"error": "given up"} as its outcome.
 *
 * @param lease_ms  how long it is yours, 100 to 3600000
 * @param wait_ms   longest wait, up to 60000
 * @return APE_OK; APE_ERR_TIMEOUT: there was none; APE_ERR_INVALID; APE_ERR_UNAVAILABLE: Redis is
 *         away; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_bus_take_job(ape_bus *bus, const char *queue, uint32_t lease_ms,
                                                 uint32_t wait_ms, ape_job **out, ape_error *err);

APE_API const char *ape_job_id(const ape_job *job);
APE_API const char *ape_job_data(const ape_job *job);
APE_API size_t ape_job_data_size(const ape_job *job);

/** Begin the lease anew. @return APE_OK; APE_ERR_STATE: it is another's by now;
 *  APE_ERR_UNAVAILABLE. */
APE_API APE_MUST_USE ape_status ape_job_extend(ape_job *job, ape_error *err);

/**
 * Give the outcome and be done with the job.
 *
 * @return APE_OK: this is the outcome; APE_ERR_STATE: there was one already, this one is dropped;
 *         APE_ERR_UNAVAILABLE: not known, try again.
 */
APE_API APE_MUST_USE ape_status ape_job_finish(ape_job *job, const void *outcome, size_t size,
                                               ape_error *err);

/** Free a job; unfinished, it goes to another worker when its lease ends. NULL is ignored. */
APE_API void ape_job_free(ape_job *job);

/** The outcome of a job, kept for a day. @return APE_OK; APE_ERR_STATE: not finished yet;
 *  APE_ERR_NOT_FOUND: no such job; APE_ERR_UNAVAILABLE; APE_ERR_NO_MEMORY. */
APE_API APE_MUST_USE ape_status ape_bus_get_outcome(ape_bus *bus, const char *queue, const char *id,
                                                    ape_text **out, ape_error *err);

/** A circuit breaker that this process shares with others. */
typedef struct ape_bus_breaker_share ape_bus_breaker_share;

/**
 * Share the state of a circuit breaker with all breakers of that name on this Redis: where one
 * opens or closes, all do; a breaker that joins opens if the others are open, and changes nothing
 * for them; and of all of them together only one at a time may make its trial calls, for
 * @p lease_ms, or until they have decided. Callers never wait for Redis: the breaker decides at
 * once, and a thread of the bus does the rest. While all is closed, Redis gets no commands.
 *
 * While Redis is away each process decides for itself, as without this; so it does where the bus
 * is in memory.
 *
 * @param name     as a channel's
 * @param breaker  borrowed until ape_bus_unshare_breaker(); in one share at a time
 * @param lease_ms 1 to a day: as long as trial calls may take
 * @return APE_OK; APE_ERR_INVALID for a bad name or lease; APE_ERR_IO: no thread or descriptor
 *         is left; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_bus_share_breaker(ape_bus *bus, const char *name,
                                                      ape_circuit_breaker *breaker,
                                                      uint64_t lease_ms,
                                                      ape_bus_breaker_share **out, ape_error *err);

/** Share it no longer; the breaker stays as it is. Before the bus and the breaker are freed, and
 *  not from the breaker's callbacks. NULL is ignored. */
APE_API void ape_bus_unshare_breaker(ape_bus_breaker_share *share);

APE_END_DECLS

#endif /* APE_BUS_H */
