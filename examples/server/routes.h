/* SPDX-License-Identifier: MIT */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include "request.h"

enum {
    ROUTE_PUBLIC = 1,   /* needs no credentials, and no token of the rate limit */
    ROUTE_BLOCKING = 2, /* runs on a worker */
    ROUTE_JSON = 4,     /* reads a JSON body */
    ROUTE_BODY_OPTIONAL = 8,
    ROUTE_QUIET = 16, /* logged at debug: probes come every second */
};

/** Fill r->reply. On a worker for ROUTE_BLOCKING, else on a thread of HTTP. */
typedef void (*route_handler)(request *r);

struct route {
    const char *method;
    const char *pattern; /* {…} stands for one segment; at most one in a pattern */
    route_handler handler;
    unsigned flags;
};

/**
 * Find the route of a request; HEAD is looked up as GET.
 *
 * @param allow  where the path is known and the method is not: the methods that are
 * @return NULL if there is none
 */
const route *routes_find(request *r, char allow[64]);

/* Handlers, by file. */
void route_health(request *r);
void route_health_detailed(request *r);
void route_live(request *r);
void route_ready(request *r);
void route_metrics(request *r);
void route_openapi(request *r);
void route_page(request *r);
void route_asset(request *r);
void route_query(request *r);
void route_query_list(request *r);
void route_query_get(request *r);
void route_tickers(request *r);
void route_prices(request *r);
void route_fetch(request *r);
void route_token(request *r);
void route_models(request *r);
void route_chat(request *r);
void route_predictions(request *r);
void route_prediction_latest(request *r);
void route_prediction_history(request *r);
void route_prediction_corridor(request *r);
void route_track_record(request *r);
void route_check_actuals(request *r);
void route_websocket(request *r);

#endif /* SERVER_ROUTES_H */
