/* SPDX-License-Identifier: MIT */
#ifndef APE_CIRCUIT_BREAKER_H
#define APE_CIRCUIT_BREAKER_H

#include <ape/host.h>

APE_BEGIN_DECLS

/**
 * Circuit breaker: stop calling a service that keeps failing, and try it
 * again, a little at a time, once it has had a while to recover.
 *
 *     CLOSED     failure_threshold failures in a row   -> OPEN
 *     OPEN       open_ms have passed                   -> HALF_OPEN
 *     HALF_OPEN  probe_count calls succeed             -> CLOSED
 *     HALF_OPEN  any call fails                        -> OPEN
 *
 * Ownership: the caller owns the breaker and frees it. It keeps its host alive.
 * Threads:   any number of threads may use one breaker at the same time.
 * Blocking:  nothing here waits, does I/O or, after _new, allocates. With the
 *            default window, leave and success take no lock while it is closed.
 * Time:      the host's monotonic clock; changes of the date mean nothing here.
 */
typedef struct ape_circuit_breaker ape_circuit_breaker;

typedef int32_t ape_circuit_breaker_state;
enum {
    APE_CIRCUIT_BREAKER_CLOSED = 0,
    APE_CIRCUIT_BREAKER_OPEN = 1,
    APE_CIRCUIT_BREAKER_HALF_OPEN = 2,
};

/** "closed", "open", "half_open". Static storage. */
APE_API const char *ape_circuit_breaker_state_name(ape_circuit_breaker_state state);

/** Which past calls are looked at in the closed state. */
typedef int32_t ape_circuit_breaker_window;
enum {
    APE_CIRCUIT_BREAKER_CONSECUTIVE = 0, /**< failures in a row */
    APE_CIRCUIT_BREAKER_COUNT = 1,       /**< rates over the last window_size calls */
    APE_CIRCUIT_BREAKER_TIME = 2,        /**< rates over the last window_ms */
};

/** How a call went. */
typedef int32_t ape_circuit_breaker_outcome;
enum {
    APE_CIRCUIT_BREAKER_SUCCESS = 0,
    APE_CIRCUIT_BREAKER_FAILURE = 1,
    APE_CIRCUIT_BREAKER_SLOW = 2,    /**< right, but too late to be of use */
    APE_CIRCUIT_BREAKER_IGNORED = 3, /**< failed for a reason that says nothing of the service */
};

/** A change of state, and why. */
typedef int32_t ape_circuit_breaker_reason;
enum {
    APE_CIRCUIT_BREAKER_BY_FAILURES = 0,  /**< the failure threshold or rate was reached */
    APE_CIRCUIT_BREAKER_BY_SLOWNESS = 1,  /**< the slow-call rate was reached */
    APE_CIRCUIT_BREAKER_BY_REJECTION = 2, /**< the service asked to be left alone */
    APE_CIRCUIT_BREAKER_BY_TIME = 3,      /**< the open time is over */
    APE_CIRCUIT_BREAKER_BY_PROBE = 4,     /**< trial calls decided */
    APE_CIRCUIT_BREAKER_BY_HAND = 5,      /**< _reset was called */
    APE_CIRCUIT_BREAKER_BY_PEER = 6,      /**< another process said so: see _set_sharing */
};

typedef struct ape_circuit_breaker_event {
    uint64_t number;  /**< counts from 1, without gaps */
    uint64_t at_ms;   /**< on the host's clock */
    uint64_t open_ms; /**< how long it will stay open, for a change to OPEN; else 0 */
    ape_circuit_breaker_state from;
    ape_circuit_breaker_state to;
    ape_circuit_breaker_reason reason;
    uint32_t reserved;
} ape_circuit_breaker_event;

/** Fill with ape_circuit_breaker_options_init(), then change what you need. */
typedef struct ape_circuit_breaker_options {
    uint32_t size;              /**< set by _init; leave it alone */
    uint32_t failure_threshold; /**< failures in a row, 1 to 1000000 (default 5: it trips on the
                                     fifth) */
    uint64_t open_ms;           /**< time spent open, 0 to 31 days (default 60000) */
    uint32_t probe_count;       /**< trial calls that must succeed, and the most that run at the
                                     same time, 1 to 32 (default 1) */
    uint32_t flags;             /**< none yet; must be 0 */

    ape_circuit_breaker_window window; /**< (default APE_CIRCUIT_BREAKER_CONSECUTIVE) */
    uint32_t window_size;              /**< calls in a COUNT window, 1 to 1024 (default 100) */
    uint64_t window_ms;       /**< length of a TIME window, 10 to 31 days (default 10000); it
                                   moves in tenths */
    uint32_t min_calls;       /**< rates are not looked at before so many calls are in the
                                   window, >= 1 (default 10) */
    uint32_t failure_percent; /**< failures of all calls in the window that open it, 1 to 100
                                   (default 50) */
    uint32_t slow_percent;    /**< slow calls, running ones included, that open it, 1 to 100; 0:
                                   slowness is not looked at (default). Wants a window of rates */
    uint32_t ramp;            /**< 1: one trial call at first, then twice as many at a time, up to
                                   probe_count; 0: all at once (default) */
    uint64_t slow_ms;         /**< a call that takes longer is slow; 0: only those reported so
                                   (default). Costs a lock and a look at the clock a call */

    uint64_t open_max_ms;        /**< each opening out of HALF_OPEN lasts twice as long as the one
                                      before, up to this; 0: always open_ms (default) */
    uint32_t jitter_percent;     /**< an opening lasts longer by chance, by up to so much of its
                                      time, 0 to 100 (default 0): breakers that opened together do
                                      not close together */
    uint32_t reserved;           /**< must be 0 */
    uint64_t retry_after_max_ms; /**< longest wish of the service that is granted (default
                                     3600000) */
    uint64_t lease_ms;           /**< a trial call that is not reported within this time is taken
                                      as lost and another one is let through, >= 1 (default 60000) */
    uint64_t seed;               /**< of the jitter; 0: by chance (default) */

    /**
     * A change of state has happened; @p event lives during the call only. Called
     * outside all locks, on a thread that is in a function of this breaker, one at
     * a time and in order; where 32 are waiting to be told the oldest are dropped,
     * which shows in their numbers. It may call every function here but _free.
     * NULL: nobody is told (default).
     */
    void (*on_event)(void *user, const ape_circuit_breaker_event *event);
    void *user; /**< for on_event */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_circuit_breaker_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_circuit_breaker_options_init(ape_circuit_breaker_options *opts, size_t size);

/**
 * Create a closed breaker.
 *
 * @param host  clock and allocator to use; NULL for the system's
 * @param opts  read during the call only; NULL for the defaults
 * @param out   set on success, untouched on failure; free with ape_circuit_breaker_free()
 * @param err   filled on failure; NULL if you do not need the message
 * @return APE_OK; APE_ERR_INVALID for an option out of range (err->message
 *         names it); APE_ERR_UNSUPPORTED for an option newer than this
 *         library; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_circuit_breaker_new(ape_host *host,
                                                        const ape_circuit_breaker_options *opts,
                                                        ape_circuit_breaker **out, ape_error *err);

/** Free a breaker no thread is using. NULL is ignored. */
APE_API void ape_circuit_breaker_free(ape_circuit_breaker *breaker);

/** Leave for one call, in memory of the caller. Plain numbers: nothing leaks if it
 *  is lost. Do not copy it: a report through a copy counts twice. */
typedef struct ape_circuit_breaker_ticket {
    uint64_t token;    /**< 0: used up */
    uint64_t start_ms; /**< when the call began, if calls are timed */
} ape_circuit_breaker_ticket;

/**
 * Ask leave for one call. After APE_OK make the call, then hand the ticket to
 * ape_circuit_breaker_report(), _report_rejected() or _cancel(). A trial call
 * whose ticket is lost holds its place until lease_ms have passed.
 *
 * @param ticket  filled on APE_OK, else emptied
 * @return APE_OK, or APE_ERR_UNAVAILABLE: do not call, the service is resting.
 */
APE_API APE_MUST_USE ape_status ape_circuit_breaker_acquire(ape_circuit_breaker *breaker,
                                                            ape_circuit_breaker_ticket *ticket);

/**
 * Report how a call went, and use the ticket up.
 *
 * IGNORED gives the place of a trial call back and changes nothing else. SLOW is
 * a success for the failure rate; a slow trial call opens the breaker if
 * slow_percent is set. With slow_ms set, a SUCCESS that took longer is SLOW.
 *
 * @return APE_OK: it counted. APE_ERR_STATE: it came too late, the state has
 *         changed since or the lease is over; only the statistics know of it: an
 *         old success must not close a newer opening. APE_ERR_INVALID for a used
 *         ticket or an unknown outcome; nothing changed.
 */
APE_API ape_status ape_circuit_breaker_report(ape_circuit_breaker *breaker,
                                              ape_circuit_breaker_ticket *ticket,
                                              ape_circuit_breaker_outcome outcome);

/**
 * The service itself asked to be left alone (HTTP 429 or 503 with Retry-After):
 * the breaker opens at once for @p retry_after_ms, without backoff or jitter. 0
 * is the same as reporting a failure.
 *
 * @return as ape_circuit_breaker_report()
 */
APE_API ape_status ape_circuit_breaker_report_rejected(ape_circuit_breaker *breaker,
                                                       ape_circuit_breaker_ticket *ticket,
                                                       uint64_t retry_after_ms);

/** Give a ticket back: the call was not made, or nobody waits for its end. A place
 *  among the trial calls is free again; the state stays. A used ticket is ignored. */
APE_API void ape_circuit_breaker_cancel(ape_circuit_breaker *breaker,
                                        ape_circuit_breaker_ticket *ticket);

/**
 * Acquire, call @p function, report. What it returns decides: APE_OK is a
 * success; APE_ERR_UNAVAILABLE, _TIMEOUT, _IO and _FORMAT are failures;
 * APE_ERR_CANCELLED is a cancelled call; everything else is ignored.
 *
 * @return what @p function returned, or APE_ERR_UNAVAILABLE without calling it
 *         (err->message says for how long; an @p err that @p function filled is its own).
 */
APE_API ape_status ape_circuit_breaker_call(ape_circuit_breaker *breaker,
                                            ape_status (*function)(void *user, ape_error *err),
                                            void *user, ape_error *err);

/** Current state. Not const: an open breaker may find its time is up. */
APE_API ape_circuit_breaker_state ape_circuit_breaker_get_state(ape_circuit_breaker *breaker);

/** Milliseconds until _acquire can next succeed; 0 if it can now. UINT64_MAX while it
 *  is forced open. */
APE_API uint64_t ape_circuit_breaker_retry_after_ms(ape_circuit_breaker *breaker);

/** Who decides. */
typedef int32_t ape_circuit_breaker_mode;
enum {
    APE_CIRCUIT_BREAKER_AUTOMATIC = 0,     /**< the rules above */
    APE_CIRCUIT_BREAKER_FORCED_OPEN = 1,   /**< nothing passes */
    APE_CIRCUIT_BREAKER_FORCED_CLOSED = 2, /**< everything passes; reports are only counted */
    APE_CIRCUIT_BREAKER_DISABLED = 3,      /**< everything passes; nothing is counted */
    APE_CIRCUIT_BREAKER_OBSERVE = 4,       /**< the rules go on, events and states too, but
                                                everything passes */
};

/**
 * Set who decides. Reports of calls that began before come too late. Going back to
 * AUTOMATIC starts closed, from nothing.
 *
 * @return APE_OK; APE_ERR_INVALID for an unknown mode.
 */
APE_API ape_status ape_circuit_breaker_set_mode(ape_circuit_breaker *breaker,
                                                ape_circuit_breaker_mode mode);

/** Closed, and nothing remembered but the totals. The mode stays. */
APE_API void ape_circuit_breaker_reset(ape_circuit_breaker *breaker);

typedef void (*ape_circuit_breaker_listener)(void *user, const ape_circuit_breaker_event *event);

/**
 * Share the state with breakers of other processes. The breaker itself does no I/O: it tells
 * @p on_event what happens here, as it tells its own listener, and whoever shares it tells it
 * what happens elsewhere, by the three functions below. ape_bus_share_breaker() does all of
 * that over Redis. In the closed state this costs nothing.
 *
 * While it is shared, trial calls want a grant: the event of the change to HALF_OPEN is the
 * wish for one, and until ape_circuit_breaker_grant() nothing passes.
 *
 * @param on_event  NULL: share it no longer; returns when no callback runs any more, so do not
 *                  call it from one
 */
APE_API void ape_circuit_breaker_set_sharing(ape_circuit_breaker *breaker,
                                             ape_circuit_breaker_listener on_event, void *user);

/** Another process has found the service failing: open for @p open_ms from now, or, if it is open
 *  already, for that long at least. 0, or a mode without rules: ignored. */
APE_API void ape_circuit_breaker_adopt_open(ape_circuit_breaker *breaker, uint64_t open_ms);

/** Trial calls of another process have succeeded: close. */
APE_API void ape_circuit_breaker_adopt_closed(ape_circuit_breaker *breaker);

/** In HALF_OPEN, let trial calls begin for @p lease_ms from now; else ignored. */
APE_API void ape_circuit_breaker_grant(ape_circuit_breaker *breaker, uint64_t lease_ms);

/** Totals since _new, and how things stand. */
typedef struct ape_circuit_breaker_stats {
    uint32_t size; /**< set by the caller to sizeof(stats); so much is written at most */
    ape_circuit_breaker_state state;
    ape_circuit_breaker_mode mode;
    uint32_t consecutive_failures; /**< in the closed state */
    uint64_t retry_after_ms;       /**< as ape_circuit_breaker_retry_after_ms() */
    uint64_t successes;
    uint64_t failures;
    uint64_t slow;
    uint64_t ignored;
    uint64_t cancelled;
    uint64_t not_permitted; /**< calls that got no leave */
    uint64_t rejected;      /**< reports by _report_rejected */
    uint64_t stale;         /**< reports that came too late */
    uint64_t lost;          /**< trial calls whose lease ran out */
    uint64_t openings;
    uint64_t last_event; /**< number of the newest event; 0: none */
    uint32_t probes;     /**< trial calls running now */
    uint32_t reserved;
    /* libape 0.1 ends here. Add below, never in between. */
} ape_circuit_breaker_stats;

/** Fill @p stats. @return APE_OK; APE_ERR_INVALID if its size was not set. */
APE_API ape_status ape_circuit_breaker_get_stats(ape_circuit_breaker *breaker,
                                                 ape_circuit_breaker_stats *stats);

/**
 * Copy the oldest events after number @p after that are still kept (the newest 32
 * are), at most @p capacity.
 *
 * @return how many were copied; a gap in their numbers means that some were missed.
 */
APE_API size_t ape_circuit_breaker_read_events(ape_circuit_breaker *breaker, uint64_t after,
                                               ape_circuit_breaker_event *events, size_t capacity);

APE_END_DECLS

#endif /* APE_CIRCUIT_BREAKER_H */
