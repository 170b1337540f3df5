/* SPDX-License-Identifier: MIT */
#include <ape/settings.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/dotenv.h"
#include "core/error.h"
#include "core/host.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/settings.h"
#include "core/settings_check.h"

extern char **environ;

typedef ape__setting_entry entry;

static const ape_settings_options defaults = { .size = sizeof(ape_settings_options) };

void ape_settings_options_init(ape_settings_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

static bool is_name(const char *name, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = name[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';

        if (!letter && !(i > 0 && c >= '0' && c <= '9'))
            return false;
    }
    return size > 0;
}

entry *ape__settings_find(const ape_settings *s, const char *name, size_t size)
{
    for (size_t i = 0; i < s->count; i++)
        if (strncmp(s->entries[i].name, name, size) == 0 && s->entries[i].name[size] == '\0')
            return &s->entries[i];
    return NULL;
}

static void drop_value(ape_settings *s, entry *e)
{
    if (!e->value)
        return;
    ape__wipe(e->value, e->value_size);
    ape__free(s->host, e->value, e->value_size + 1);
    e->value = NULL;
}

static entry *append(ape_settings *s, const char *name, size_t size)
{
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 64;
        entry *entries =
            ape__resize(s->host, s->entries, s->capacity * sizeof(entry), capacity * sizeof(entry));

        if (!entries)
            return NULL;
        s->entries = entries;
        s->capacity = capacity;
    }
    s->entries[s->count] = (entry){ .name = ape__strndup(s->host, name, size) };
    return s->entries[s->count].name ? &s->entries[s->count++] : NULL;
}

static ape_status put(ape_settings *s, const char *name, size_t name_size, const char *value,
                      size_t value_size, ape__setting_source source, ape_error *err)
{
    entry *e = ape__settings_find(s, name, name_size);
    char *copy = ape__strndup(s->host, value, value_size);

    if (copy && !e)
        e = append(s, name, name_size);
    if (!copy || !e) {
        if (copy) {
            ape__wipe(copy, value_size);
            ape__free(s->host, copy, value_size + 1);
        }
        return ape__fail_no_memory(err);
    }
    drop_value(s, e);
    e->value = copy;
    e->value_size = value_size;
    e->source = source;
    return APE_OK;
}

static ape_status put_from_file(void *user, const char *name, size_t name_size, const char *value,
                                size_t value_size, ape_error *err)
{
    return put(user, name, name_size, value, value_size, APE__SOURCE_FILE, err);
}

static ape_status read_environment(ape_settings *s, ape_error *err)
{
    for (char **e = environ; e && *e; e++) {
        const char *equals = strchr(*e, '=');
        ape_status st;

        if (!equals || !is_name(*e, (size_t)(equals - *e)))
            continue;
        st = put(s, *e, (size_t)(equals - *e), equals + 1, strlen(equals + 1),
                 APE__SOURCE_ENVIRONMENT, err);
        if (st != APE_OK)
            return st;
    }
    return APE_OK;
}

static ape_status read_sources(ape_settings *s, const ape_settings_options *o, ape_error *err)
{
    ape_status st = APE_OK;

    if (o->dotenv_path)
        st = ape__dotenv_read(s->host, o->dotenv_path, &s->dotenv_mode, put_from_file, s, err);
    if (st == APE_OK && !o->ignore_environment)
        st = read_environment(s, err);
    return st;
}

ape_status ape_settings_new(ape_host *host, const ape_settings_options *opts, ape_settings **out,
                            ape_error *err)
{
    ape_settings_options o = defaults;
    ape_settings *s;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = ape__options_load(&o, sizeof(o), sizeof(o), opts, err);
    if (st != APE_OK)
        return st;
    if (o.ignore_environment > 1)
        return ape__fail(err, APE_ERR_INVALID, "ignore_environment must be 0 or 1");
    s = ape__alloc(host, sizeof(*s));
    if (!s)
        return ape__fail_no_memory(err);
    s->host = ape__host_ref(host);
    st = read_sources(s, &o, err);
    if (st != APE_OK) {
        ape_settings_free(s);
        return st;
    }
    ape__settings_warn_unknown(s);
    *out = s;
    return APE_OK;
}

void ape_settings_free(ape_settings *settings)
{
    ape_host *host;

    if (!settings)
        return;
    host = settings->host;
    for (size_t i = 0; i < settings->count; i++) {
        drop_value(settings, &settings->entries[i]);
        ape__strfree(host, settings->entries[i].name);
    }
    ape__free(host, settings->entries, settings->capacity * sizeof(entry));
    ape__free(host, settings, sizeof(*settings));
    ape_host_free(host);
}

const char *ape_settings_get(const ape_settings *settings, const char *name)
{
    const entry *e = settings && name ? ape__settings_find(settings, name, strlen(name)) : NULL;

    return e && e->value && e->value[0] ? e->value : NULL;
}

ape_status ape_settings_set(ape_settings *settings, const char *name, const char *value,
                            ape_error *err)
{
    entry *e;

    if (!settings || !name || !is_name(name, strlen(name)))
        return ape__fail(err, APE_ERR_INVALID,
                         "a setting's name must match [A-Za-z_][A-Za-z0-9_]*");
    if (value)
        return put(settings, name, strlen(name), value, strlen(value), APE__SOURCE_PROGRAM, err);
    e = ape__settings_find(settings, name, strlen(name));
    if (e)
        drop_value(settings, e);
    return APE_OK;
}

ape_status ape_settings_get_integer(const ape_settings *settings, const char *name, int64_t min,
                                    int64_t max, int64_t fallback, int64_t *out, ape_error *err)
{
    const char *text = ape_settings_get(settings, name);
    char *end;
    long long value;

    if (!text) {
        *out = fallback;
        return APE_OK;
    }
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < min || value > max)
        return ape__fail(err, APE_ERR_INVALID, "%s must be a whole number from %lld to %lld", name,
                         (long long)min, (long long)max);
    *out = value;
    return APE_OK;
}

const char *ape__settings_effective(const ape_settings *settings, const char *name)
{
    const char *value = ape_settings_get(settings, name);
    const ape__setting *row = value ? NULL : ape__setting_find(name);

    return row ? row->fallback : value;
}

const char *ape_settings_get_or_default(const ape_settings *settings, const char *name)
{
    return name ? ape__settings_effective(settings, name) : NULL;
}

enum { JOINED_NAME = 128 };

/* False: longer than any name. */
static bool join_name(char out[JOINED_NAME], const char *stem, size_t stem_size, const char *end)
{
    if (stem_size + strlen(end) >= JOINED_NAME)
        return false;
    for (size_t i = 0; i < stem_size; i++) {
        char c = stem[i] == '-' ? '_' : stem[i];

        out[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    memcpy(out + stem_size, end, strlen(end) + 1);
    return true;
}

const char *ape__settings_get_joined(const ape_settings *settings, const char *stem,
                                     size_t stem_size, const char *end)
{
    char name[JOINED_NAME];

    return join_name(name, stem, stem_size, end) ? ape_settings_get(settings, name) : NULL;
}

ape_status ape__settings_get_joined_integer(const ape_settings *settings, const char *stem,
                                            const char *end, int64_t max, int64_t *out,
                                            ape_error *err)
{
    char name[JOINED_NAME];

    if (!join_name(name, stem, strlen(stem), end))
        return APE_OK;
    return ape_settings_get_integer(settings, name, 0, max, *out, out, err);
}

ape_status ape__settings_get_number(const ape_settings *settings, const char *name, double max,
                                    double *out, ape_error *err)
{
    const char *text = ape_settings_get(settings, name);
    double value;

    if (!text)
        return APE_OK;
    if (!ape__setting_parse_number(text, &value) || value > max)
        return ape__fail(err, APE_ERR_INVALID, "%s must be a number from 0 to %g", name, max);
    *out = value;
    return APE_OK;
}

const char *ape_settings_get_signing_key(const ape_settings *settings, uint32_t index)
{
    const char *until = ape_settings_get(settings, "SECRET_KEY_PREVIOUS_UNTIL");
    int64_t end;

    if (index == 0)
        return ape_settings_get(settings, "SECRET_KEY");
    if (index > 1 || !until || !ape__time_parse(until, &end) || ape__wall_ms(settings->host) >= end)
        return NULL;
    return ape_settings_get(settings, "SECRET_KEY_PREVIOUS");
}
