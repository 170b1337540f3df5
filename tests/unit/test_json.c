/* SPDX-License-Identifier: MIT */
#include "core/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "counting_host.h"

static counting_host counting;
static ape__buffer buffer;
static ape__json_writer writer;

static void setup(void)
{
    counting_host_init(&counting);
    ape__buffer_init(&buffer, counting.host);
    ape__json_writer_init(&writer, &buffer);
}

static void teardown(void)
{
    ape__buffer_clear(&buffer);
    counting_host_end_test(&counting);
}

TestSuite(json, .init = setup, .fini = teardown);

Test(json, commas_and_names)
{
    ape__json_begin_object(&writer, NULL);
    ape__json_string(&writer, "a", "x");
    ape__json_begin_array(&writer, "b");
    ape__json_integer(&writer, NULL, -1);
    ape__json_bool(&writer, NULL, true);
    ape__json_begin_object(&writer, NULL);
    ape__json_end_object(&writer);
    ape__json_end_array(&writer);
    ape__json_null(&writer, "c");
    ape__json_string(&writer, "d", NULL);
    ape__json_raw(&writer, "e", "[1]", 3);
    ape__json_end_object(&writer);
    cr_assert_str_eq(buffer.data,
                     "{\"a\":\"x\",\"b\":[-1,true,{}],\"c\":null,\"d\":null,\"e\":[1]}");
}

Test(json, strings_are_escaped_and_made_utf8)
{
    ape__json_string_sized(&writer, NULL, "\"\\\n\x01\x7f\xff\xc3\xa9\0z", 10);
    cr_assert_str_eq(buffer.data, "\"\\\"\\\\\\n\\u0001\\u007f\xef\xbf\xbd\xc3\xa9\\u0000z\"");
}

Test(json, numbers_read_back_as_they_were)
{
    static const double values[] = {
        0.1, 1.0 / 3, 1e300, 5e-324, -0.0, 123456789012345678.0, 1.7433, 0.30000000000000004
    };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        ape__buffer_rewind(&buffer);
        ape__json_writer_init(&writer, &buffer);
        ape__json_number(&writer, NULL, values[i]);
        cr_assert_eq(strtod(buffer.data, NULL), values[i], "%s", buffer.data);
    }
    ape__buffer_rewind(&buffer);
    ape__json_writer_init(&writer, &buffer);
    ape__json_number(&writer, NULL, 0.1);
    cr_assert_str_eq(buffer.data, "0.1");
}

Test(json, no_number_for_nan_and_infinity)
{
    ape__json_begin_array(&writer, NULL);
    ape__json_number(&writer, NULL, (double)NAN);
    ape__json_number(&writer, NULL, -(double)INFINITY);
    ape__json_end_array(&writer);
    cr_assert_str_eq(buffer.data, "[null,null]");
}

Test(json, too_deep_is_a_failure)
{
    for (int i = 0; i < 70; i++)
        ape__json_begin_array(&writer, NULL);
    cr_assert(buffer.failed);
}

Test(json, a_parsed_value_is_written_again)
{
    static const char text[] = " {\"a\": [1, 2.5, \"x\\ny\", null, true], \"A\": {}} ";
    cJSON *value;

    cr_assert_eq(ape__json_parse(text, strlen(text), &value, NULL), APE_OK);
    ape__json_value(&writer, NULL, value);
    cr_assert_str_eq(buffer.data, "{\"a\":[1,2.5,\"x\\ny\",null,true],\"A\":{}}");
    cr_assert_not_null(ape__json_get_array(value, "a"));
    cr_assert_null(ape__json_get_array(value, "A"));
    cr_assert_not_null(ape__json_get_object(value, "A"));
    cJSON_Delete(value);
}

ParameterizedTestParameters(json, refuses)
{
    static char bad[][24] = { "", " ", "{", "{}x", "[1,]", "{\"a\":}", "nul", "1 2", "\"open" };

    return cr_make_param_array(char[24], bad, sizeof(bad) / sizeof(bad[0]));
}

ParameterizedTest(char text[24], json, refuses)
{
    ape_error err;
    cJSON *value = NULL;

    cr_assert_eq(ape__json_parse(text, strlen(text), &value, &err), APE_ERR_FORMAT, "%s", text);
    cr_assert_null(value);
    cr_assert_leq(err.offset, strlen(text));
}
