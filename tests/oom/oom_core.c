/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <ape/settings.h>

#include "core/dotenv.h"
#include "core/json.h"
#include "core/locate.h"

#include "counting_host.h"

static ape_status make_settings(ape_host *host, void *user)
{
    ape_settings_options opts;
    ape_settings *s;
    ape_status st;

    (void)user;
    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    st = ape_settings_new(host, &opts, &s, NULL);
    if (st != APE_OK)
        return st;
    for (int i = 0; i < 70 && st == APE_OK; i++) {
        char name[8];

        snprintf(name, sizeof(name), "N%d", i);
        st = ape_settings_set(s, name, "value", NULL);
    }
    ape_settings_free(s);
    return st;
}

static ape_status check_settings(ape_host *host, void *user)
{
    ape_settings_options opts;
    ape_text *text = NULL;
    ape_settings *s;
    ape_status st;

    (void)user;
    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    st = ape_settings_new(host, &opts, &s, NULL);
    if (st != APE_OK)
        return st;
    st = ape_settings_set(s, "DATABASE_URL", "postgresql://ape:x@db/ape", NULL);
    if (st == APE_OK)
        st = ape_settings_check(s, &text, NULL);
    if (st == APE_OK) {
        ape_text_free(text);
        st = ape_settings_describe(s, &text, NULL);
    }
    if (st == APE_OK)
        ape_text_free(text);
    ape_settings_free(s);
    return st;
}

static ape_status count_entry(void *user, const char *name, size_t name_size, const char *value,
                              size_t value_size, ape_error *err)
{
    (void)name, (void)name_size, (void)value, (void)value_size, (void)err;
    ++*(int *)user;
    return APE_OK;
}

static ape_status parse_dotenv(ape_host *host, void *user)
{
    static const char text[] = "A=1\nB='two'\nC=\"three\"\n";
    int entries = 0;

    (void)user;
    return ape__dotenv_parse(host, ".env", text, strlen(text), count_entry, &entries, NULL);
}

static ape_status write_json(ape_host *host, void *user)
{
    ape__buffer b;
    ape__json_writer w;
    ape_text *text;
    ape_status st;

    (void)user;
    ape__buffer_init(&b, host);
    ape__json_writer_init(&w, &b);
    ape__json_begin_array(&w, NULL);
    for (int i = 0; i < 100; i++)
        ape__json_number(&w, NULL, i / 3.0);
    ape__json_end_array(&w);
    st = ape__buffer_take(&b, &text, NULL);
    if (st == APE_OK)
        ape_text_free(text);
    return st;
}

static ape_status locate(ape_host *host, void *user)
{
    char *path = ape__locate(host, "no-such-file", "/installed");

    (void)user;
    if (!path)
        return APE_ERR_NO_MEMORY;
    ape__strfree(host, path);
    return APE_OK;
}

int main(void)
{
    static const struct {
        const char *name;
        ape_status (*body)(ape_host *host, void *user);
    } bodies[] = {
        { "settings", make_settings }, { "settings_check", check_settings },
        { "dotenv", parse_dotenv },    { "json", write_json },
        { "locate", locate },
    };
    int failed = 0;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const char *complaint = each_allocation_fails(bodies[i].body, NULL);

        if (complaint) {
            printf("%s: %s\n", bodies[i].name, complaint);
            failed = 1;
        }
    }
    return failed;
}
