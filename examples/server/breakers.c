/* SPDX-License-Identifier: MIT */
#include "breakers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

typedef struct shared {
    struct shared *next;
    ape_circuit_breaker *breaker;
    ape_bus_breaker_share *share;
} shared;

struct breakers {
    ape_bus *bus;
    pthread_mutex_t lock; /* guards the list: clients come and go on any thread */
    shared *first;
};

breakers *breakers_new(ape_bus *bus)
{
    breakers *b = calloc(1, sizeof(*b));

    if (!b)
        return NULL;
    b->bus = bus;
    pthread_mutex_init(&b->lock, NULL);
    return b;
}

void breakers_free(breakers *b)
{
    if (!b)
        return;
    pthread_mutex_destroy(&b->lock);
    free(b);
}

static void come(breakers *b, const char *provider, ape_circuit_breaker *breaker, uint64_t lease_ms)
{
    shared *one = calloc(1, sizeof(*one));
    char name[128];
    ape_error err = { 0 };

    snprintf(name, sizeof(name), "llm.%.100s", provider);
    if (!one ||
        ape_bus_share_breaker(b->bus, name, breaker, lease_ms, &one->share, &err) != APE_OK) {
        log_line(APE_LOG_WARNING, "server", "a circuit breaker is not shared", NULL);
        free(one);
        return;
    }
    one->breaker = breaker;
    pthread_mutex_lock(&b->lock);
    one->next = b->first;
    b->first = one;
    pthread_mutex_unlock(&b->lock);
}

static shared *take_out(breakers *b, const ape_circuit_breaker *breaker)
{
    shared **at, *found;

    pthread_mutex_lock(&b->lock);
    for (at = &b->first; *at && (*at)->breaker != breaker;)
        at = &(*at)->next;
    found = *at;
    if (found)
        *at = found->next;
    pthread_mutex_unlock(&b->lock);
    return found;
}

static void on_breaker(void *user, const char *provider, ape_circuit_breaker *breaker,
                       uint64_t lease_ms, bool is_leaving)
{
    shared *one;

    if (!is_leaving) {
        come(user, provider, breaker, lease_ms);
        return;
    }
    one = take_out(user, breaker);
    if (one)
        ape_bus_unshare_breaker(one->share);
    free(one);
}

void breakers_share(breakers *b, ape_llm_client *client, const ape_settings *settings)
{
    int64_t wanted = 0;
    ape_status st =
        ape_settings_get_integer(settings, "LLM_BREAKERS_SHARED", 0, 1, 0, &wanted, NULL);

    ape_llm_client_watch_breakers(client, st == APE_OK && wanted ? on_breaker : NULL, b);
}
