/* SPDX-License-Identifier: MIT */
#include <ape/host.h>

#include <string.h>

#include <criterion/criterion.h>

#include "core/host.h"
#include "core/memory.h"

#include "counting_host.h"

static int freed;
static char me[] = "me";
static char logged[600];

static void note_free(void *user)
{
    cr_assert_eq(user, me);
    freed++;
}

static void note_log(void *user, ape_log_level level, const char *area, const char *message)
{
    (void)user;
    cr_assert_eq(level, APE_LOG_WARNING);
    cr_assert_str_eq(area, "test");
    cr_assert_lt(strlen(message), sizeof(logged));
    memcpy(logged, message, strlen(message) + 1);
}

Test(host, user_is_freed_with_the_last_share)
{
    ape_host_options opts;
    ape_host *host, *share;

    freed = 0;
    ape_host_options_init(&opts, sizeof(opts));
    opts.user = me;
    opts.user_free = note_free;
    cr_assert_eq(ape_host_new(&opts, &host, NULL), APE_OK);
    share = ape__host_ref(host);
    ape_host_free(host);
    cr_assert_eq(freed, 0);
    ape_host_free(share);
    cr_assert_eq(freed, 1);
}

Test(host, null_is_the_system)
{
    char *text = ape__strdup(NULL, "text");

    cr_assert_str_eq(text, "text");
    ape__strfree(NULL, text);
    cr_assert_gt(ape__now_ms(NULL), 0);
    cr_assert_gt(ape__wall_ms(NULL), INT64_C(1700000000000));
    ape__log(NULL, APE_LOG_ERROR, "test", "goes nowhere");
    ape_host_free(NULL);
}

Test(host, long_log_lines_are_cut_between_characters)
{
    char text[700];
    ape_host_options opts;
    ape_host *host;

    for (size_t i = 0; i + 2 < sizeof(text); i += 2)
        memcpy(text + i, "\xc3\xa9", 3);
    ape_host_options_init(&opts, sizeof(opts));
    opts.log = note_log;
    cr_assert_eq(ape_host_new(&opts, &host, NULL), APE_OK);
    ape__log(host, APE_LOG_WARNING, "test", "a%s", text);
    cr_assert_eq(strlen(logged), 499);
    ape__log(host, APE_LOG_WARNING, "test", "%s", text);
    cr_assert_eq(strlen(logged), 498);
    ape_host_free(host);
}

Test(host, refuses_flags_and_missing_out)
{
    ape_host_options opts;
    ape_host *host = NULL;
    ape_error err;

    ape_host_options_init(&opts, sizeof(opts));
    opts.flags = 1;
    cr_assert_eq(ape_host_new(&opts, &host, &err), APE_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.message, "flags must be 0");
    cr_assert_null(host);
    cr_assert_eq(ape_host_new(NULL, NULL, &err), APE_ERR_INVALID);
}
