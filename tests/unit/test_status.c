/* SPDX-License-Identifier: MIT */
#include <ape/base.h>

#include <string.h>

#include <criterion/criterion.h>

#include "core/error.h"

Test(status, names)
{
    cr_assert_str_eq(ape_status_name(APE_OK), "APE_OK");
    cr_assert_str_eq(ape_status_name(APE_ERR_INVALID), "APE_ERR_INVALID");
    cr_assert_str_eq(ape_status_name(APE_ERR_INTERNAL), "APE_ERR_INTERNAL");
    cr_assert_str_eq(ape_status_name(APE_ERR_INTERNAL - 1), "APE_ERR_UNKNOWN");
    cr_assert_str_eq(ape_status_name(1), "APE_ERR_UNKNOWN");
    cr_assert_str_eq(ape_status_name(INT32_MIN), "APE_ERR_UNKNOWN");
}

Test(status, kinds)
{
    cr_assert(ape_status_is_transient(APE_ERR_TIMEOUT));
    cr_assert(!ape_status_is_transient(APE_ERR_INVALID));
    cr_assert(!ape_status_is_transient(APE_OK));
}

Test(status, message_is_one_line_cut_between_characters)
{
    char text[300];
    ape_error err;

    for (size_t i = 0; i < 298; i += 2)
        memcpy(text + i, "\xc3\xa9", 3);
    cr_assert_eq(ape__fail(&err, APE_ERR_FORMAT, "%s", text), APE_ERR_FORMAT);
    cr_assert_eq(strlen(err.message), 238);
    cr_assert_eq(ape__fail_detail(&err, APE_ERR_IO, 7, "two\nlines"), APE_ERR_IO);
    cr_assert_str_eq(err.message, "two lines");
    cr_assert_eq(err.detail, 7);
    cr_assert_eq(ape__fail(NULL, APE_ERR_IO, "nobody listens"), APE_ERR_IO);
    cr_assert_eq(sizeof(ape_error), 256);
}

Test(status, version)
{
    cr_assert_str_eq(ape_version(), APE_VERSION);
    cr_assert_eq(ape_version_number(), APE_VERSION_NUMBER);
}
