/* SPDX-License-Identifier: MIT */
#include "core/settings_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/buffer.h"
#include "core/error.h"

__attribute__((format(printf, 4, 0))) static void
report(ape__check *c, const char *name, const char *level, const char *format, va_list args)
{
    char reason[200];

    vsnprintf(reason, sizeof(reason), format, args);
    ape__json_begin_object(&c->json, NULL);
    ape__json_string(&c->json, "name", name);
    ape__json_string(&c->json, "level", level);
    ape__json_string(&c->json, "reason", reason);
    ape__json_end_object(&c->json);
    if (level[0] == 'w') {
        c->warnings++;
        return;
    }
    if (c->errors++ == 0)
        snprintf(c->first, sizeof(c->first), "%.60s %.130s", name, reason);
}

void ape__check_error(ape__check *c, const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report(c, name, "error", format, args);
    va_end(args);
}

void ape__check_warning(ape__check *c, const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report(c, name, "warning", format, args);
    va_end(args);
}

void ape__check_strict(ape__check *c, const char *name, const char *format, ...)
{
    va_list args;

    if (!c->production && !c->staging)
        return;
    va_start(args, format);
    report(c, name, c->production ? "error" : "warning", format, args);
    va_end(args);
}

static void check_values(ape__check *c)
{
    for (size_t i = 0; i < c->settings->count; i++) {
        const char *name = c->settings->entries[i].name;
        const char *value = ape_settings_get(c->settings, name);
        const ape__setting *row = ape__setting_find(name);

        if (value && row && ape__setting_applies(c->settings, name) &&
            ape__check_type(c, row, name, value) && row->check)
            row->check(c, name, value);
    }
}

static void run(ape__check *c)
{
    const char *environment = ape__settings_effective(c->settings, "ENVIRONMENT");

    /* A misspelt "prodution" must not turn the rules off. */
    c->staging = strcmp(environment, "staging") == 0;
    c->production = !c->staging && strcmp(environment, "development") != 0;
    ape__json_begin_object(&c->json, NULL);
    ape__json_string(&c->json, "environment", c->production ? "production" : environment);
    ape__json_begin_array(&c->json, "findings");
    check_values(c);
    ape__check_production(c);
    ape__check_unknown(c);
    ape__json_end_array(&c->json);
    ape__json_bool(&c->json, "ok", c->errors == 0);
    ape__json_integer(&c->json, "errors", (int64_t)c->errors);
    ape__json_integer(&c->json, "warnings", (int64_t)c->warnings);
    ape__json_end_object(&c->json);
}

ape_status ape_settings_check(const ape_settings *settings, ape_text **report_out, ape_error *err)
{
    ape__check c = { .settings = settings };
    ape__buffer buffer;
    ape_text *text;
    ape_status st;

    if (!settings)
        return ape__fail(err, APE_ERR_INVALID, "settings is NULL");
    ape__buffer_init(&buffer, settings->host);
    ape__json_writer_init(&c.json, &buffer);
    run(&c);
    st = ape__buffer_take(&buffer, &text, err);
    if (st != APE_OK)
        return st;
    if (report_out)
        *report_out = text;
    else
        ape_text_free(text);
    if (c.errors == 0)
        return APE_OK;
    return ape__fail(err, APE_ERR_REFUSED, "%s%s", c.first,
                     c.errors > 1 ? " (and more; 'ape config check' lists them)" : "");
}
