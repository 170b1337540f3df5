/* SPDX-License-Identifier: MIT */
#ifndef APE_STORE_OUTBOX_H
#define APE_STORE_OUTBOX_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/operation.h"

/**
 * A SQLite file of writes on their way to PostgreSQL. Several processes may share a folder: each
 * takes a file of its own, outbox-0.db or the next that nobody holds.
 */
typedef struct ape__outbox {
    ape_host *host; /* borrowed */
    int lock_fd;
    /* Turns at sql, in the order of asking: who appends all the time must not starve who sends. */
    pthread_mutex_t lock;
    pthread_cond_t next;
    uint64_t asked, served;
    ape__sql *sql;
    char id[37];
    atomic_llong waiting;
    atomic_llong set_aside;
} ape__outbox;

ape_status ape__outbox_open(ape_host *host, const char *folder, ape__outbox **out, ape_error *err);
void ape__outbox_close(ape__outbox *outbox);

/** Append operations, synced, all or none. */
ape_status ape__outbox_append(ape__outbox *outbox, const ape__operation *const *operations,
                              size_t count, ape_error *err);

/** Operations after a sequence number, in order, at most @p limit. */
ape_status ape__outbox_read(ape__outbox *outbox, int64_t after, size_t limit, ape__sql_row on_row,
                            void *user, ape_error *err);

/** Forget operations up to a sequence number. */
ape_status ape__outbox_remove(ape__outbox *outbox, int64_t up_to, ape_error *err);

/** Keep an operation that PostgreSQL refused for good, with the reason. */
ape_status ape__outbox_set_aside(ape__outbox *outbox, int64_t sequence, const char *reason,
                                 ape_error *err);

#endif /* APE_STORE_OUTBOX_H */
