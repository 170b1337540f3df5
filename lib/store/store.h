/* SPDX-License-Identifier: MIT */
#ifndef APE_STORE_STORE_H
#define APE_STORE_STORE_H

#include <ape/store.h>

#include <pthread.h>
#include <stdatomic.h>

#include "store/metrics.h"
#include "store/operation.h"
#include "store/outbox.h"
#include "store/pool.h"
#include "store/sql.h"

/** A write that a thread waits for. */
typedef struct ape__write {
    const ape__operation *operation;
    struct ape__write *next;
    ape_status status;
    ape_store_place place;
    ape_error error;
    bool done;
} ape__write;

/*
 * Writers stand in a line. The first of them becomes the leader, takes all who wait and commits
 * them in one transaction: one sync of the disk serves many.
 */
struct ape_store {
    ape_host *host;
    atomic_size_t shares;
    char *path; /* of the SQLite file; NULL for PostgreSQL */
    ape__postgres_target target;
    char *owned[8]; /* texts of the target, wiped when freed */
    size_t owned_size[8];
    ape__pool readers;
    ape__store_metrics metrics;

    pthread_mutex_t lock; /* guards what follows, but not while a leader or the sender uses it */
    pthread_cond_t changed;
    ape__write *first, *last;
    bool leading;
    ape__sql *writer; /* the leader's; the sender's while queueing */

    /* PostgreSQL only. */
    ape__outbox *outbox;
    bool queueing; /* writes go to the outbox */
    bool stopping;
    bool has_sender;
    pthread_t sender;
    char away_reason[200]; /* "": it is there */
};

/** Share a store; ape_store_free() gives the share up. NULL stays NULL. */
ape_store *ape__store_ref(ape_store *store);

/** Where sessions come from; @p store is an ape_store. */
ape_status ape__store_open_session(ape_host *host, void *store, ape__sql **out, ape_error *err);

/** Acknowledged writes; waits. All or the first failure's status; each write has its own. */
ape_status ape__store_write(ape_store *store, ape__write *writes, size_t count, ape_error *err);

/** Run one reading statement. */
ape_status ape__store_read(ape_store *store, const char *statement, const ape__sql_value *values,
                           size_t count, ape__sql_row on_row, void *user, ape_error *err);

/** Note that PostgreSQL is away, and let the sender look for it. Called without the lock. */
void ape__store_set_away(ape_store *store, const char *reason);

/** The sender: takes what waits in the outbox to PostgreSQL. */
ape_status ape__store_start_sender(ape_store *store, ape_error *err);
void ape__store_stop_sender(ape_store *store);

#endif /* APE_STORE_STORE_H */
