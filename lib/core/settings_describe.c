/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/error.h"
#include "core/settings_check.h"

static const char mask[] = "********";

static const char *source_name(ape__setting_source source)
{
    static const char *const names[] = { NULL, "file", "environment", "program" };

    return names[source];
}

/* A URL's passwords may stand before the host and among the parameters; what is no URL
 * may hold anything. */
static void write_url(ape__json_writer *w, ape_host *host, const char *value)
{
    ape__buffer shown;
    ape__slice secret;
    ape__url url;

    if (ape__url_parse(value, &url) || ape__url_parameter(&url, "password").size > 0) {
        ape__json_string(w, "value", mask);
        return;
    }
    secret = url.password;
    if (secret.size == 0) {
        ape__json_string(w, "value", value);
        return;
    }
    ape__buffer_init(&shown, host);
    ape__buffer_append(&shown, value, (size_t)(secret.at - value));
    ape__buffer_puts(&shown, mask);
    ape__buffer_puts(&shown, secret.at + secret.size);
    ape__json_string(w, "value", shown.failed ? mask : shown.data);
    w->buffer->failed |= shown.failed;
    ape__buffer_clear(&shown);
}

static void write_value(ape__json_writer *w, ape_host *host, const ape__setting *row,
                        const char *value)
{
    if (!value)
        ape__json_null(w, "value");
    else if (row->secrecy == APE__SECRET)
        ape__json_string(w, "value", mask);
    else if (row->secrecy == APE__SECRET_IN_URL)
        write_url(w, host, value);
    else
        ape__json_string(w, "value", value);
}

static void write_row(ape__json_writer *w, const ape_settings *s, const ape__setting *row,
                      const char *name, const ape__setting_entry *entry)
{
    const char *value = entry && entry->value && entry->value[0] ? entry->value : NULL;

    ape__json_begin_object(w, NULL);
    ape__json_string(w, "name", name);
    ape__json_string(w, "group", row->group);
    ape__json_string(w, "type", ape__setting_type_name(row->type));
    ape__json_bool(w, "secret", row->secrecy == APE__SECRET);
    write_value(w, s->host, row, value ? value : row->fallback);
    ape__json_string(w, "source",
                     value ? source_name(entry->source) : (row->fallback ? "default" : NULL));
    ape__json_string(w, "default", row->fallback);
    if (row->words)
        ape__json_string(w, "words", row->words);
    if (row->type == APE__SETTING_INTEGER || row->type == APE__SETTING_NUMBER) {
        ape__json_number(w, "min", row->min);
        ape__json_number(w, "max", row->max);
    }
    ape__json_string(w, "help", row->help);
    ape__json_end_object(w);
}

/* The names that a pattern stands for, as far as they are set; else the pattern. */
static void write_pattern(ape__json_writer *w, const ape_settings *s, const ape__setting *row)
{
    size_t found = 0;

    for (size_t i = 0; i < s->count; i++) {
        const char *name = s->entries[i].name;

        if (ape__setting_find(name) != row || !ape__setting_applies(s, name) ||
            !ape_settings_get(s, name))
            continue;
        write_row(w, s, row, name, &s->entries[i]);
        found++;
    }
    if (found == 0)
        write_row(w, s, row, row->name, NULL);
}

ape_status ape_settings_describe(const ape_settings *settings, ape_text **out, ape_error *err)
{
    ape__buffer buffer;
    ape__json_writer w;

    if (!settings || !out)
        return ape__fail(err, APE_ERR_INVALID, "settings or out is NULL");
    ape__buffer_init(&buffer, settings->host);
    ape__json_writer_init(&w, &buffer);
    ape__json_begin_object(&w, NULL);
    ape__json_begin_array(&w, "settings");
    for (size_t i = 0; i < ape__settings_table_size; i++) {
        const ape__setting *row = &ape__settings_table[i];

        if (ape__setting_is_pattern(row))
            write_pattern(&w, settings, row);
        else
            write_row(&w, settings, row, row->name,
                      ape__settings_find(settings, row->name, strlen(row->name)));
    }
    ape__json_end_array(&w);
    ape__json_end_object(&w);
    return ape__buffer_take(&buffer, out, err);
}
