/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/host.h"
#include "core/memory.h"

#include "bus/fleet.h"

static const uint64_t longest_lease_ms = 86400000;

static ape_status check(ape_bus *bus, const char *name, ape_circuit_breaker *breaker,
                        uint64_t lease_ms, ape_bus_breaker_share **out, ape_error *err)
{
    if (!bus || !breaker || !out)
        return ape__fail(err, APE_ERR_INVALID, "bus, breaker or out is NULL");
    if (lease_ms < 1 || lease_ms > longest_lease_ms)
        return ape__fail(err, APE_ERR_INVALID, "lease_ms must be from 1 to a day");
    if (!ape__bus_name_valid(name))
        return ape__fail(err, APE_ERR_INVALID, "name must be 1 to 128 of A-Z a-z 0-9 . _ : / -");
    return APE_OK;
}

static ape_status join_fleet(ape_bus *bus, ape_bus_breaker_share *share, ape_error *err)
{
    ape_status st = APE_OK;

    if (!bus->redis)
        return APE_OK; /* there is nobody to share with */
    pthread_mutex_lock(&bus->fleet_lock);
    if (!bus->fleet)
        st = ape__fleet_new(bus, err);
    pthread_mutex_unlock(&bus->fleet_lock);
    if (st == APE_OK)
        ape__fleet_add(bus->fleet, share);
    return st;
}

ape_status ape_bus_share_breaker(ape_bus *bus, const char *name, ape_circuit_breaker *breaker,
                                 uint64_t lease_ms, ape_bus_breaker_share **out, ape_error *err)
{
    ape_bus_breaker_share *share;
    ape_status st = check(bus, name, breaker, lease_ms, out, err);

    if (st != APE_OK)
        return st;
    share = ape__alloc(bus->host, sizeof(*share));
    if (!share)
        return ape__fail_no_memory(err);
    share->bus = bus;
    share->breaker = breaker;
    share->lease_ms = lease_ms;
    memcpy(share->name, name, strlen(name) + 1);
    st = join_fleet(bus, share, err);
    if (st != APE_OK) {
        ape__free(bus->host, share, sizeof(*share));
        return st;
    }
    *out = share;
    return APE_OK;
}

void ape_bus_unshare_breaker(ape_bus_breaker_share *share)
{
    if (!share)
        return;
    if (share->bus->fleet)
        ape__fleet_remove(share->bus->fleet, share);
    ape__free(share->bus->host, share, sizeof(*share));
}
