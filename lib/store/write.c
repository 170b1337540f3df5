/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "core/host.h"
#include "store/store.h"

enum { BATCH = 256 };

static ape_status apply_together(ape__sql *sql, ape__write *const *batch, size_t count,
                                 ape_error *err)
{
    ape__sql_item items[BATCH * APE__OPERATION_ITEMS];
    size_t item_count = 0;

    for (size_t i = 0; i < count; i++)
        item_count += ape__operation_items(batch[i]->operation, items + item_count);
    return sql->kind->run_together(sql, items, item_count, err);
}

static void settle(ape__write *const *batch, size_t count, ape_status status, ape_store_place place,
                   const ape_error *error)
{
    for (size_t i = 0; i < count; i++) {
        batch[i]->status = status;
        batch[i]->place = place;
        if (status != APE_OK)
            batch[i]->error = *error;
    }
}

static bool is_away(ape_status st)
{
    return st == APE_ERR_UNAVAILABLE || st == APE_ERR_TIMEOUT;
}

static void close_writer(ape_store *s)
{
    if (s->writer)
        s->writer->kind->close(s->writer);
    s->writer = NULL;
}

/* One by one, since one of them spoils the batch. */
static void commit_each(ape_store *s, ape__write *const *batch, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ape_error error = { .status = APE_OK };
        ape_status st = apply_together(s->writer, &batch[i], 1, &error);

        settle(&batch[i], 1, st, APE_STORE_STORED, &error);
    }
}

/* APE_OK: settled. Else the database is away, and nobody knows yet. */
static ape_status commit_direct(ape_store *s, ape__write *const *batch, size_t count,
                                ape_error *error)
{
    ape_status st = apply_together(s->writer, batch, count, error);

    if (is_away(st) && s->outbox)
        return st;
    if (st == APE_OK || count == 1 || st == APE_ERR_IO || is_away(st))
        settle(batch, count, st, APE_STORE_STORED, error);
    else
        commit_each(s, batch, count);
    return APE_OK;
}

static void commit_to_outbox(ape_store *s, ape__write *const *batch, size_t count)
{
    const ape__operation *operations[BATCH];
    ape_error error = { .status = APE_OK };
    ape_status st;

    for (size_t i = 0; i < count; i++)
        operations[i] = batch[i]->operation;
    st = ape__outbox_append(s->outbox, operations, count, &error);
    settle(batch, count, st, APE_STORE_QUEUED, &error);
}

/* The leader alone is here. @p queueing changes only while nobody leads. */
static void commit(ape_store *s, ape__write *const *batch, size_t count, bool queueing)
{
    ape_error error = { .status = APE_OK };

    if (!queueing && commit_direct(s, batch, count, &error) == APE_OK)
        return;
    commit_to_outbox(s, batch, count);
    if (!queueing) {
        close_writer(s);
        ape__store_set_away(s, error.message);
    }
}

static size_t take_batch(ape_store *s, ape__write *batch[BATCH])
{
    size_t count = 0;

    while (s->first && count < BATCH) {
        batch[count++] = s->first;
        s->first = s->first->next;
    }
    if (!s->first)
        s->last = NULL;
    return count;
}

static void lead(ape_store *s)
{
    ape__write *batch[BATCH];
    size_t count = take_batch(s, batch);
    bool queueing = s->queueing;

    s->leading = true;
    pthread_mutex_unlock(&s->lock);
    commit(s, batch, count, queueing);
    pthread_mutex_lock(&s->lock);
    s->leading = false;
    for (size_t i = 0; i < count; i++)
        batch[i]->done = true;
    pthread_cond_broadcast(&s->changed);
}

static void stand_in_line(ape_store *s, ape__write *writes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        writes[i].next = NULL;
        writes[i].done = false;
        if (s->last)
            s->last->next = &writes[i];
        else
            s->first = &writes[i];
        s->last = &writes[i];
    }
}

static void note(const ape_store *s, const ape__write *writes, size_t count, double took_ms)
{
    for (size_t i = 0; i < count; i++)
        ape__store_metrics_note_write(&s->metrics, writes[i].status, writes[i].place, took_ms);
}

ape_status ape__store_write(ape_store *store, ape__write *writes, size_t count, ape_error *err)
{
    double begun_ms = ape__exact_ms();

    if (count == 0)
        return APE_OK;
    pthread_mutex_lock(&store->lock);
    stand_in_line(store, writes, count);
    /* The last of them is settled last. */
    while (!writes[count - 1].done) {
        if (store->leading || !store->first)
            pthread_cond_wait(&store->changed, &store->lock);
        else
            lead(store);
    }
    pthread_mutex_unlock(&store->lock);
    note(store, writes, count, ape__exact_ms() - begun_ms);
    for (size_t i = 0; i < count; i++) {
        if (writes[i].status == APE_OK)
            continue;
        if (err)
            *err = writes[i].error;
        return writes[i].status;
    }
    return APE_OK;
}
