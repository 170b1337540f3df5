/* SPDX-License-Identifier: MIT */
#include "bus/bus.h"
#include "bus/fleet.h"
#include "metrics_registry/share.h"
#include "metrics_registry/watched.h"

static double read_up(void *user)
{
    ape_bus *bus = user;
    char reason[200];

    return !bus->redis || !ape__redis_is_away(bus, reason);
}

static double read_queued(void *user)
{
    ape_bus *bus = user;

    return bus->redis ? (double)ape__redis_queued(bus) : 0;
}

static double read_published(void *user)
{
    return (double)atomic_load(&((ape_bus *)user)->hub.published);
}

static double read_delivered(void *user)
{
    return (double)atomic_load(&((ape_bus *)user)->hub.delivered);
}

static double read_gaps(void *user)
{
    return (double)atomic_load(&((ape_bus *)user)->hub.gaps);
}

static double read_connects(void *user)
{
    ape_bus *bus = user;

    return bus->redis ? (double)ape__redis_reconnects(bus) : 0;
}

static double read_breaker_errors(void *user)
{
    ape_bus *bus = user;
    uint64_t errors;

    pthread_mutex_lock(&bus->fleet_lock);
    errors = bus->fleet ? ape__fleet_errors(bus->fleet) : 0;
    pthread_mutex_unlock(&bus->fleet_lock);
    return (double)errors;
}

static const ape__watched_value watched[] = {
    { "ape_bus_up", "1: messages reach other processes, or there are none; 0: Redis is away.",
      read_up },
    { "ape_bus_queued", "Messages that wait for Redis.", read_queued },
    { "ape_bus_published_total", "Messages published by this process.", read_published },
    { "ape_bus_delivered_total", "Messages handed to subscribers of this process.",
      read_delivered },
    { "ape_bus_gaps_total", "Times that subscribers were told that messages may be missing.",
      read_gaps },
    { "ape_bus_connects_total",
      "Times that Redis was there: at first, and again after it was away.", read_connects },
    { "ape_breaker_shared_errors_total",
      "Trials of shared circuit breakers that this process made by itself, for want of Redis.",
      read_breaker_errors },
};

enum { WATCHED = sizeof(watched) / sizeof(watched[0]) };

static ape_status add_jobs(ape__bus_metrics *m, ape_error *err)
{
    static const char *const labels[] = { "event", NULL };
    static const char *const events[] = { "put", "taken", "finished", "late" };
    ape_counter **const counters[] = { &m->jobs_put, &m->jobs_taken, &m->jobs_finished,
                                       &m->jobs_late };
    ape_metric_family *family;
    ape_status st = ape_metrics_registry_add_counter(
        m->registry, "ape_bus_jobs_total",
        "Jobs put, taken and finished; late: finished when there was an outcome already.", labels,
        &family, err);

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]) && st == APE_OK; i++)
        st = ape_metric_family_get_counter(family, &events[i], counters[i], err);
    return st;
}

ape_status ape_bus_set_metrics(ape_bus *bus, ape_metrics_registry *registry, ape_error *err)
{
    ape__bus_metrics m = { .registry = registry };
    ape_status st;

    if (!bus || !registry)
        return ape__fail(err, APE_ERR_INVALID, "bus or registry is NULL");
    if (bus->metrics.registry)
        return ape__fail(err, APE_ERR_STATE, "this bus counts into a registry already");
    st = add_jobs(&m, err);
    if (st == APE_OK)
        st = ape__watch(registry, watched, WATCHED, bus, err);
    if (st != APE_OK)
        return st;
    ape__metrics_registry_ref(registry);
    bus->metrics = m;
    return APE_OK;
}

void ape__bus_metrics_clear(ape_bus *bus)
{
    ape__unwatch(bus->metrics.registry, watched, WATCHED, bus);
    ape_metrics_registry_free(bus->metrics.registry);
}
