/* SPDX-License-Identifier: MIT */
#ifndef APE_BUS_FLEET_H
#define APE_BUS_FLEET_H

#include <pthread.h>

#include <ape/circuit_breaker.h>

#include "bus/bus.h"

typedef struct ape__fleet ape__fleet;

#if APE_HAVE_REDIS

/*
 * Circuit breakers that processes share. One thread; it sleeps on a subscription, so that Redis
 * gets no commands while nothing changes. All times are in the clock of Redis.
 *
 *     ape:cb:NAME        "open", as long as it is
 *     ape:cb:NAME:probe  the process that may make trial calls, as long as its lease
 *     ape:cb             channel: NODE open NAME MS, or NODE closed NAME 0
 */
struct ape__fleet {
    ape_bus *bus;
    pthread_mutex_t lock; /* guards what follows, and the shares */
    pthread_cond_t acted;
    ape_bus_breaker_share *shares;
    ape_bus_breaker_share *acting; /* the one that the thread is busy with */
    bool stopping;
    uint64_t errors; /* when Redis was away, and this process decided by itself */

    int wake_fd;
    pthread_t thread;

    /* The thread's alone. */
    ape__link link;
    uint64_t connect_ms; /* not before */
    uint32_t backoff_ms;
};

/** What became of a breaker here, and the others are to know. */
typedef enum ape__fleet_news {
    APE__FLEET_NOTHING,
    APE__FLEET_OPENED,
    APE__FLEET_CLOSED,
} ape__fleet_news;

/** What is to be done for a share, by the thread. */
typedef struct ape__fleet_errand {
    ape__fleet_news news;
    uint64_t open_until_ms;
    bool wants_lease;
    bool wants_look; /* whether the others have it open */
    uint64_t due_ms;
} ape__fleet_errand;

/** The scripts. @return APE_OK; APE_ERR_UNAVAILABLE. */
ape_status ape__fleet_tell(ape__fleet *fleet, const char *name, ape__fleet_news news,
                           uint64_t open_ms, ape_error *err);

/** @param open_ms  how long the others have it open; 0: they have not
 *  @param wait_ms  0: the lease is ours; else until that of another may end */
ape_status ape__fleet_take_lease(ape__fleet *fleet, const char *name, uint64_t lease_ms,
                                 uint64_t *open_ms, uint64_t *wait_ms, ape_error *err);

/** The same without taking a lease. */
ape_status ape__fleet_look(ape__fleet *fleet, const char *name, uint64_t *open_ms, ape_error *err);

#endif

struct ape_bus_breaker_share {
    ape_bus_breaker_share *next;
    ape_bus *bus;
    ape_circuit_breaker *breaker;
    char name[APE__CHANNEL_NAME];
    uint64_t lease_ms;
#if APE_HAVE_REDIS
    ape__fleet_errand errand;
#endif
};

/** With the bus' fleet_lock. */
ape_status ape__fleet_new(ape_bus *bus, ape_error *err);
void ape__fleet_free(ape_bus *bus);
uint64_t ape__fleet_errors(ape__fleet *fleet);
void ape__fleet_add(ape__fleet *fleet, ape_bus_breaker_share *share);
void ape__fleet_remove(ape__fleet *fleet, ape_bus_breaker_share *share);

#endif /* APE_BUS_FLEET_H */
