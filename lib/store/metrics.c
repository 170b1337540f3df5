/* SPDX-License-Identifier: MIT */
#include "store/metrics.h"

#include "metrics_registry/share.h"
#include "metrics_registry/watched.h"
#include "store/store.h"

/* From a sync of a fast disk to a statement's time limit. */
static const double write_seconds[] = { 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                        0.1,    0.25,  0.5,    1,     2.5,  5,     10 };

static double read_up(void *store)
{
    ape_store *s = store;
    bool is_away;

    pthread_mutex_lock(&s->lock);
    is_away = s->away_reason[0] != '\0';
    pthread_mutex_unlock(&s->lock);
    return !is_away;
}

static double read_queued(void *store)
{
    const ape_store *s = store;

    return s->outbox ? (double)atomic_load(&s->outbox->waiting) : 0;
}

static double read_set_aside(void *store)
{
    const ape_store *s = store;

    return s->outbox ? (double)atomic_load(&s->outbox->set_aside) : 0;
}

static const ape__watched_value watched[] = {
    { "ape_store_up", "1: the database is there, 0: it is away.", read_up },
    { "ape_store_queued", "Writes that wait on this machine for the database.", read_queued },
    { "ape_store_set_aside", "Writes that the database refused for good.", read_set_aside },
};

enum { WATCHED = sizeof(watched) / sizeof(watched[0]) };

static ape_status add_counter(ape_metric_family *family, const char *value, ape_counter **out,
                              ape_error *err)
{
    return ape_metric_family_get_counter(family, &value, out, err);
}

static ape_status add_writes(ape__store_metrics *m, ape_error *err)
{
    static const char *const labels[] = { "result", NULL };
    ape_metric_family *family;
    ape_status st = ape_metrics_registry_add_counter(
        m->registry, "ape_store_writes_total",
        "Writes by where they are: stored, queued, or nowhere: failed.", labels, &family, err);

    if (st == APE_OK)
        st = add_counter(family, "stored", &m->stored, err);
    if (st == APE_OK)
        st = add_counter(family, "queued", &m->queued, err);
    if (st == APE_OK)
        st = add_counter(family, "failed", &m->failed, err);
    if (st == APE_OK)
        st = ape_metrics_registry_add_histogram(
            m->registry, "ape_store_write_seconds", "Time until a write was acknowledged.", NULL,
            write_seconds, sizeof(write_seconds) / sizeof(write_seconds[0]), &family, err);
    return st == APE_OK ? ape_metric_family_get_histogram(family, NULL, &m->write_seconds, err)
                        : st;
}

static ape_status add_reads(ape__store_metrics *m, ape_error *err)
{
    static const char *const labels[] = { "result", NULL };
    ape_metric_family *family;
    ape_status st = ape_metrics_registry_add_counter(m->registry, "ape_store_reads_total",
                                                     "Reading statements by result: ok, failed.",
                                                     labels, &family, err);

    if (st == APE_OK)
        st = add_counter(family, "ok", &m->reads, err);
    return st == APE_OK ? add_counter(family, "failed", &m->failed_reads, err) : st;
}

ape_status ape_store_set_metrics(ape_store *store, ape_metrics_registry *registry, ape_error *err)
{
    ape__store_metrics m = { .registry = registry };
    ape_status st;

    if (!store || !registry)
        return ape__fail(err, APE_ERR_INVALID, "store or registry is NULL");
    if (store->metrics.registry)
        return ape__fail(err, APE_ERR_STATE, "this store counts into a registry already");
    st = add_writes(&m, err);
    if (st == APE_OK)
        st = add_reads(&m, err);
    if (st == APE_OK)
        st = ape__watch(registry, watched, WATCHED, store, err);
    if (st != APE_OK)
        return st;
    ape__metrics_registry_ref(registry);
    store->metrics = m;
    return APE_OK;
}

void ape__store_metrics_clear(ape_store *store)
{
    ape__unwatch(store->metrics.registry, watched, WATCHED, store);
    ape_metrics_registry_free(store->metrics.registry);
}

void ape__store_metrics_note_write(const ape__store_metrics *metrics, ape_status status,
                                   ape_store_place place, double took_ms)
{
    if (status != APE_OK)
        ape_counter_inc(metrics->failed);
    else
        ape_counter_inc(place == APE_STORE_QUEUED ? metrics->queued : metrics->stored);
    (void)ape_histogram_observe(metrics->write_seconds, took_ms / 1000);
}

void ape__store_metrics_note_read(const ape__store_metrics *metrics, ape_status status)
{
    ape_counter_inc(status == APE_OK ? metrics->reads : metrics->failed_reads);
}
