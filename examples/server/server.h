/* SPDX-License-Identifier: MIT */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "breakers.h"
#include "config.h"
#include "deadlines.h"
#include "http_metrics.h"
#include "parts.h"
#include "rate_limit.h"
#include "workers.h"

typedef struct jobs jobs;
typedef struct queries queries;
typedef struct websockets websockets;

/** The whole program: everything that a route may need. */
typedef struct server {
    config config;
    ape_host *host;
    ape_metrics_registry *registry;
    ape_notifier *notifier; /* NULL: nobody is told */
    ape_health_checker *health;
    ape_store *store; /* NULL: this build has none */
    ape_bus *bus;
    breakers *breakers;
    ape_llm_client *llm_client;
    http_metrics metrics;
    deadlines *deadlines;
    rate_limit *limit; /* NULL: none */
    workers *workers;
    queries *queries;
    jobs *jobs; /* NULL: no Redis, every question is answered where it was asked */
    websockets *websockets;
    atomic_bool draining;
    pthread_mutex_t parts_lock;
    parts *parts; /* guarded by parts_lock; use server_parts() */
} server;

/** A share of the present parts; give it back with parts_free(). */
parts *server_parts(server *s);

/** Put new parts in the place of the old ones. Takes the caller's share. */
void server_set_parts(server *s, parts *p);

#endif /* SERVER_SERVER_H */
