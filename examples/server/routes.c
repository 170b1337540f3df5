/* SPDX-License-Identifier: MIT */
#include "routes.h"

#include <stdio.h>
#include <string.h>

static const route routes[] = {
    { "GET", "/health", route_health, ROUTE_PUBLIC | ROUTE_QUIET },
    { "GET", "/live", route_live, ROUTE_PUBLIC | ROUTE_QUIET },
    { "GET", "/ready", route_ready, ROUTE_PUBLIC | ROUTE_QUIET },
    { "GET", "/metrics", route_metrics, ROUTE_QUIET },
    { "GET", "/health/detailed", route_health_detailed, ROUTE_QUIET },
    { "POST", "/api/query", route_query, ROUTE_JSON },
    { "GET", "/api/query", route_query_list, ROUTE_BLOCKING },
    { "GET", "/api/query/{id}", route_query_get, ROUTE_BLOCKING },
    { "POST", "/v1/chat/completions", route_chat, ROUTE_JSON },
    { "GET", "/v1/models", route_models, 0 },
    { "GET", "/ws/{client_id}", route_websocket, 0 },
    { "GET", "/api/data/tickers", route_tickers, ROUTE_BLOCKING },
    { "GET", "/api/data/prices/{ticker}", route_prices, ROUTE_BLOCKING },
    { "POST", "/api/data/fetch", route_fetch, ROUTE_JSON | ROUTE_BLOCKING },
    { "GET", "/api/predictions", route_predictions, ROUTE_BLOCKING },
    { "GET", "/api/predictions/track-record", route_track_record, ROUTE_BLOCKING },
    { "POST", "/api/predictions/check-actuals", route_check_actuals,
      ROUTE_JSON | ROUTE_BLOCKING | ROUTE_BODY_OPTIONAL },
    { "GET", "/api/predictions/{ticker}/latest", route_prediction_latest, ROUTE_BLOCKING },
    { "GET", "/api/predictions/{ticker}/history", route_prediction_history, ROUTE_BLOCKING },
    { "GET", "/api/predictions/{ticker}/corridor", route_prediction_corridor, ROUTE_BLOCKING },
    { "POST", "/api/tokens", route_token, ROUTE_JSON | ROUTE_BODY_OPTIONAL },
    { "GET", "/openapi.json", route_openapi, ROUTE_PUBLIC },
    { "GET", "/", route_page, ROUTE_PUBLIC },
    { "GET", "/assets/{name}", route_asset, ROUTE_PUBLIC },
};

static bool match(const char *pattern, const char *path, const char **argument, size_t *size)
{
    const char *brace = strchr(pattern, '{');
    size_t prefix = brace ? (size_t)(brace - pattern) : 0;
    const char *tail;

    if (!brace)
        return strcmp(pattern, path) == 0;
    if (strncmp(pattern, path, prefix) != 0)
        return false;
    *argument = path + prefix;
    *size = strcspn(*argument, "/");
    tail = strchr(brace, '}') + 1;
    return *size > 0 && strcmp(tail, *argument + *size) == 0;
}

static void note_allowed(char allow[64], const char *method)
{
    size_t used = strlen(allow);

    snprintf(allow + used, 64 - used, "%s%s%s", used ? ", " : "", method,
             strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

const route *routes_find(request *r, char allow[64])
{
    const char *method = strcmp(r->method, "HEAD") == 0 ? "GET" : r->method;
    const char *argument = "";
    size_t size = 0;

    allow[0] = '\0';
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (!match(routes[i].pattern, r->path, &argument, &size))
            continue;
        if (strcmp(routes[i].method, method) != 0) {
            note_allowed(allow, routes[i].method);
            continue;
        }
        if (size >= sizeof(r->argument))
            return NULL;
        memcpy(r->argument, argument, size);
        r->argument[size] = '\0';
        return &routes[i];
    }
    return NULL;
}
