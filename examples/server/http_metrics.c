/* SPDX-License-Identifier: MIT */
#include "http_metrics.h"

#include <stdio.h>

static ape_status add_gauge(ape_metrics_registry *registry, const char *name, const char *help,
                            ape_gauge **out, ape_error *err)
{
    ape_metric_family *family;
    ape_status st = ape_metrics_registry_add_gauge(registry, name, help, NULL, &family, err);

    return st == APE_OK ? ape_metric_family_get_gauge(family, NULL, out, err) : st;
}

static ape_status add_counter(ape_metrics_registry *registry, const char *name, const char *help,
                              ape_counter **out, ape_error *err)
{
    ape_metric_family *family;
    ape_status st = ape_metrics_registry_add_counter(registry, name, help, NULL, &family, err);

    return st == APE_OK ? ape_metric_family_get_counter(family, NULL, out, err) : st;
}

static ape_status add_requests(http_metrics *m, ape_metrics_registry *registry, ape_error *err)
{
    static const char *const request_labels[] = { "route", "method", "status", NULL };
    static const char *const second_labels[] = { "route", NULL };
    ape_status st = ape_metrics_registry_add_counter(registry, "ape_http_requests_total",
                                                     "HTTP requests answered.", request_labels,
                                                     &m->requests, err);

    if (st != APE_OK)
        return st;
    return ape_metrics_registry_add_histogram(registry, "ape_http_request_seconds",
                                              "Time from request line to last byte.", second_labels,
                                              NULL, 0, &m->seconds, err);
}

ape_status http_metrics_init(http_metrics *m, ape_metrics_registry *registry, ape_error *err)
{
    ape_status st = add_requests(m, registry, err);

    if (st == APE_OK)
        st = add_gauge(registry, "ape_http_in_flight", "HTTP requests being answered.",
                       &m->in_flight, err);
    if (st == APE_OK)
        st = add_gauge(registry, "ape_http_connections", "Open client connections.",
                       &m->connections, err);
    if (st == APE_OK)
        st = add_gauge(registry, "ape_ws_connections", "Open WebSockets.", &m->websockets, err);
    if (st == APE_OK)
        st = add_counter(registry, "ape_ws_messages_sent_total", "Messages sent to WebSockets.",
                         &m->websocket_sent, err);
    if (st == APE_OK)
        st = add_counter(registry, "ape_ws_slow_closed_total",
                         "WebSockets cut because they did not read.", &m->websocket_slow, err);
    return st;
}

void http_metrics_count(http_metrics *m, const char *route, const char *method, unsigned status,
                        double seconds)
{
    char code[12];
    const char *labels[] = { route, method, code };
    ape_counter *counter;
    ape_histogram *histogram;

    snprintf(code, sizeof(code), "%u", status);
    if (ape_metric_family_get_counter(m->requests, labels, &counter, NULL) == APE_OK)
        ape_counter_inc(counter);
    if (ape_metric_family_get_histogram(m->seconds, labels, &histogram, NULL) == APE_OK)
        ape_histogram_observe(histogram, seconds);
}
