/* SPDX-License-Identifier: MIT */
#include "bus/bus.h"

#if !APE_HAVE_REDIS

/* A build without hiredis: ape_bus_new() refuses a Redis, so the rest is never reached. */

ape_status ape__redis_new(ape_bus *bus, const ape__redis_target *target, ape_error *err)
{
    (void)bus, (void)target;
    return ape__fail(err, APE_ERR_UNSUPPORTED, "this libape was built without Redis");
}

void ape__redis_free(ape_bus *bus)
{
    (void)bus;
}

ape_status ape__redis_publish(ape_bus *bus, const char *channel, const void *data, size_t size,
                              ape_error *err)
{
    (void)channel, (void)data, (void)size;
    return ape__redis_new(bus, NULL, err);
}

ape_status ape__redis_subscribe(ape_bus *bus, const char *channel, const ape_bus_position *since,
                                ape_bus_subscription *subscription, bool *recovered, ape_error *err)
{
    (void)channel, (void)since, (void)subscription, (void)recovered;
    return ape__redis_new(bus, NULL, err);
}

ape_status ape__redis_history(ape_bus *bus, const char *channel, uint32_t limit,
                              ape__json_writer *writer, ape_error *err)
{
    (void)channel, (void)limit, (void)writer;
    return ape__redis_new(bus, NULL, err);
}

bool ape__redis_is_away(ape_bus *bus, char reason[200])
{
    (void)bus, (void)reason;
    return true;
}

uint64_t ape__redis_queued(ape_bus *bus)
{
    (void)bus;
    return 0;
}

uint64_t ape__redis_reconnects(ape_bus *bus)
{
    (void)bus;
    return 0;
}

void ape__redis_members_changed(ape_bus *bus)
{
    (void)bus;
}

ape_status ape__redis_read_members(ape_bus *bus, const char *channel,
                                   void (*on_member)(void *user, const char *name,
                                                     const char *info),
                                   void *user, ape_error *err)
{
    (void)channel, (void)on_member, (void)user;
    return ape__redis_new(bus, NULL, err);
}

ape_status ape__redis_put_job(ape_bus *bus, const char *queue, const char *id, const void *data,
                              size_t size, ape_error *err)
{
    (void)queue, (void)id, (void)data, (void)size;
    return ape__redis_new(bus, NULL, err);
}

ape_status ape__redis_take_job(ape_bus *bus, const char *queue, uint32_t lease_ms, uint32_t wait_ms,
                               ape_job **out, ape_error *err)
{
    (void)queue, (void)lease_ms, (void)wait_ms, (void)out;
    return ape__redis_new(bus, NULL, err);
}

ape_status ape__redis_extend_job(ape_job *job, ape_error *err)
{
    return ape__redis_new(job->bus, NULL, err);
}

ape_status ape__redis_finish_job(ape_job *job, const void *outcome, size_t size, ape_error *err)
{
    (void)outcome, (void)size;
    return ape__redis_new(job->bus, NULL, err);
}

ape_status ape__redis_get_outcome(ape_bus *bus, const char *queue, const char *id, ape_text **out,
                                  ape_error *err)
{
    (void)queue, (void)id, (void)out;
    return ape__redis_new(bus, NULL, err);
}

#endif
