/* SPDX-License-Identifier: MIT */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/host.h"
#include "core/json.h"
#include "core/options.h"
#include "core/settings.h"
#include "core/url.h"
#include "store/schema.h"

static const ape_store_options defaults = {
    .size = sizeof(ape_store_options),
    .statement_timeout_ms = 10000,
};

void ape_store_options_init(ape_store_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

const char *ape_store_place_name(ape_store_place place)
{
    return place == APE_STORE_QUEUED ? "queued" : "stored";
}

ape_status ape__store_open_session(ape_host *host, void *user, ape__sql **out, ape_error *err)
{
    ape_store *s = user;
    ape_status st;

    if (s->path)
        return ape__sqlite_open(host, s->path, ape__schema_sqlite, ape__schema_size, out, err);
    st = ape__postgres_open(host, &s->target, out, err);
    if (st != APE_OK)
        return st;
    st = (*out)->kind->migrate(*out, err);
    if (st != APE_OK)
        (*out)->kind->close(*out);
    return st;
}

/* Where things are. */

static ape_status make_folder(const char *path, ape_error *err)
{
    char part[4096];

    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        const char *end = strchr(slash + 1, '/');

        snprintf(part, sizeof(part), "%.*s", end ? (int)(end - path) : (int)strlen(path), path);
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return ape__fail_detail(err, APE_ERR_IO, errno, "%s: %s", part, strerror(errno));
    }
    return APE_OK;
}

static ape_status find_folder(const ape_store_options *o, char out[4000], ape_error *err)
{
    const char *given =
        o->state_dir ? o->state_dir : ape_settings_get(o->settings, "APE_STATE_DIR");
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int size;

    if (given)
        size = snprintf(out, 4000, "%s", given);
    else if (xdg && xdg[0] == '/')
        size = snprintf(out, 4000, "%s/ape", xdg);
    else if (home && home[0])
        size = snprintf(out, 4000, "%s/.local/state/ape", home);
    else
        return ape__fail(err, APE_ERR_INVALID,
                         "no folder for the store: set APE_STATE_DIR, or HOME");
    if (size >= 4000 || out[0] == '\0')
        return ape__fail(err, APE_ERR_INVALID, "APE_STATE_DIR is empty or too long");
    return make_folder(out, err);
}

/* What PostgreSQL needs to know. */

static ape_status own(ape_store *s, size_t slot, const char *text, const char **out, ape_error *err)
{
    if (!text)
        return APE_OK;
    s->owned[slot] = ape__strdup(s->host, text);
    s->owned_size[slot] = strlen(text);
    *out = s->owned[slot];
    return s->owned[slot] ? APE_OK : ape__fail_no_memory(err);
}

static ape_status load_url(ape_store *s, const char *url, ape_error *err)
{
    ape__url parts;
    const char *problem = ape__url_parse(url, &parts);
    ape_status st;

    if (problem)
        return ape__fail(err, APE_ERR_INVALID, "DATABASE_URL is no URL: it %s", problem);
    if (!ape__slice_is(parts.scheme, "postgresql") && !ape__slice_is(parts.scheme, "postgres"))
        return ape__fail(err, APE_ERR_INVALID, "DATABASE_URL must begin with postgresql://");
    st = own(s, 0, url, &s->target.conninfo, err);
    return st == APE_OK ? ape__postgres_check(&s->target, err) : st;
}

static ape_status load_parts(ape_store *s, const ape_settings *settings, ape_error *err)
{
    const struct {
        const char *name;
        const char **place;
    } parts[] = {
        { "POSTGRES_HOST", &s->target.host },   { "POSTGRES_PORT", &s->target.port },
        { "POSTGRES_USER", &s->target.user },   { "POSTGRES_PASSWORD", &s->target.password },
        { "POSTGRES_DB", &s->target.database }, { "POSTGRES_SSLMODE", &s->target.sslmode },
    };
    ape_status st = APE_OK;
    int64_t port;

    st = ape_settings_get_integer(settings, "POSTGRES_PORT", 1, 65535, 5432, &port, err);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && st == APE_OK; i++)
        st = own(s, i + 1, ape__settings_effective(settings, parts[i].name), parts[i].place, err);
    if (st == APE_OK && !s->target.host)
        s->target.host = "localhost";
    return st;
}

static ape_status choose_backend(const ape_settings *settings, bool *postgres, ape_error *err)
{
    const char *store = ape_settings_get(settings, "APE_STORE");

    *postgres = store ? strcmp(store, "postgres") == 0
                      : ape_settings_get(settings, "DATABASE_URL") != NULL ||
                            ape_settings_get(settings, "POSTGRES_HOST") != NULL;
    if (store && !*postgres && strcmp(store, "sqlite") != 0)
        return ape__fail(err, APE_ERR_INVALID, "APE_STORE must be sqlite or postgres");
    return APE_OK;
}

/* Opening. */

static ape_status open_sqlite(ape_store *s, const char *folder, ape_error *err)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/predictions.db", folder);
    s->path = ape__strdup(s->host, path);
    if (!s->path)
        return ape__fail_no_memory(err);
    return ape__store_open_session(s->host, s, &s->writer, err);
}

static ape_status open_postgres(ape_store *s, const ape_settings *settings, const char *folder,
                                ape_error *err)
{
    const char *url = ape_settings_get(settings, "DATABASE_URL");
    ape_status st = url ? load_url(s, url, err) : load_parts(s, settings, err);
    ape_error away;

    if (st == APE_OK)
        st = ape__outbox_open(s->host, folder, &s->outbox, err);
    if (st != APE_OK)
        return st;
    s->queueing = atomic_load(&s->outbox->waiting) > 0;
    st = ape__store_open_session(s->host, s, &s->writer, &away);
    if (st == APE_ERR_UNAVAILABLE || st == APE_ERR_TIMEOUT) {
        ape__store_set_away(s, away.message);
    } else if (st != APE_OK) {
        if (err)
            *err = away;
        return st;
    }
    return ape__store_start_sender(s, err);
}

static void init_locks(ape_store *s)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    ape__pool_init(&s->readers, s->host, (ape__sql_source){ ape__store_open_session, s });
}

static ape_status open_store(ape_store *s, const ape_store_options *o, ape_error *err)
{
    char folder[4000];
    bool postgres;
    ape_status st = choose_backend(o->settings, &postgres, err);

    if (st == APE_OK)
        st = find_folder(o, folder, err);
    if (st != APE_OK)
        return st;
    s->target.statement_timeout_ms = o->statement_timeout_ms;
    return postgres ? open_postgres(s, o->settings, folder, err) : open_sqlite(s, folder, err);
}

ape_status ape_store_new(ape_host *host, const ape_store_options *opts, ape_store **out,
                         ape_error *err)
{
    ape_store_options o = defaults;
    ape_store *s;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = ape__options_load(&o, sizeof(o), sizeof(o), opts, err);
    if (st != APE_OK)
        return st;
    if (o.statement_timeout_ms < 1 || o.statement_timeout_ms > 600000)
        return ape__fail(err, APE_ERR_INVALID, "statement_timeout_ms must be from 1 to 600000");
    s = ape__alloc(host, sizeof(*s));
    if (!s)
        return ape__fail_no_memory(err);
    s->host = ape__host_ref(host);
    atomic_init(&s->shares, 1);
    init_locks(s);
    st = open_store(s, &o, err);
    if (st != APE_OK) {
        ape_store_free(s);
        return st;
    }
    *out = s;
    return APE_OK;
}

ape_store *ape__store_ref(ape_store *store)
{
    if (store)
        atomic_fetch_add_explicit(&store->shares, 1, memory_order_relaxed);
    return store;
}

void ape_store_free(ape_store *store)
{
    ape_host *host;

    if (!store || atomic_fetch_sub_explicit(&store->shares, 1, memory_order_acq_rel) != 1)
        return;
    host = store->host;
    ape__store_metrics_clear(store);
    ape__store_stop_sender(store);
    if (store->writer)
        store->writer->kind->close(store->writer);
    ape__pool_clear(&store->readers);
    ape__outbox_close(store->outbox);
    for (size_t i = 0; i < sizeof(store->owned) / sizeof(store->owned[0]); i++) {
        if (!store->owned[i])
            continue;
        ape__wipe(store->owned[i], store->owned_size[i]);
        ape__free(host, store->owned[i], store->owned_size[i] + 1);
    }
    ape__strfree(host, store->path);
    pthread_mutex_destroy(&store->lock);
    pthread_cond_destroy(&store->changed);
    ape__free(host, store, sizeof(*store));
    ape_host_free(host);
}

/* Reading. */

static ape_status fail_if_away(ape_store *s, ape_error *err)
{
    ape_status st = APE_OK;

    if (!s->outbox)
        return APE_OK;
    pthread_mutex_lock(&s->lock);
    if (s->away_reason[0])
        st = ape__fail(err, APE_ERR_UNAVAILABLE, "%s", s->away_reason);
    pthread_mutex_unlock(&s->lock);
    return st;
}

static ape_status read_once(ape_store *s, const char *statement, const ape__sql_value *values,
                            size_t count, ape__sql_row on_row, void *user, bool *was_idle,
                            ape_error *err)
{
    ape__sql *sql;
    ape_status st = ape__pool_take(&s->readers, &sql, was_idle, err);

    if (st != APE_OK)
        return st;
    st = sql->kind->run(sql, statement, values, count, on_row, user, err);
    ape__pool_give(&s->readers, sql);
    return st;
}

static ape_status read_again(ape_store *store, const char *statement, const ape__sql_value *values,
                             size_t count, ape__sql_row on_row, void *user, ape_error *err)
{
    ape_status st = fail_if_away(store, err);
    bool was_idle = true;
    ape_error away = { .message = "" };

    if (st != APE_OK)
        return st;
    /* Sessions that lay idle while the server was restarted are dead, all of them. */
    for (int i = 0; i <= APE__POOL_SIZE && was_idle; i++) {
        st = read_once(store, statement, values, count, on_row, user, &was_idle, &away);
        if (st != APE_ERR_UNAVAILABLE || !store->outbox)
            break;
    }
    if (st == APE_ERR_UNAVAILABLE && store->outbox)
        ape__store_set_away(store, away.message);
    if (st != APE_OK && err)
        *err = away;
    return st;
}

ape_status ape__store_read(ape_store *store, const char *statement, const ape__sql_value *values,
                           size_t count, ape__sql_row on_row, void *user, ape_error *err)
{
    ape_status st = read_again(store, statement, values, count, on_row, user, err);

    ape__store_metrics_note_read(&store->metrics, st);
    return st;
}

/* How it is. */

ape_status ape_store_health(ape_store *store, ape_text **out, ape_error *err)
{
    ape__buffer buffer;
    ape__json_writer w;
    char reason[200];

    if (!store || !out)
        return ape__fail(err, APE_ERR_INVALID, "store or out is NULL");
    pthread_mutex_lock(&store->lock);
    memcpy(reason, store->away_reason, sizeof(reason));
    pthread_mutex_unlock(&store->lock);
    ape__buffer_init(&buffer, store->host);
    ape__json_writer_init(&w, &buffer);
    ape__json_begin_object(&w, NULL);
    ape__json_string(&w, "backend", store->outbox ? "postgres" : "sqlite");
    ape__json_string(&w, "state", reason[0] ? "away" : "ok");
    ape__json_string(&w, "reason", reason[0] ? reason : NULL);
    ape__json_integer(&w, "queued", store->outbox ? atomic_load(&store->outbox->waiting) : 0);
    ape__json_integer(&w, "set_aside", store->outbox ? atomic_load(&store->outbox->set_aside) : 0);
    ape__json_end_object(&w);
    return ape__buffer_take(&buffer, out, err);
}

ape_status ape_store_flush(ape_store *store, uint64_t timeout_ms, ape_error *err)
{
    uint64_t end = ape__now_ms(NULL) + timeout_ms;

    if (!store)
        return ape__fail(err, APE_ERR_INVALID, "store is NULL");
    while (store->outbox && atomic_load(&store->outbox->waiting) > 0) {
        const struct timespec moment = { .tv_nsec = 2000000 };

        if (ape__now_ms(NULL) >= end)
            return ape__fail(err, APE_ERR_TIMEOUT, "%lld writes still wait for PostgreSQL",
                             (long long)atomic_load(&store->outbox->waiting));
        nanosleep(&moment, NULL);
    }
    return APE_OK;
}
