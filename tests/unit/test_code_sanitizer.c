/* SPDX-License-Identifier: MIT */
#include <ape/code_sanitizer.h>

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "code_sanitizer/code_sanitizer.h"
#include "core/buffer.h"
#include "core/json.h"

#include "counting_host.h"

static counting_host counting;
static ape_code_sanitizer *sanitizer;

static void setup(void)
{
    counting_host_init(&counting);
    cr_assert_eq(ape_code_sanitizer_new(counting.host, NULL, &sanitizer, NULL), APE_OK);
}

static void teardown(void)
{
    ape_code_sanitizer_free(sanitizer);
    counting_host_end_test(&counting);
}

TestSuite(code_sanitizer, .init = setup, .fini = teardown);

static ape_sanitized_code *sanitize(const char *raw, size_t size)
{
    ape_sanitized_code *code = NULL;

    cr_assert_eq(ape_code_sanitizer_sanitize(sanitizer, raw, size, NULL, &code, NULL), APE_OK);
    return code;
}

static void expect_reject(const char *raw, size_t size, const char *in_reason)
{
    ape_sanitized_code *code = sanitize(raw, size);

    cr_assert_eq(ape_sanitized_code_verdict(code), APE_CODE_REJECT);
    cr_assert_not_null(ape_sanitized_code_reason(code));
    cr_assert_not_null(strstr(ape_sanitized_code_reason(code), in_reason), "%s",
                       ape_sanitized_code_reason(code));
    ape_sanitized_code_free(code);
}

static void expect_code(const char *raw, size_t size, const char *wanted)
{
    ape_sanitized_code *code = sanitize(raw, size);

    cr_assert_eq(ape_sanitized_code_verdict(code), APE_CODE_OK, "%s",
                 ape_sanitized_code_reason(code));
    cr_assert_str_eq(ape_sanitized_code_text(code), wanted);
    cr_assert_eq(ape_sanitized_code_text_size(code), strlen(wanted));
    cr_assert_null(ape_sanitized_code_reason(code));
    ape_sanitized_code_free(code);
}

Test(code_sanitizer, right_code_is_not_touched)
{
    static const char raw[] = "import json\r\nprint(json.dumps({'a': 1}))\r\n";

    expect_code(raw, strlen(raw), raw);
}

Test(code_sanitizer, lone_carriage_returns_end_lines)
{
    static const char raw[] = "x = 1\rif x:\r    print(x)\r";

    expect_code(raw, strlen(raw), raw);
}

Test(code_sanitizer, a_byte_order_mark_is_dropped)
{
    static const char raw[] = "\xef\xbb\xbfprint(1)\n";

    expect_code(raw, strlen(raw), "print(1)\n");
}

Test(code_sanitizer, bytes_that_are_no_answer)
{
    expect_reject("", 0, "APE017");
    expect_reject(NULL, 0, "APE017");
    expect_reject(" \n\t\n", 4, "APE017");
    expect_reject("print(1)\0print(2)", 17, "NUL");
    expect_reject("print('\xff')", 10, "not UTF-8");
    expect_reject("print('\xed\xa0\x80')", 12, "not UTF-8");
    expect_reject("x = 1 # \xe2\x80\xae\n", 12, "APE015");
}

Test(code_sanitizer, ten_megabytes_are_too_much)
{
    size_t size = 10 << 20;
    char *raw = malloc(size);

    cr_assert_not_null(raw);
    memset(raw, 'a', size);
    expect_reject(raw, size, "262144");
    free(raw);
}

/* One character over and over, up to the limit. */
static void expect_reject_of(const char *piece)
{
    size_t size = 256 * 1024, length = strlen(piece);
    char *raw = malloc(size);

    cr_assert_not_null(raw);
    for (size_t i = 0; i < size; i++)
        raw[i] = piece[i % length];
    expect_reject(raw, size - size % length, "APE");
    free(raw);
}

Test(code_sanitizer, hostile_repetitions_are_rejected, .timeout = 60)
{
    static const char *const pieces[] = {
        "(",         "[",    "{",       "f\"{",         "f'{f\"{",      "if 1:\n ",
        "not ",      "-",    "lambda:", "a if b else ", "x.",           "f(",
        "{1:",       "'",    "\"\"\"",  "\\\n",         "\xe2\x80\x9c", "@",
        "elif x:\n", "```\n"
    };

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        expect_reject_of(pieces[i]);
}

Test(code_sanitizer, three_hundred_brackets)
{
    char raw[700] = "print(";

    memset(raw + 6, '(', 300);
    memset(raw + 306, ')', 301);
    expect_reject(raw, strlen(raw), "too many nested parentheses");
}

Test(code_sanitizer, the_reason_speaks_to_the_model)
{
    ape_sanitized_code *code = sanitize("import os\nprint(1)\n", 19);

    cr_assert_str_eq(ape_sanitized_code_reason(code),
                     "APE701 (security, line 1): import of os is not allowed: it reaches beyond "
                     "the sandbox.");
    ape_sanitized_code_free(code);
}

Test(code_sanitizer, places_are_those_of_the_raw_answer)
{
    static const char raw[] =
        "\xd0\x9a\xd0\xbe\xd0\xb4:\n```python\nx = '\xd1\x8f'; import os\n```\n";
    ape_sanitized_code *code = sanitize(raw, strlen(raw));
    const cJSON *finding;
    double line = 0, column = 0, end_column = 0;
    ape_text *json;
    cJSON *root;

    cr_assert_eq(ape_sanitized_code_to_json(code, &json, NULL), APE_OK);
    cr_assert_eq(ape__json_parse(ape_text_data(json), ape_text_size(json), &root, NULL), APE_OK);
    cr_assert_str_eq(ape__json_get_string(root, "verdict"), "reject");
    finding = cJSON_GetArrayItem(ape__json_get_array(root, "diagnostics"), 1);
    cr_assert_str_eq(ape__json_get_string(finding, "rule"), "APE701");
    cr_assert_str_eq(ape__json_get_string(finding, "level"), "reject");
    ape__json_get_number(finding, "line", &line);
    ape__json_get_number(finding, "column", &column);
    ape__json_get_number(finding, "end_column", &end_column);
    cr_assert_eq(line, 3);
    cr_assert_eq(column, 10);
    cr_assert_eq(end_column, 19);
    cJSON_Delete(root);
    ape_text_free(json);
    ape_sanitized_code_free(code);
}

Test(code_sanitizer, bad_options_are_named)
{
    static const struct {
        const char *profile, *complaint;
    } profiles[] = {
        { "python", "python" },           { "perl=5.36", "perl=5.36" },
        { "pandas=new", "pandas=new" },   { "python=2.7", "3.8 to 3.13" },
        { "python=3.14", "3.8 to 3.13" },
    };
    ape_code_sanitizer *other = NULL;
    ape_code_sanitizer_options opts;
    ape_error err;

    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        ape_code_sanitizer_options_init(&opts, sizeof(opts));
        opts.profile = profiles[i].profile;
        cr_assert_eq(ape_code_sanitizer_new(counting.host, &opts, &other, &err), APE_ERR_INVALID);
        cr_assert_not_null(strstr(err.message, profiles[i].complaint), "%s", err.message);
    }
    ape_code_sanitizer_options_init(&opts, sizeof(opts));
    opts.unsafe_fixes = 2;
    cr_assert_eq(ape_code_sanitizer_new(counting.host, &opts, &other, &err), APE_ERR_INVALID);
    cr_assert_null(other);
}

Test(code_sanitizer, an_as_of_must_be_a_date)
{
    ape_sanitized_code *code = NULL;
    ape_code_request request;
    ape_error err;

    ape_code_request_init(&request, sizeof(request));
    request.as_of = "2022-02-30";
    cr_assert_eq(ape_code_sanitizer_sanitize(sanitizer, "x = 1", 5, &request, &code, &err),
                 APE_ERR_INVALID);
    cr_assert_not_null(strstr(err.message, "as_of"));
    cr_assert_null(code);
}

Test(code_sanitizer, a_request_must_make_sense)
{
    static const struct {
        const char *tickers, *start, *end, *complaint;
    } bad[] = {
        { NULL, "1.1.2021", NULL, "start is no date" },
        { NULL, NULL, "2021-13-01", "end is no date" },
        { NULL, "2021-12-31", "2021-01-01", "before start" },
        { "AAPL,THIS-IS-NO-SYMBOL-OF-ANY-EXCHANGE", NULL, NULL, "tickers" },
    };
    ape_sanitized_code *code = NULL;
    ape_code_request request;
    ape_error err;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ape_code_request_init(&request, sizeof(request));
        request.tickers = bad[i].tickers;
        request.start = bad[i].start;
        request.end = bad[i].end;
        cr_assert_eq(ape_code_sanitizer_sanitize(sanitizer, "x = 1", 5, &request, &code, &err),
                     APE_ERR_INVALID);
        cr_assert_not_null(strstr(err.message, bad[i].complaint), "%s", err.message);
        cr_assert_null(code);
    }
}

Test(code_sanitizer, modules_may_be_allowed)
{
    static const char raw[] = "import os, statsmodels\nprint(os.getcwd())\n";
    ape_code_sanitizer_options opts;
    ape_code_sanitizer *other;
    ape_sanitized_code *code;

    ape_code_sanitizer_options_init(&opts, sizeof(opts));
    opts.allow_imports = "statsmodels, os";
    cr_assert_eq(ape_code_sanitizer_new(counting.host, &opts, &other, NULL), APE_OK);
    cr_assert_eq(ape_code_sanitizer_sanitize(other, raw, strlen(raw), NULL, &code, NULL), APE_OK);
    cr_assert_eq(ape_sanitized_code_verdict(code), APE_CODE_OK);
    ape_sanitized_code_free(code);
    ape_code_sanitizer_free(other);
}

Test(code_sanitizer, a_share_keeps_it_alive)
{
    ape_code_sanitizer *share = ape__code_sanitizer_ref(sanitizer);

    ape_code_sanitizer_free(sanitizer);
    sanitizer = share;
    expect_code("print(1)\n", 9, "print(1)\n");
    cr_assert_null(ape__code_sanitizer_ref(NULL));
}

/* Allocations and bytes that outlive one answer. */
Test(code_sanitizer, memory_of_one_answer_serves_the_next)
{
    ape__buffer raw;
    size_t before, first, second, kept;

    ape__buffer_init(&raw, NULL);
    for (int i = 0; i < 100; i++)
        ape__buffer_printf(&raw, "x%d = [%d]\n", i, i);
    before = counting.allocations;
    ape_sanitized_code_free(sanitize(raw.data, raw.size));
    first = counting.allocations - before;
    kept = counting.live_bytes;
    before = counting.allocations;
    ape_sanitized_code_free(sanitize(raw.data, raw.size));
    second = counting.allocations - before;
    cr_assert_lt(second, first);
    cr_assert_lt(kept, (size_t)1100000);
    cr_assert_leq(counting.live_bytes, kept * 2);
    ape__buffer_clear(&raw);
}
