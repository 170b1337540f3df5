/* SPDX-License-Identifier: MIT */
#ifndef APE_NOTIFIER_INTERNAL_H
#define APE_NOTIFIER_INTERNAL_H

#include <ape/notifier.h>

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "core/buffer.h"
#include "core/error.h"
#include "core/memory.h"

enum {
    APE__MATTER_SIZE = 81,
    APE__TITLE_SIZE = 201,
    APE__TEXT_SIZE = 1001,
    APE__MATTERS = 256, /* that are remembered; the one not told for longest makes room */
    APE__GROUP_MAX = 20 /* notices in one message */
};

typedef struct ape__notice {
    struct ape__notice *next;
    ape_severity severity;
    char matter[APE__MATTER_SIZE];
    char title[APE__TITLE_SIZE];
    char text[APE__TEXT_SIZE];
} ape__notice;

/** Something that is being told. */
typedef struct ape__matter {
    char name[APE__MATTER_SIZE]; /* "": free */
    ape_severity severity;       /* as it was told */
    uint64_t told_ms;
} ape__matter;

struct ape_notifier {
    ape_host *host;
    ape_notifier_options opts; /* its strings are the copies below */
    char *webhook_url;
    char *source;
    size_t url_size; /* to be wiped */
    CURL *curl;      /* of the thread */
    struct curl_slist *headers;
    ape_counter *sent, *dropped, *suppressed;

    pthread_t thread;
    bool has_thread;
    atomic_bool closing;

    pthread_mutex_t lock; /* guards what follows; never held while anything is called */
    pthread_cond_t changed;
    ape__notice *first;
    ape__notice **end;
    uint32_t waiting;
    bool busy; /* a message is on its way */
    ape__matter matters[APE__MATTERS];
};

/* queue.c */
/** Take a notice over, unless it is not worth telling; with the lock held. The notices
 *  that are not kept (it, or one that waited) come back to be freed. */
typedef enum ape__posted { APE__KEPT, APE__SUPPRESSED, APE__FULL } ape__posted;
ape__posted ape__notifier_enqueue(ape_notifier *notifier, ape__notice *notice, uint64_t now_ms,
                                  ape__notice **spare);
/** Up to APE__GROUP_MAX notices from the front; with the lock held. */
ape__notice *ape__notifier_dequeue(ape_notifier *notifier);
void ape__notices_free(ape_host *host, ape__notice *notices);

/* message.c */
/** The webhook's JSON for some notices. */
void ape__notifier_render(const ape_notifier *notifier, const ape__notice *notices,
                          ape__buffer *out);

/* send.c */
typedef struct ape__delivery {
    enum { APE__DELIVERED, APE__TRY_AGAIN, APE__HOPELESS } result;
    uint64_t wait_ms; /* that the service asked for; 0: it did not */
} ape__delivery;
bool ape__notifier_set_up_curl(ape_notifier *notifier);
ape__delivery ape__notifier_send(ape_notifier *notifier, const char *body, size_t size);

/* thread.c */
ape_status ape__notifier_start(ape_notifier *notifier, ape_error *err);
void ape__notifier_stop(ape_notifier *notifier);
/** Milliseconds of the system's monotonic clock: conditions know no other. */
uint64_t ape__notifier_clock_ms(void);
/** Wait on the notifier's condition for some time; with the lock held. */
void ape__notifier_wait(ape_notifier *notifier, uint64_t ms);

#endif /* APE_NOTIFIER_INTERNAL_H */
