/* SPDX-License-Identifier: MIT */
#ifndef APE_NOTIFIER_INTERNAL_H
#define APE_NOTIFIER_INTERNAL_H

#include <ape/notifier.h>

#include "poster/poster.h"

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
    ape_counter *sent, *dropped, *suppressed;

    ape__poster poster;
    ape__notice *taken; /* the thread's: being told */

    /* The poster's lock guards what follows. */
    ape__notice *first;
    ape__notice **end;
    uint32_t waiting;
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

#endif /* APE_NOTIFIER_INTERNAL_H */
