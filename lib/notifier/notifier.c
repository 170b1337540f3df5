/* SPDX-License-Identifier: MIT */
#include <ape/notifier.h>

#include <string.h>
#include <strings.h>

#include "core/host.h"
#include "core/options.h"
#include "core/url.h"
#include "core/utf8.h"
#include "metrics_registry/share.h"
#include "notifier/internal.h"

static const ape_notifier_options defaults = {
    .size = sizeof(ape_notifier_options),
    .queue_limit = 200,
    .interval_ms = 1000,
    .repeat_ms = 3600000,
    .timeout_ms = 10000,
    .retries = 5,
    .source = "libape",
};

void ape_notifier_options_init(ape_notifier_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

static ape_status require(bool ok, const char *name, uint32_t value, const char *range,
                          ape_error *err)
{
    return ok ? APE_OK
              : ape__fail(err, APE_ERR_INVALID, "%s is %u: must be %s", name, value, range);
}

static ape_status check_url(const char *text, ape_error *err)
{
    const char *wrong = "is missing";
    ape__url url;

    if (text) {
        wrong = ape__url_parse(text, &url);
        if (!wrong && !ape__slice_is(url.scheme, "https") && !ape__slice_is(url.scheme, "http"))
            wrong = "is neither https nor http";
    }
    return wrong ? ape__fail(err, APE_ERR_INVALID, "webhook_url %s", wrong) : APE_OK;
}

static ape_status load(ape_notifier_options *o, const ape_notifier_options *opts, ape_error *err)
{
    ape_status st;

    *o = defaults;
    st = ape__options_load(o, sizeof(*o), sizeof(*o), opts, err);
    if (st == APE_OK)
        st = require(o->queue_limit >= 1 && o->queue_limit <= 10000, "queue_limit", o->queue_limit,
                     "1 to 10000", err);
    if (st == APE_OK)
        st = require(o->interval_ms >= 10 && o->interval_ms <= 600000, "interval_ms",
                     o->interval_ms, "10 to 600000", err);
    if (st == APE_OK)
        st = require(o->timeout_ms >= 10 && o->timeout_ms <= 600000, "timeout_ms", o->timeout_ms,
                     "10 to 600000", err);
    if (st == APE_OK)
        st = require(o->retries <= 20, "retries", o->retries, "0 to 20", err);
    if (st == APE_OK)
        st = check_url(o->webhook_url, err);
    if (!o->source)
        o->source = defaults.source;
    return st;
}

static ape_status add_metrics(ape_notifier *n, ape_error *err)
{
    static const char *const labels[] = { "result", NULL };
    static const char *const results[] = { "sent", "dropped", "suppressed" };
    ape_counter **counters[] = { &n->sent, &n->dropped, &n->suppressed };
    ape_metric_family *family;
    ape_status st;

    if (!n->opts.metrics)
        return APE_OK;
    st = ape_metrics_registry_add_counter(n->opts.metrics, "ape_notifier_messages_total",
                                          "Notices by what became of them.", labels, &family, err);
    for (size_t i = 0; i < 3 && st == APE_OK; i++)
        st = ape_metric_family_get_counter(family, &results[i], counters[i], err);
    return st;
}

static bool waits(const void *user)
{
    return ((const ape_notifier *)user)->first != NULL;
}

static void take(void *user)
{
    ape_notifier *n = user;

    n->taken = ape__notifier_dequeue(n);
}

static void tell(void *user)
{
    ape_notifier *n = user;
    ape_counter *counter = n->dropped;
    ape__buffer body;

    ape__buffer_init(&body, n->host);
    ape__notifier_render(n, n->taken, &body);
    if (!body.failed && ape__poster_deliver(&n->poster, &body))
        counter = n->sent;
    for (const ape__notice *notice = n->taken; notice; notice = notice->next)
        ape_counter_inc(counter);
    ape__buffer_clear(&body);
    ape__notices_free(n->host, n->taken);
}

static void init_poster(ape_notifier *n, const ape_notifier_options *o)
{
    ape__poster_init(&n->poster, n->host,
                     &(ape__poster_owner){ .name = "notifier",
                                           .service = "the webhook",
                                           .interval_ms = o->interval_ms,
                                           .timeout_ms = o->timeout_ms,
                                           .retries = o->retries,
                                           .user = n,
                                           .waits = waits,
                                           .take = take,
                                           .tell = tell });
}

static ape_status set_up(ape_notifier *n, const ape_notifier_options *o, ape_error *err)
{
    ape_status st;

    n->opts = *o;
    n->opts.metrics = ape__metrics_registry_ref(o->metrics);
    n->url_size = strlen(o->webhook_url) + 1;
    n->webhook_url = ape__strdup(n->host, o->webhook_url);
    n->source = ape__strdup(n->host, o->source);
    if (!n->webhook_url || !n->source)
        return ape__fail_no_memory(err);
    st = add_metrics(n, err);
    if (st != APE_OK)
        return st;
    return ape__poster_set_up_curl(&n->poster, n->webhook_url) ? ape__poster_start(&n->poster, err)
                                                               : ape__fail_no_memory(err);
}

ape_status ape_notifier_new(ape_host *host, const ape_notifier_options *opts, ape_notifier **out,
                            ape_error *err)
{
    ape_notifier_options o;
    ape_notifier *n;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = load(&o, opts, err);
    if (st != APE_OK)
        return st;
    n = ape__alloc(host, sizeof(*n));
    if (!n)
        return ape__fail_no_memory(err);
    n->host = ape__host_ref(host);
    n->end = &n->first;
    init_poster(n, &o);
    st = set_up(n, &o, err);
    if (st != APE_OK) {
        ape_notifier_free(n);
        return st;
    }
    *out = n;
    return APE_OK;
}

void ape_notifier_free(ape_notifier *notifier)
{
    ape_host *host;

    if (!notifier)
        return;
    ape__poster_stop(&notifier->poster);
    host = notifier->host;
    ape__notices_free(host, notifier->first);
    ape_metrics_registry_free(notifier->opts.metrics);
    if (notifier->webhook_url) {
        ape__wipe(notifier->webhook_url, notifier->url_size);
        ape__free(host, notifier->webhook_url, notifier->url_size);
    }
    ape__strfree(host, notifier->source);
    ape__poster_clear(&notifier->poster);
    ape__free(host, notifier, sizeof(*notifier));
    ape_host_free(host);
}

static void copy_cut(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);

    if (length >= size)
        length = ape__utf8_cut(text, size - 1);
    memcpy(out, text, length);
    out[length] = '\0';
}

static ape_status check_notice(ape_severity severity, const char *matter, const char *title,
                               ape_error *err)
{
    if (severity < APE_SEVERITY_INFO || severity > APE_SEVERITY_RESOLVED)
        return ape__fail(err, APE_ERR_INVALID, "severity %d is unknown", (int)severity);
    if (!matter || !*matter || strlen(matter) >= APE__MATTER_SIZE)
        return ape__fail(err, APE_ERR_INVALID, "matter: must have 1 to %d bytes",
                         APE__MATTER_SIZE - 1);
    if (!title || !*title)
        return ape__fail(err, APE_ERR_INVALID, "title is empty");
    return APE_OK;
}

static ape_status post(ape_notifier *n, ape__notice *notice, ape_error *err)
{
    uint64_t now_ms = ape__now_ms(n->host);
    ape__notice *spare;
    ape__posted posted;

    pthread_mutex_lock(&n->poster.lock);
    posted = ape__notifier_enqueue(n, notice, now_ms, &spare);
    pthread_cond_broadcast(&n->poster.changed);
    pthread_mutex_unlock(&n->poster.lock);
    for (const ape__notice *s = spare; s; s = s->next)
        ape_counter_inc(posted == APE__FULL ? n->dropped : n->suppressed);
    ape__notices_free(n->host, spare);
    return posted == APE__FULL
               ? ape__fail(err, APE_ERR_LIMIT, "%u notices wait already", n->opts.queue_limit)
               : APE_OK;
}

ape_status ape_notifier_post(ape_notifier *notifier, ape_severity severity, const char *matter,
                             const char *title, const char *text, ape_error *err)
{
    ape__notice *notice;
    ape_status st = check_notice(severity, matter, title, err);

    if (st != APE_OK || !notifier)
        return st;
    notice = ape__alloc(notifier->host, sizeof(*notice));
    if (!notice)
        return ape__fail_no_memory(err);
    notice->severity = severity;
    memcpy(notice->matter, matter, strlen(matter));
    copy_cut(notice->title, sizeof(notice->title), title);
    copy_cut(notice->text, sizeof(notice->text), text ? text : "");
    return post(notifier, notice, err);
}

ape_status ape_notifier_flush(ape_notifier *notifier, uint32_t timeout_ms)
{
    return notifier ? ape__poster_flush(&notifier->poster, timeout_ms) : APE_OK;
}
