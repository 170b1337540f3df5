/* SPDX-License-Identifier: MIT */
#include "core/options.h"

#include <string.h>

#include <criterion/criterion.h>

typedef struct options_v1 {
    uint32_t size;
    uint32_t a;
} options_v1;

typedef struct options_v2 {
    uint32_t size;
    uint32_t a;
    uint64_t b;
} options_v2;

static const options_v2 defaults = { .size = sizeof(options_v2), .a = 5, .b = 7 };

Test(options, init_writes_no_more_than_it_may)
{
    options_v2 o;

    memset(&o, 0xee, sizeof(o));
    ape__options_init(&o, sizeof(options_v1), &defaults, sizeof(defaults));
    cr_assert_eq(o.size, sizeof(options_v1));
    cr_assert_eq(o.a, 5);
    cr_assert_eq(o.b, UINT64_C(0xeeeeeeeeeeeeeeee));
}

Test(options, init_zeroes_what_this_library_does_not_know)
{
    struct {
        options_v2 known;
        uint64_t newer;
    } o;

    memset(&o, 0xee, sizeof(o));
    ape__options_init(&o, sizeof(o), &defaults, sizeof(defaults));
    cr_assert_eq(o.known.size, sizeof(o));
    cr_assert_eq(o.known.b, 7);
    cr_assert_eq(o.newer, 0);
}

Test(options, an_old_caller_gets_the_new_default)
{
    options_v1 old = { .size = sizeof(old), .a = 9 };
    options_v2 into = defaults;

    cr_assert_eq(ape__options_load(&into, sizeof(into), sizeof(options_v1), &old, NULL), APE_OK);
    cr_assert_eq(into.size, sizeof(into));
    cr_assert_eq(into.a, 9);
    cr_assert_eq(into.b, 7);
}

Test(options, a_newer_caller_may_not_use_what_is_unknown)
{
    struct {
        options_v2 known;
        uint64_t newer;
    } o = { .known = defaults, .newer = 0 };
    options_v2 into = defaults;
    ape_error err;

    o.known.size = sizeof(o);
    cr_assert_eq(ape__options_load(&into, sizeof(into), sizeof(options_v1), &o, &err), APE_OK);
    o.newer = 1;
    cr_assert_eq(ape__options_load(&into, sizeof(into), sizeof(options_v1), &o, &err),
                 APE_ERR_UNSUPPORTED);
}

Test(options, uninitialised_is_an_error)
{
    options_v2 o = { .size = 0 }, into = defaults;
    ape_error err;

    cr_assert_eq(ape__options_load(&into, sizeof(into), sizeof(options_v1), &o, &err),
                 APE_ERR_INVALID);
    cr_assert_not_null(strstr(err.message, "not initialised"));
}
