/* SPDX-License-Identifier: MIT */
#include "lineage/lineage.h"

#include <string.h>

#include "core/host.h"
#include "core/options.h"
#include "core/settings.h"
#include "metrics_registry/share.h"

enum {
    BATCH_MOST = 50,             /* answers in one request */
    ANSWER_MOST_BYTES = 4 << 20, /* as in the store */
    WAITING_MOST_BYTES = 16 << 20,
};

static const ape_lineage_options defaults = {
    .size = sizeof(ape_lineage_options),
    .queue_limit = 1000,
    .interval_ms = 200,
    .timeout_ms = 10000,
    .retries = 8,
};

void ape_lineage_options_init(ape_lineage_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

static ape_status check_range(const char *name, uint32_t value, uint32_t min, uint32_t max,
                              ape_error *err)
{
    return value >= min && value <= max
               ? APE_OK
               : ape__fail(err, APE_ERR_INVALID, "%s is %u: must be %u to %u", name, value, min,
                           max);
}

static ape_status load(ape_lineage_options *o, const ape_lineage_options *opts, ape_error *err)
{
    ape_status st;

    *o = defaults;
    st = ape__options_load(o, sizeof(*o), sizeof(*o), opts, err);
    if (st == APE_OK)
        st = check_range("queue_limit", o->queue_limit, 1, 100000, err);
    if (st == APE_OK)
        st = check_range("interval_ms", o->interval_ms, 10, 600000, err);
    if (st == APE_OK)
        st = check_range("timeout_ms", o->timeout_ms, 10, 600000, err);
    return st == APE_OK ? check_range("retries", o->retries, 0, 20, err) : st;
}

/* The queue, from the poster's thread. */

static bool waits(const void *user)
{
    return ((const ape_lineage *)user)->first != NULL;
}

static void take(void *user)
{
    ape_lineage *l = user;
    ape__lineage_entry **end = &l->first;

    for (uint32_t count = 0; *end && count < BATCH_MOST; count++) {
        l->waiting--;
        l->waiting_bytes -= (*end)->size;
        end = &(*end)->next;
    }
    l->taken = l->first;
    l->first = *end;
    *end = NULL;
    if (!l->first)
        l->end = &l->first;
}

/* Making and ending. */

static ape_status add_metrics(ape_lineage *l, ape_metrics_registry *registry, ape_error *err)
{
    static const char *const labels[] = { "result", NULL };
    static const char *const results[] = { "written", "dropped" };
    ape_counter **counters[] = { &l->written, &l->dropped };
    ape_metric_family *family;
    ape_status st;

    if (!registry)
        return APE_OK;
    l->metrics = ape__metrics_registry_ref(registry);
    st = ape_metrics_registry_add_counter(registry, "ape_lineage_answers_total",
                                          "Answers by what became of their lineage.", labels,
                                          &family, err);
    for (size_t i = 0; i < 2 && st == APE_OK; i++)
        st = ape_metric_family_get_counter(family, &results[i], counters[i], err);
    return st;
}

/* A password within the URI comes before that of the settings. */
static ape_status start(ape_lineage *l, const ape_settings *settings, ape_error *err)
{
    const char *password = ape_settings_get(settings, "NEO4J_PASSWORD");
    char *url = ape__lineage_url(l);
    ape_status st = APE_ERR_NO_MEMORY;

    if (url && ape__poster_set_up_curl(&l->poster, url) &&
        (!password ||
         (curl_easy_setopt(l->poster.curl, CURLOPT_USERNAME,
                           ape__settings_effective(settings, "NEO4J_USER")) == CURLE_OK &&
          curl_easy_setopt(l->poster.curl, CURLOPT_PASSWORD, password) == CURLE_OK)))
        st = APE_OK;
    ape__lineage_free_url(l, url);
    return st == APE_OK ? ape__poster_start(&l->poster, err) : ape__fail_no_memory(err);
}

static ape_status set_up(ape_lineage *l, const ape_lineage_options *o, const char *uri,
                         ape_error *err)
{
    ape_status st;

    l->queue_limit = o->queue_limit;
    st = ape__lineage_set_place(l, uri, err);
    if (st == APE_OK)
        st = add_metrics(l, o->metrics, err);
    return st == APE_OK ? start(l, o->settings, err) : st;
}

static void init_poster(ape_lineage *l, const ape_lineage_options *o)
{
    ape__poster_init(&l->poster, l->host,
                     &(ape__poster_owner){ .name = "lineage",
                                           .service = "Neo4j",
                                           .interval_ms = o->interval_ms,
                                           .timeout_ms = o->timeout_ms,
                                           .retries = o->retries,
                                           .user = l,
                                           .waits = waits,
                                           .take = take,
                                           .tell = ape__lineage_tell,
                                           .judge = ape__lineage_judge });
}

ape_status ape_lineage_new(ape_host *host, const ape_lineage_options *opts, ape_lineage **out,
                           ape_error *err)
{
    ape_lineage_options o;
    const char *uri;
    ape_lineage *l;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = load(&o, opts, err);
    if (st != APE_OK)
        return st;
    uri = o.settings ? ape_settings_get(o.settings, "NEO4J_URI") : NULL;
    if (!uri) {
        *out = NULL;
        return APE_OK;
    }
    l = ape__alloc(host, sizeof(*l));
    if (!l)
        return ape__fail_no_memory(err);
    l->host = ape__host_ref(host);
    atomic_init(&l->shares, 1);
    l->end = &l->first;
    init_poster(l, &o);
    st = set_up(l, &o, uri, err);
    if (st == APE_OK)
        *out = l;
    else
        ape_lineage_free(l);
    return st;
}

ape_lineage *ape__lineage_ref(ape_lineage *lineage)
{
    if (lineage)
        atomic_fetch_add(&lineage->shares, 1);
    return lineage;
}

static void drop_waiting(ape_lineage *l)
{
    while (l->first) {
        ape__lineage_entry *next = l->first->next;

        ape_counter_inc(l->dropped);
        ape__free(l->host, l->first, sizeof(*l->first) + l->first->size + 1);
        l->first = next;
    }
}

void ape_lineage_free(ape_lineage *lineage)
{
    ape_host *host;

    if (!lineage || atomic_fetch_sub(&lineage->shares, 1) != 1)
        return;
    ape__poster_stop(&lineage->poster);
    drop_waiting(lineage);
    ape__poster_clear(&lineage->poster);
    ape_metrics_registry_free(lineage->metrics);
    host = lineage->host;
    if (lineage->base) {
        ape__wipe(lineage->base, lineage->base_size);
        ape__free(host, lineage->base, lineage->base_size);
    }
    ape__strfree(host, lineage->database);
    ape__free(host, lineage, sizeof(*lineage));
    ape_host_free(host);
}

static bool enqueue(ape_lineage *l, ape__lineage_entry *entry)
{
    bool fits;

    pthread_mutex_lock(&l->poster.lock);
    fits = l->waiting < l->queue_limit && l->waiting_bytes + entry->size <= WAITING_MOST_BYTES;
    if (fits) {
        *l->end = entry;
        l->end = &entry->next;
        l->waiting++;
        l->waiting_bytes += entry->size;
        pthread_cond_broadcast(&l->poster.changed);
    }
    pthread_mutex_unlock(&l->poster.lock);
    return fits;
}

ape_status ape_lineage_post(ape_lineage *lineage, const char *answer, size_t size, ape_error *err)
{
    ape__lineage_entry *entry;

    if (!lineage)
        return APE_OK;
    if (!answer || size > ANSWER_MOST_BYTES)
        return ape__fail(err, APE_ERR_INVALID, "answer is NULL or larger than 4 MiB");
    entry = ape__alloc(lineage->host, sizeof(*entry) + size + 1);
    if (!entry) {
        ape_counter_inc(lineage->dropped);
        return ape__fail_no_memory(err);
    }
    entry->size = size;
    memcpy(entry->json, answer, size);
    if (enqueue(lineage, entry))
        return APE_OK;
    ape__free(lineage->host, entry, sizeof(*entry) + size + 1);
    ape_counter_inc(lineage->dropped);
    return ape__fail(err, APE_ERR_LIMIT, "%u answers wait for Neo4j already", lineage->queue_limit);
}

ape_status ape_lineage_flush(ape_lineage *lineage, uint32_t timeout_ms)
{
    return lineage ? ape__poster_flush(&lineage->poster, timeout_ms) : APE_OK;
}
