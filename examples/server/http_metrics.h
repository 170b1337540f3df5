/* SPDX-License-Identifier: MIT */
#ifndef SERVER_HTTP_METRICS_H
#define SERVER_HTTP_METRICS_H

#include <ape/metrics_registry.h>

/** ape_http_*: what the server itself counts. NULL handles count nothing. */
typedef struct http_metrics {
    ape_metric_family *requests; /* route, method, status */
    ape_metric_family *seconds;  /* route */
    ape_gauge *in_flight;
    ape_gauge *connections;
    ape_gauge *websockets;
    ape_counter *websocket_sent;
    ape_counter *websocket_slow;
} http_metrics;

ape_status http_metrics_init(http_metrics *m, ape_metrics_registry *registry, ape_error *err);

/** Count one finished request. */
void http_metrics_count(http_metrics *m, const char *route, const char *method, unsigned status,
                        double seconds);

#endif /* SERVER_HTTP_METRICS_H */
