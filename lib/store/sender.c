/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/host.h"
#include "core/json.h"
#include "store/schema.h"
#include "store/store.h"

enum { BATCH = 256, FIRST_WAIT_MS = 50, LONGEST_WAIT_MS = 5000 };

typedef struct waiting {
    int64_t sequence;
    ape__operation operation;
    void *memory;
} waiting;

typedef struct batch {
    size_t count;
    waiting items[BATCH];
} batch;

void ape__store_set_away(ape_store *store, const char *reason)
{
    bool is_news;

    pthread_mutex_lock(&store->lock);
    is_news = !store->queueing;
    snprintf(store->away_reason, sizeof(store->away_reason), "%.199s", reason);
    store->queueing = true;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
    if (is_news)
        ape__log(store->host, APE_LOG_WARNING, "store", "%s; writes are queued", reason);
}

/* Sleep, or until the store closes. */
static void rest(ape_store *s, uint32_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&s->lock);
    while (!s->stopping && pthread_cond_timedwait(&s->changed, &s->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&s->lock);
}

static void set_reason(ape_store *s, const char *reason)
{
    pthread_mutex_lock(&s->lock);
    snprintf(s->away_reason, sizeof(s->away_reason), "%.199s", reason);
    pthread_mutex_unlock(&s->lock);
}

static ape_status connect_writer(ape_store *s, ape_error *err)
{
    if (s->writer && s->writer->broken) {
        s->writer->kind->close(s->writer);
        s->writer = NULL;
    }
    return s->writer ? APE_OK : ape__store_open_session(s->host, s, &s->writer, err);
}

/* How far PostgreSQL has seen this outbox; what it has seen is forgotten here. */
static ape_status read_applied(ape_store *s, int64_t *applied, ape_error *err)
{
    char statement[128];
    ape_status st;

    snprintf(statement, sizeof(statement),
             "SELECT sequence FROM outbox_applied WHERE outbox = '%s'", s->outbox->id);
    st = ape__sql_scalar(s->writer, statement, applied, err);
    return st == APE_OK && *applied > 0 ? ape__outbox_remove(s->outbox, *applied, err) : st;
}

static ape_status take_item(void *user, const ape__sql_value *columns, size_t count, ape_error *err)
{
    batch *b = user;
    waiting *item = &b->items[b->count];
    ape_status st;

    (void)count;
    st = ape__operation_read(columns[1].text, &item->operation, &item->memory, err);
    if (st != APE_OK)
        return st;
    item->sequence = columns[0].integer;
    b->count++;
    return APE_OK;
}

static void clear_batch(batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        cJSON_Delete(b->items[i].memory);
    b->count = 0;
}

static const char note_statement[] =
    "INSERT INTO outbox_applied (outbox, sequence) VALUES ($1, $2)"
    " ON CONFLICT (outbox) DO UPDATE SET sequence = excluded.sequence";

/* The operations and the note of how far they go, together: that is what makes it once. */
static ape_status send(ape_store *s, const waiting *items, size_t count, int64_t sequence,
                       ape_error *err)
{
    const ape__sql_value note[] = { ape__sql_text(s->outbox->id), ape__sql_integer(sequence) };
    ape__sql_item statements[BATCH * APE__OPERATION_ITEMS + 1];
    size_t statement_count = 0;

    for (size_t i = 0; i < count; i++)
        statement_count += ape__operation_items(&items[i].operation, statements + statement_count);
    statements[statement_count++] = (ape__sql_item){ note_statement, note, 2 };
    return s->writer->kind->run_together(s->writer, statements, statement_count, err);
}

static bool is_refusal(ape_status st)
{
    return st == APE_ERR_INVALID || st == APE_ERR_INTERNAL || st == APE_ERR_FORMAT;
}

/* One by one, to find the one that is refused. */
static ape_status send_each(ape_store *s, const batch *b, ape_error *err)
{
    ape_status st = APE_OK;

    for (size_t i = 0; i < b->count && st == APE_OK; i++) {
        st = send(s, &b->items[i], 1, b->items[i].sequence, err);
        if (!is_refusal(st))
            continue;
        ape__log(s->host, APE_LOG_ERROR, "store", "a write was refused and set aside: %s",
                 err->message);
        st = ape__outbox_set_aside(s->outbox, b->items[i].sequence, err->message, err);
        if (st == APE_OK)
            st = send(s, NULL, 0, b->items[i].sequence, err);
    }
    return st;
}

static ape_status send_batch(ape_store *s, const batch *b, ape_error *err)
{
    ape_status st = send(s, b->items, b->count, b->items[b->count - 1].sequence, err);

    return is_refusal(st) ? send_each(s, b, err) : st;
}

static bool is_stopping(ape_store *s)
{
    bool stopping;

    pthread_mutex_lock(&s->lock);
    stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    return stopping;
}

/* Send what waits; stop at the first batch that was not full where @p to_the_end is false. */
static ape_status send_waiting(ape_store *s, batch *b, int64_t *sent, bool to_the_end,
                               ape_error *err)
{
    ape_status st = APE_OK;
    bool more = true;

    while (st == APE_OK && more && !is_stopping(s)) {
        st = ape__outbox_read(s->outbox, *sent, BATCH, take_item, b, err);
        more = to_the_end ? b->count > 0 : b->count == BATCH;
        if (st == APE_OK && b->count > 0) {
            *sent = b->items[b->count - 1].sequence;
            st = send_batch(s, b, err);
        }
        if (st == APE_OK && b->count > 0)
            st = ape__outbox_remove(s->outbox, *sent, err);
        clear_batch(b);
    }
    return st;
}

/* Lead, so that nobody appends; writers stand in line for the moment it takes. */
static void hold_writers(ape_store *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->leading)
        pthread_cond_wait(&s->changed, &s->lock);
    s->leading = true;
    pthread_mutex_unlock(&s->lock);
}

static void release_writers(ape_store *s, bool directly)
{
    pthread_mutex_lock(&s->lock);
    s->leading = false;
    if (directly) {
        s->queueing = false;
        s->away_reason[0] = '\0';
    }
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static ape_status send_all(ape_store *s, batch *b, ape_error *err)
{
    int64_t sent = 0;
    ape_status st = connect_writer(s, err);

    if (st == APE_OK)
        st = read_applied(s, &sent, err);
    if (st != APE_OK)
        return st;
    set_reason(s, "");
    st = send_waiting(s, b, &sent, false, err);
    if (st != APE_OK)
        return st;
    hold_writers(s);
    st = send_waiting(s, b, &sent, true, err);
    release_writers(s, st == APE_OK && !is_stopping(s));
    return st;
}

/* A leader who began before queueing may still be at the writer. */
static bool wait_for_work(ape_store *s)
{
    bool stopping;

    pthread_mutex_lock(&s->lock);
    while ((!s->queueing || s->leading) && !s->stopping)
        pthread_cond_wait(&s->changed, &s->lock);
    stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    return !stopping;
}

static void *run_sender(void *user)
{
    ape_store *s = user;
    uint32_t wait_ms = FIRST_WAIT_MS;
    batch *b = ape__alloc(s->host, sizeof(*b));

    while (b && wait_for_work(s)) {
        ape_error error = { .message = "" };

        if (send_all(s, b, &error) == APE_OK) {
            wait_ms = FIRST_WAIT_MS;
            continue;
        }
        set_reason(s, error.message);
        rest(s, wait_ms + (uint32_t)(ape__now_ms(NULL) * 2654435761u % (wait_ms / 2)));
        wait_ms = wait_ms * 2 < LONGEST_WAIT_MS ? wait_ms * 2 : LONGEST_WAIT_MS;
    }
    ape__free(s->host, b, sizeof(*b));
    return NULL;
}

ape_status ape__store_start_sender(ape_store *store, ape_error *err)
{
    int code = pthread_create(&store->sender, NULL, run_sender, store);

    if (code != 0)
        return ape__fail_detail(err, APE_ERR_IO, code, "cannot start a thread: %s", strerror(code));
    store->has_sender = true;
    return APE_OK;
}

void ape__store_stop_sender(ape_store *store)
{
    if (!store->has_sender)
        return;
    pthread_mutex_lock(&store->lock);
    store->stopping = true;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
    pthread_join(store->sender, NULL);
    store->has_sender = false;
}
