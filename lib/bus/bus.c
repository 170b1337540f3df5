/* SPDX-License-Identifier: MIT */
#include "bus/bus.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/host.h"
#include "core/id.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/settings.h"
#include "core/shortest.h"

#include "bus/fleet.h"

enum { LARGEST_MESSAGE = 1 << 20 };
static const uint64_t longest_history_ms = UINT64_C(30) * 86400000;

static const ape_bus_options defaults = {
    .size = sizeof(ape_bus_options),
    .history_count = 1000,
    .history_ms = 86400000,
    .presence_ms = 60000,
    .queue_count = 65536,
};

void ape_bus_options_init(ape_bus_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

static ape_status check_options(const ape_bus_options *o, ape_error *err)
{
    if (o->history_count < 1 || o->history_count > 100000)
        return ape__fail(err, APE_ERR_INVALID, "history_count must be from 1 to 100000");
    if (o->history_ms < 1000 || o->history_ms > longest_history_ms)
        return ape__fail(err, APE_ERR_INVALID, "history_ms must be from 1000 to 30 days");
    if (o->presence_ms < 300 || o->presence_ms > 3600000)
        return ape__fail(err, APE_ERR_INVALID, "presence_ms must be from 300 to 3600000");
    if (o->queue_count < 1 || o->queue_count > 1000000)
        return ape__fail(err, APE_ERR_INVALID, "queue_count must be from 1 to 1000000");
    if (o->reserved != 0)
        return ape__fail(err, APE_ERR_UNSUPPORTED, "reserved must be 0");
    return APE_OK;
}

static ape_status find_ca_file(const ape_settings *settings, ape__redis_target *target,
                               ape_error *err)
{
    const char *path = ape_settings_get(settings, "REDIS_CA_FILE");

    if (path && strlen(path) >= sizeof(target->ca_file))
        return ape__fail(err, APE_ERR_INVALID, "REDIS_CA_FILE is too long");
    snprintf(target->ca_file, sizeof(target->ca_file), "%s", path ? path : "");
    return APE_OK;
}

/* REDIS_URL, else REDIS_HOST and its companions; @p wanted false: neither. */
static ape_status find_target(const ape_settings *settings, ape__redis_target *target, bool *wanted,
                              ape_error *err)
{
    const char *url = ape_settings_get(settings, "REDIS_URL");
    const char *host = ape_settings_get(settings, "REDIS_HOST");
    const char *password = ape_settings_get(settings, "REDIS_PASSWORD");
    int64_t port;
    ape_status st;

    *wanted = url || host;
    if (url) {
        st = ape__redis_target_parse(url, target, err);
        return st == APE_OK ? find_ca_file(settings, target, err) : st;
    }
    memset(target, 0, sizeof(*target));
    st = ape_settings_get_integer(settings, "REDIS_PORT", 1, 65535, 6379, &port, err);
    if (st != APE_OK || !host)
        return st;
    if (strlen(host) >= sizeof(target->host) ||
        (password && strlen(password) >= sizeof(target->password)))
        return ape__fail(err, APE_ERR_INVALID, "REDIS_HOST or REDIS_PASSWORD is too long");
    snprintf(target->host, sizeof(target->host), "%s", host);
    snprintf(target->password, sizeof(target->password), "%s", password ? password : "");
    target->port = (int)port;
    return APE_OK;
}

static void init_locks(ape_bus *bus)
{
    pthread_condattr_t monotonic;

    pthread_mutex_init(&bus->members_lock, NULL);
    pthread_mutex_init(&bus->fleet_lock, NULL);
    pthread_mutex_init(&bus->jobs_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&bus->jobs_changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static ape_status begin(ape_bus *bus, ape_error *err)
{
    ape__redis_target target;
    bool wanted;
    ape_status st = find_target(bus->opts.settings, &target, &wanted, err);

    bus->opts.settings = NULL; /* not ours to look at later */
    if (st == APE_OK)
        st =
            ape__hub_init(&bus->hub, bus->host, bus->opts.history_count, bus->opts.history_ms, err);
    if (st == APE_OK && wanted)
        st = ape__redis_new(bus, &target, err);
    ape__wipe(&target, sizeof(target));
    return st;
}

ape_status ape_bus_new(ape_host *host, const ape_bus_options *opts, ape_bus **out, ape_error *err)
{
    ape_bus_options o = defaults;
    ape_bus *bus;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = ape__options_load(&o, sizeof(o), sizeof(o), opts, err);
    if (st == APE_OK)
        st = check_options(&o, err);
    if (st != APE_OK)
        return st;
    bus = ape__alloc(host, sizeof(*bus));
    if (!bus)
        return ape__fail_no_memory(err);
    bus->host = ape__host_ref(host);
    bus->opts = o;
    init_locks(bus);
    st = begin(bus, err);
    if (st != APE_OK) {
        ape_bus_free(bus);
        return st;
    }
    *out = bus;
    return APE_OK;
}

void ape_bus_free(ape_bus *bus)
{
    ape_host *host;

    if (!bus)
        return;
    host = bus->host;
    ape__bus_metrics_clear(bus);
    ape__fleet_free(bus);
    ape__redis_free(bus);
    if (bus->hub.has_thread)
        ape__hub_clear(&bus->hub);
    ape__members_clear(bus);
    ape__memory_jobs_clear(bus);
    pthread_mutex_destroy(&bus->members_lock);
    pthread_mutex_destroy(&bus->fleet_lock);
    pthread_mutex_destroy(&bus->jobs_lock);
    pthread_cond_destroy(&bus->jobs_changed);
    ape__free(host, bus, sizeof(*bus));
    ape_host_free(host);
}

static ape_status check_name(const char *what, const char *name, ape_error *err)
{
    if (ape__bus_name_valid(name))
        return APE_OK;
    return ape__fail(err, APE_ERR_INVALID, "%s must be 1 to 128 of A-Z a-z 0-9 . _ : / -", what);
}

/* Publishing. */

static ape_status publish_in_memory(ape_bus *bus, const char *channel, const void *data,
                                    size_t size, ape_error *err)
{
    ape__hub *hub = &bus->hub;
    ape__message *m = ape__message_new(bus->host, data, size);
    ape__channel *c;
    bool kept;

    if (!m)
        return ape__fail_no_memory(err);
    pthread_mutex_lock(&hub->lock);
    c = ape__hub_channel(hub, channel, true);
    kept = c && ape__hub_keep(hub, c, m);
    if (kept) {
        memcpy(m->id, hub->epoch + 24, 8);
        m->id[8] = '-';
        m->id[9 + ape__digits(m->id + 9, m->position.offset)] = '\0';
        ape__hub_push(hub, c, m);
    }
    pthread_mutex_unlock(&hub->lock);
    if (kept)
        return APE_OK;
    ape__message_drop(m);
    return ape__fail_no_memory(err);
}

ape_status ape_bus_publish(ape_bus *bus, const char *channel, const void *data, size_t size,
                           ape_error *err)
{
    ape_status st;

    if (!bus || (!data && size > 0))
        return ape__fail(err, APE_ERR_INVALID, "bus or data is NULL");
    st = check_name("channel", channel, err);
    if (st != APE_OK)
        return st;
    if (size > LARGEST_MESSAGE)
        return ape__fail(err, APE_ERR_INVALID, "a message has at most %d bytes", LARGEST_MESSAGE);
    st = bus->redis ? ape__redis_publish(bus, channel, data, size, err)
                    : publish_in_memory(bus, channel, data, size, err);
    if (st == APE_OK)
        atomic_fetch_add_explicit(&bus->hub.published, 1, memory_order_relaxed);
    return st;
}

ape_status ape_bus_flush(ape_bus *bus, uint64_t timeout_ms, ape_error *err)
{
    uint64_t end = ape__now_ms(NULL) + timeout_ms;

    if (!bus)
        return ape__fail(err, APE_ERR_INVALID, "bus is NULL");
    while (bus->redis && ape__redis_queued(bus) > 0) {
        const struct timespec moment = { .tv_nsec = 500000 };

        if (ape__now_ms(NULL) >= end)
            return ape__fail(err, APE_ERR_TIMEOUT, "%llu messages still wait for Redis",
                             (unsigned long long)ape__redis_queued(bus));
        nanosleep(&moment, NULL);
    }
    return APE_OK;
}

/* Subscribing. */

static ape_status subscribe_in_memory(ape_bus *bus, const char *channel,
                                      const ape_bus_position *since, ape_bus_subscription *s,
                                      bool *recovered, ape_error *err)
{
    ape__hub *hub = &bus->hub;
    ape__message *wake = ape__message_new(bus->host, NULL, 0);
    ape__channel *c;

    if (!wake)
        return ape__fail_no_memory(err);
    wake->kind = APE__WAKE_UP;
    pthread_mutex_lock(&hub->lock);
    c = ape__hub_channel(hub, channel, true);
    if (!c) {
        pthread_mutex_unlock(&hub->lock);
        ape__message_drop(wake);
        return ape__fail_no_memory(err);
    }
    ape__subscription_link(s, c);
    s->last = c->published;
    *recovered =
        since && strcmp(since->epoch, hub->epoch) == 0 && ape__hub_recover(hub, s, since->offset);
    ape__hub_push(hub, c, wake);
    pthread_mutex_unlock(&hub->lock);
    return APE_OK;
}

ape_status ape_bus_subscribe(ape_bus *bus, const char *channel, const ape_bus_position *since,
                             ape_bus_on_event on_event, void *user, bool *recovered,
                             ape_bus_subscription **out, ape_error *err)
{
    ape_bus_subscription *s;
    bool ignored, *said = recovered ? recovered : &ignored;
    ape_status st;

    if (!bus || !on_event || !out)
        return ape__fail(err, APE_ERR_INVALID, "bus, on_event or out is NULL");
    st = check_name("channel", channel, err);
    if (st != APE_OK)
        return st;
    s = ape__subscription_new(&bus->hub, on_event, user);
    if (!s)
        return ape__fail_no_memory(err);
    *out = s;
    st = bus->redis ? ape__redis_subscribe(bus, channel, since, s, said, err)
                    : subscribe_in_memory(bus, channel, since, s, said, err);
    if (st != APE_OK) {
        *out = NULL;
        ape__subscription_destroy(s);
    }
    return st;
}

/* Looking. */

static void write_memory_history(ape_bus *bus, const char *channel, uint32_t limit,
                                 ape__json_writer *w)
{
    ape__hub *hub = &bus->hub;
    ape__channel *c;
    size_t skip;

    pthread_mutex_lock(&hub->lock);
    c = ape__hub_channel(hub, channel, false);
    skip = c && c->history_count > limit ? c->history_count - limit : 0;
    for (size_t i = skip; c && i < c->history_count; i++) {
        const ape__message *m = c->history[(c->history_first + i) % hub->history_count];

        ape__json_begin_object(w, NULL);
        ape__json_integer(w, "offset", (int64_t)m->position.offset);
        ape__json_string(w, "id", m->id);
        ape__json_string_sized(w, "data", m->data, m->size);
        ape__json_end_object(w);
    }
    pthread_mutex_unlock(&hub->lock);
}

ape_status ape_bus_history(ape_bus *bus, const char *channel, uint32_t limit, ape_text **out,
                           ape_error *err)
{
    char epoch[sizeof(bus->hub.epoch)];
    ape__json_writer w;
    ape__buffer buffer;
    ape_status st;

    if (!bus || !out)
        return ape__fail(err, APE_ERR_INVALID, "bus or out is NULL");
    st = check_name("channel", channel, err);
    if (st == APE_OK && (limit < 1 || limit > 1000))
        st = ape__fail(err, APE_ERR_INVALID, "limit must be from 1 to 1000");
    if (st != APE_OK)
        return st;
    pthread_mutex_lock(&bus->hub.lock);
    memcpy(epoch, bus->hub.epoch, sizeof(epoch));
    pthread_mutex_unlock(&bus->hub.lock);
    ape__buffer_init(&buffer, bus->host);
    ape__json_writer_init(&w, &buffer);
    ape__json_begin_object(&w, NULL);
    ape__json_string(&w, "channel", channel);
    ape__json_string(&w, "epoch", epoch);
    ape__json_begin_array(&w, "messages");
    if (bus->redis)
        st = ape__redis_history(bus, channel, limit, &w, err);
    else
        write_memory_history(bus, channel, limit, &w);
    ape__json_end_array(&w);
    ape__json_end_object(&w);
    if (st == APE_OK)
        return ape__buffer_take(&buffer, out, err);
    ape__buffer_clear(&buffer);
    return st;
}

ape_status ape_bus_health(ape_bus *bus, ape_text **out, ape_error *err)
{
    char reason[200] = "";
    bool away;
    ape__json_writer w;
    ape__buffer buffer;

    if (!bus || !out)
        return ape__fail(err, APE_ERR_INVALID, "bus or out is NULL");
    away = bus->redis && ape__redis_is_away(bus, reason);
    ape__buffer_init(&buffer, bus->host);
    ape__json_writer_init(&w, &buffer);
    ape__json_begin_object(&w, NULL);
    ape__json_string(&w, "backend", bus->redis ? "redis" : "memory");
    ape__json_string(&w, "state", away ? "away" : "ok");
    ape__json_string(&w, "reason", away ? reason : NULL);
    ape__json_integer(&w, "queued", bus->redis ? (int64_t)ape__redis_queued(bus) : 0);
    ape__json_integer(&w, "published", (int64_t)atomic_load(&bus->hub.published));
    ape__json_integer(&w, "delivered", (int64_t)atomic_load(&bus->hub.delivered));
    ape__json_integer(&w, "gaps", (int64_t)atomic_load(&bus->hub.gaps));
    ape__json_integer(&w, "reconnects", bus->redis ? (int64_t)ape__redis_reconnects(bus) : 0);
    ape__json_end_object(&w);
    return ape__buffer_take(&buffer, out, err);
}
