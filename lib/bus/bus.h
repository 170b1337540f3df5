/* SPDX-License-Identifier: MIT */
#ifndef APE_BUS_BUS_H
#define APE_BUS_BUS_H

#include "bus/hub.h"
#include "bus/link.h"
#include "bus/metrics.h"
#include "core/json.h"

/** Someone who is there by this process' word. */
typedef struct ape__member {
    struct ape__member *next;
    char channel[APE__CHANNEL_NAME]; /* "": the server as a whole */
    char name[APE__CHANNEL_NAME];
    char *info;
    bool gone; /* Redis is yet to be told */
    bool told; /* Redis knows of the last change */
} ape__member;

/** A job in memory mode. */
typedef struct ape__memory_job ape__memory_job;

typedef struct ape__redis ape__redis;

struct ape_bus {
    ape_host *host;
    ape_bus_options opts;
    ape__hub hub;
    ape__redis *redis; /* NULL: memory mode */
    ape__bus_metrics metrics;

    pthread_mutex_t members_lock;
    ape__member *members;

    pthread_mutex_t fleet_lock;
    struct ape__fleet *fleet; /* made when the first circuit breaker is shared */

    pthread_mutex_t jobs_lock;
    pthread_cond_t jobs_changed;
    ape__memory_job *jobs;
};

/* Over Redis; each has a twin in memory. */
ape_status ape__redis_new(ape_bus *bus, const ape__redis_target *target, ape_error *err);
void ape__redis_free(ape_bus *bus);
ape_status ape__redis_publish(ape_bus *bus, const char *channel, const void *data, size_t size,
                              ape_error *err);
ape_status ape__redis_subscribe(ape_bus *bus, const char *channel, const ape_bus_position *since,
                                ape_bus_subscription *subscription, bool *recovered,
                                ape_error *err);
ape_status ape__redis_history(ape_bus *bus, const char *channel, uint32_t limit,
                              ape__json_writer *writer, ape_error *err);
bool ape__redis_is_away(ape_bus *bus, char reason[200]);
uint64_t ape__redis_queued(ape_bus *bus);
uint64_t ape__redis_reconnects(ape_bus *bus);
void ape__redis_members_changed(ape_bus *bus);
/** Members as Redis knows them: one JSON text each. */
ape_status ape__redis_read_members(ape_bus *bus, const char *channel,
                                   void (*on_member)(void *user, const char *name,
                                                     const char *info),
                                   void *user, ape_error *err);

/* Presence in this process. */
void ape__members_clear(ape_bus *bus);

/* Work. */
void ape__memory_jobs_clear(ape_bus *bus);

struct ape_job {
    ape_bus *bus;
    char queue[APE__CHANNEL_NAME];
    char id[APE__CHANNEL_NAME];
    char entry[48];  /* in the stream; Redis only */
    char worker[48]; /* who holds the lease */
    uint32_t lease_ms;
    size_t size;
    char *data;
};

ape_job *ape__job_new(ape_bus *bus, const char *queue, const char *id, const void *data,
                      size_t size);

ape_status ape__redis_put_job(ape_bus *bus, const char *queue, const char *id, const void *data,
                              size_t size, ape_error *err);
ape_status ape__redis_take_job(ape_bus *bus, const char *queue, uint32_t lease_ms, uint32_t wait_ms,
                               ape_job **out, ape_error *err);
ape_status ape__redis_extend_job(ape_job *job, ape_error *err);
ape_status ape__redis_finish_job(ape_job *job, const void *outcome, size_t size, ape_error *err);
ape_status ape__redis_get_outcome(ape_bus *bus, const char *queue, const char *id, ape_text **out,
                                  ape_error *err);

ape_status ape__memory_put_job(ape_bus *bus, const char *queue, const char *id, const void *data,
                               size_t size, ape_error *err);
ape_status ape__memory_take_job(ape_bus *bus, const char *queue, uint32_t lease_ms,
                                uint32_t wait_ms, ape_job **out, ape_error *err);
ape_status ape__memory_extend_job(ape_job *job, ape_error *err);
ape_status ape__memory_finish_job(ape_job *job, const void *outcome, size_t size, ape_error *err);
ape_status ape__memory_get_outcome(ape_bus *bus, const char *queue, const char *id, ape_text **out,
                                   ape_error *err);

#endif /* APE_BUS_BUS_H */
