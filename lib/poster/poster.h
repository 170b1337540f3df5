/* SPDX-License-Identifier: MIT */
#ifndef APE_POSTER_POSTER_H
#define APE_POSTER_POSTER_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "core/buffer.h"
#include "core/error.h"
#include "core/memory.h"

/** What became of one request. */
typedef enum ape__delivery { APE__DELIVERED, APE__TRY_AGAIN, APE__HOPELESS } ape__delivery;

/** Who posts: a queue of its own, and what it makes of its entries. */
typedef struct ape__poster_owner {
    const char *name;     /* in the log: "notifier" */
    const char *service;  /* in the log: "the webhook" */
    uint32_t interval_ms; /* between two things told */
    uint32_t timeout_ms;  /* for one request */
    uint32_t retries;     /* after a failure that may pass */
    void *user;
    /** Whether something waits; with the lock held. */
    bool (*waits)(const void *user);
    /** Take from the queue what is to be told next; with the lock held. */
    void (*take)(void *user);
    /** Tell what was taken, by ape__poster_deliver(); without the lock. */
    void (*tell)(void *user);
    /** Whether an answer of the service is a good one; NULL: its status alone says so. */
    ape__delivery (*judge)(void *user, long status, const char *body);
} ape__poster_owner;

/**
 * A thread that posts JSON over HTTP, one request after the other, with retries whose pauses grow,
 * and as long as the service asks for. Nobody who puts something into the owner's queue waits for
 * it.
 */
typedef struct ape__poster {
    ape_host *host;
    ape__poster_owner owner;
    CURL *curl; /* of the thread */
    struct curl_slist *headers;
    ape__buffer body; /* of the last answer */
    pthread_t thread;
    bool has_thread;
    atomic_bool closing;

    pthread_mutex_t lock; /* guards the owner's queue, too; never held while anything is called */
    pthread_cond_t changed;
    bool busy; /* something is being told */
} ape__poster;

/** Never fails, so that _clear may follow at any time. @p owner is copied. */
void ape__poster_init(ape__poster *poster, ape_host *host, const ape__poster_owner *owner);

/** Set the connection up; more may be set on poster->curl before the start. False: no memory. */
bool ape__poster_set_up_curl(ape__poster *poster, const char *url);

/** Start the thread. */
ape_status ape__poster_start(ape__poster *poster, ape_error *err);

/** Stop the thread, a request on its way being broken off. */
void ape__poster_stop(ape__poster *poster);

/** After _stop. */
void ape__poster_clear(ape__poster *poster);

/** Post a body until it is delivered, there is no hope, or the poster is stopped. From tell. */
bool ape__poster_deliver(ape__poster *poster, const ape__buffer *body);

/** Wait until nothing waits or is being told. @return APE_OK; APE_ERR_TIMEOUT. */
ape_status ape__poster_flush(ape__poster *poster, uint32_t timeout_ms);

/** What a status says by itself. */
ape__delivery ape__poster_judge_status(long status);

/** One request. @p wait_ms: what the service asks for; 0: nothing. */
ape__delivery ape__poster_send(ape__poster *poster, const ape__buffer *body, uint64_t *wait_ms);

#endif /* APE_POSTER_POSTER_H */
