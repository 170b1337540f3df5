/* SPDX-License-Identifier: MIT */
#include "core/buffer.h"

#include <criterion/criterion.h>

#include "counting_host.h"

static counting_host counting;

static void setup(void)
{
    counting_host_init(&counting);
}

static void teardown(void)
{
    counting_host_end_test(&counting);
}

TestSuite(buffer, .init = setup, .fini = teardown);

Test(buffer, grows_and_becomes_a_text)
{
    ape__buffer b;
    ape_text *text;

    ape__buffer_init(&b, counting.host);
    for (int i = 0; i < 1000; i++)
        ape__buffer_printf(&b, "%d,", i);
    ape__buffer_append(&b, "\0end", 4);
    cr_assert_eq(ape__buffer_take(&b, &text, NULL), APE_OK);
    cr_assert_eq(ape_text_size(text), 3894);
    cr_assert_str_eq(ape_text_data(text) + 3891, "end");
    ape_text_free(text);
}

Test(buffer, limit_is_remembered)
{
    ape__buffer b;

    ape__buffer_init(&b, counting.host);
    b.limit = 4;
    ape__buffer_puts(&b, "1234");
    cr_assert(!b.failed);
    ape__buffer_puts(&b, "5");
    ape__buffer_puts(&b, "");
    cr_assert(b.failed);
    cr_assert_str_eq(b.data, "1234");
    cr_assert_null(ape__buffer_take_string(&b));
}

Test(buffer, empty_one_is_an_empty_string)
{
    ape__buffer b;
    char *text;

    ape__buffer_init(&b, counting.host);
    text = ape__buffer_take_string(&b);
    cr_assert_str_eq(text, "");
    ape__strfree(counting.host, text);
}
