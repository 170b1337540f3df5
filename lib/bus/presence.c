/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "bus/bus.h"
#include "core/memory.h"

enum { LARGEST_INFO = 16384 };

static void free_member(ape_bus *bus, ape__member *m)
{
    ape__strfree(bus->host, m->info);
    ape__free(bus->host, m, sizeof(*m));
}

void ape__members_clear(ape_bus *bus)
{
    while (bus->members) {
        ape__member *m = bus->members;

        bus->members = m->next;
        free_member(bus, m);
    }
}

static ape__member *find(const ape_bus *bus, const char *channel, const char *name)
{
    for (ape__member *m = bus->members; m; m = m->next)
        if (strcmp(m->name, name) == 0 && strcmp(m->channel, channel) == 0)
            return m;
    return NULL;
}

static ape__member *add(ape_bus *bus, const char *channel, const char *name)
{
    ape__member *m = ape__alloc(bus->host, sizeof(*m));

    if (!m)
        return NULL;
    snprintf(m->channel, sizeof(m->channel), "%s", channel);
    snprintf(m->name, sizeof(m->name), "%s", name);
    m->next = bus->members;
    bus->members = m;
    return m;
}

static ape_status check(ape_bus *bus, const char *channel, const char *member, ape_error *err)
{
    if (!bus)
        return ape__fail(err, APE_ERR_INVALID, "bus is NULL");
    if ((channel && !ape__bus_name_valid(channel)) || !ape__bus_name_valid(member))
        return ape__fail(err, APE_ERR_INVALID,
                         "channel and member must be 1 to 128 of A-Z a-z 0-9 . _ : / -");
    return APE_OK;
}

static ape_status check_info(const char *info, ape_error *err)
{
    cJSON *json;

    if (strlen(info) > LARGEST_INFO || ape__json_parse(info, strlen(info), &json, NULL) != APE_OK)
        return ape__fail(err, APE_ERR_INVALID, "info must be one JSON value of at most %d bytes",
                         LARGEST_INFO);
    cJSON_Delete(json);
    return APE_OK;
}

static ape_status set(ape_bus *bus, const char *channel, const char *member, const char *info,
                      ape_error *err)
{
    char *copy = ape__strdup(bus->host, info);
    ape__member *m = NULL;

    pthread_mutex_lock(&bus->members_lock);
    if (copy)
        m = find(bus, channel, member);
    if (copy && !m)
        m = add(bus, channel, member);
    if (m) {
        ape__strfree(bus->host, m->info);
        m->info = copy;
        m->gone = m->told = false;
    }
    pthread_mutex_unlock(&bus->members_lock);
    if (m)
        return APE_OK;
    ape__strfree(bus->host, copy);
    return ape__fail_no_memory(err);
}

ape_status ape_bus_join(ape_bus *bus, const char *channel, const char *member, const char *info,
                        ape_error *err)
{
    ape_status st = check(bus, channel, member, err);

    if (st == APE_OK)
        st = check_info(info ? info : "{}", err);
    if (st == APE_OK)
        st = set(bus, channel ? channel : "", member, info ? info : "{}", err);
    if (st == APE_OK && bus->redis)
        ape__redis_members_changed(bus);
    return st;
}

static void drop(ape_bus *bus, ape__member *gone)
{
    ape__member **at = &bus->members;

    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    free_member(bus, gone);
}

ape_status ape_bus_leave(ape_bus *bus, const char *channel, const char *member, ape_error *err)
{
    ape_status st = check(bus, channel, member, err);
    ape__member *m;

    if (st != APE_OK)
        return st;
    pthread_mutex_lock(&bus->members_lock);
    m = find(bus, channel ? channel : "", member);
    if (m && bus->redis) {
        m->gone = true;
        m->told = false;
    } else if (m) {
        drop(bus, m);
    }
    pthread_mutex_unlock(&bus->members_lock);
    if (bus->redis)
        ape__redis_members_changed(bus);
    return APE_OK;
}

typedef struct listing {
    ape_bus *bus;
    const char *channel;
    ape__json_writer json;
} listing;

static void write_info(ape__json_writer *w, const char *name, const char *info)
{
    cJSON *json;

    /* Another program may have written the hash. */
    if (ape__json_parse(info, strlen(info), &json, NULL) != APE_OK) {
        ape__json_string(w, name, info);
        return;
    }
    cJSON_Delete(json);
    ape__json_raw(w, name, info, strlen(info));
}

/* What this process says of its own members is newer than what Redis has heard of them. */
static void list_foreign(void *user, const char *name, const char *info)
{
    listing *l = user;
    bool own;

    pthread_mutex_lock(&l->bus->members_lock);
    own = find(l->bus, l->channel, name) != NULL;
    pthread_mutex_unlock(&l->bus->members_lock);
    if (!own)
        write_info(&l->json, name, info);
}

static void list_own(listing *l)
{
    pthread_mutex_lock(&l->bus->members_lock);
    for (const ape__member *m = l->bus->members; m; m = m->next)
        if (!m->gone && strcmp(m->channel, l->channel) == 0)
            write_info(&l->json, m->name, m->info);
    pthread_mutex_unlock(&l->bus->members_lock);
}

ape_status ape_bus_presence(ape_bus *bus, const char *channel, ape_text **out, ape_error *err)
{
    listing l = { .bus = bus, .channel = channel ? channel : "" };
    ape__buffer buffer;
    bool degraded;
    ape_status st =
        out ? check(bus, channel, "x", err) : ape__fail(err, APE_ERR_INVALID, "out is NULL");

    if (st != APE_OK)
        return st;
    ape__buffer_init(&buffer, bus->host);
    ape__json_writer_init(&l.json, &buffer);
    ape__json_begin_object(&l.json, NULL);
    ape__json_begin_object(&l.json, "members");
    degraded =
        bus->redis && ape__redis_read_members(bus, l.channel, list_foreign, &l, NULL) != APE_OK;
    list_own(&l);
    ape__json_end_object(&l.json);
    ape__json_bool(&l.json, "degraded", degraded);
    ape__json_end_object(&l.json);
    return ape__buffer_take(&buffer, out, err);
}
