/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "assets.h"
#include "negotiate.h"
#include "problem.h"
#include "routes.h"

void route_live(request *r)
{
    static const char alive[] = "{\"status\":\"alive\"}";

    if (ape_health_checker_is_live(r->server->health))
        reply_static(r, 200, "application/json", alive, strlen(alive));
    else
        problem(r, 503, "the process does not go round any more");
}

void route_ready(request *r)
{
    static const char ready[] = "{\"status\":\"ready\"}";

    if (ape_health_checker_is_ready(r->server->health))
        reply_static(r, 200, "application/json", ready, strlen(ready));
    else
        problem(r, 503, "%s",
                atomic_load(&r->server->draining) ? "the server is about to end"
                                                  : "a service that it needs is away");
}

void route_health(request *r)
{
    static const char healthy[] = "{\"status\":\"healthy\",\"version\":\"" APE_VERSION "\"}";

    reply_static(r, 200, "application/json", healthy, strlen(healthy));
}

void route_health_detailed(request *r)
{
    ape_health_checker *health = r->server->health;
    bool bad = ape_health_checker_get_status(health) == APE_HEALTH_UNHEALTHY;
    bool as_draft = negotiate_names(request_header(r, "Accept"), "application/health+json");
    ape_text *text;
    ape_error err;
    ape_status st = ape_health_checker_to_json(
        health, as_draft ? APE_HEALTH_JSON : APE_HEALTH_DETAILED, &text, &err);

    if (st != APE_OK) {
        problem_status(r, st, &err);
        return;
    }
    reply_text(r, bad ? 503 : 200, text);
    if (as_draft)
        r->reply.content_type = "application/health+json";
}

void route_metrics(request *r)
{
    ape_metrics_format format = ape_metrics_format_for_accept(request_header(r, "Accept"));
    ape_text *text;
    ape_error err;
    ape_status st = ape_metrics_registry_to_text(r->server->registry, format, &text, &err);

    if (st != APE_OK) {
        problem_status(r, st, &err);
        return;
    }
    reply_text(r, 200, text);
    r->reply.content_type = ape_metrics_format_content_type(format);
}

void route_openapi(request *r)
{
    const asset *document = assets_find("openapi.json");

    reply_static(r, 200, "application/json", document->bytes, document->size);
}
