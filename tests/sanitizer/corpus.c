/* SPDX-License-Identifier: MIT */
/*
 * Runs corpus files: cases of an answer and what must become of it.
 *
 *     === title | unsafe as_of=2022-12-28 tickers=AAPL,KO profile=python=3.12 leaves=APE201,APE202
 *     the raw answer
 *     --- ok APE001 APE203
 *     +++ what it does when it runs: for fixtures.py, see there
 *     the code that must come out; left out: whatever it is
 *
 * The rules are those of all findings, each once, in their order; leaves= names rules
 * that the case is near to, and that must find nothing. Code that came out ok goes in
 * again, and must come out as it is.
 *
 *     corpus FILE...           check them
 *     corpus --emit FILE...    a line of JSON for each case: what it is, and what came out
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ape/code_sanitizer.h>

#include "core/file.h"
#include "core/json.h"

#include "counting_host.h"

typedef struct test_case {
    char title[600], options[400], verdict[400];
    const char *raw, *records, *code;
    size_t raw_size, records_size, code_size;
    bool has_code;
} test_case;

static int failures, cases;
static bool emitting;

static void complain(const char *file, const test_case *c, const char *what, const char *got)
{
    failures++;
    printf("%s: %s: %s\n%s\n----\n", file, c->title, what, got);
}

static const char *line_after(const char *at)
{
    const char *end = strchr(at, '\n');

    return end ? end + 1 : at + strlen(at);
}

static void copy_line(char *out, size_t size, const char *from)
{
    size_t length = strcspn(from, "\n");

    snprintf(out, size, "%.*s", (int)length, from);
}

/* Value of "name=" in the options of a case. */
static const char *option(const test_case *c, const char *name, char *out, size_t size)
{
    const char *found = strstr(c->options, name);

    if (!found)
        return NULL;
    found += strlen(name);
    snprintf(out, size, "%.*s", (int)strcspn(found, " "), found);
    return out;
}

/* "ok APE001 APE203" of an outcome. */
static void summary(const char *json, char *out, size_t size)
{
    cJSON *root;
    const cJSON *findings, *f;

    out[0] = '\0';
    if (ape__json_parse(json, strlen(json), &root, NULL) != APE_OK)
        return;
    snprintf(out, size, "%s", ape__json_get_string(root, "verdict"));
    findings = ape__json_get_array(root, "diagnostics");
    cJSON_ArrayForEach(f, findings)
    {
        const char *rule = ape__json_get_string(f, "rule");

        if (!strstr(out, rule))
            snprintf(out + strlen(out), size - strlen(out), " %s", rule);
    }
    cJSON_Delete(root);
}

static ape_sanitized_code *sanitize(const test_case *c, const char *text, size_t size)
{
    char profile[100], as_of[20], rules[100], tickers[100], start[20], end[20];
    ape_code_sanitizer_options opts;
    ape_code_request request;
    ape_code_sanitizer *sanitizer;
    ape_sanitized_code *code;
    ape_error err = { 0 };

    ape_code_sanitizer_options_init(&opts, sizeof(opts));
    opts.unsafe_fixes = strstr(c->options, "unsafe") != NULL;
    opts.profile = option(c, "profile=", profile, sizeof(profile));
    opts.rules = option(c, "rules=", rules, sizeof(rules));
    if (strstr(c->options, "division=sketch"))
        opts.division = APE_CODE_DIVISION_SKETCH;
    if (strstr(c->options, "division=off"))
        opts.division = APE_CODE_DIVISION_OFF;
    if (strstr(c->options, "history=sketch"))
        opts.history = APE_CODE_HISTORY_SKETCH;
    if (strstr(c->options, "history=off"))
        opts.history = APE_CODE_HISTORY_OFF;
    ape_code_request_init(&request, sizeof(request));
    request.as_of = option(c, "as_of=", as_of, sizeof(as_of));
    request.tickers = option(c, "tickers=", tickers, sizeof(tickers));
    request.start = option(c, "start=", start, sizeof(start));
    request.end = option(c, "end=", end, sizeof(end));
    if (ape_code_sanitizer_new(NULL, &opts, &sanitizer, &err) != APE_OK ||
        ape_code_sanitizer_sanitize(sanitizer, text, size, &request, &code, &err) != APE_OK) {
        printf("%s: %s\n", c->title, err.message);
        exit(1);
    }
    ape_code_sanitizer_free(sanitizer);
    return code;
}

/* What came out goes in again, as bare code. */
static void check_stable(const char *file, const test_case *c, const ape_sanitized_code *code)
{
    const char *text = ape_sanitized_code_text(code);
    ape_sanitized_code *again = sanitize(c, text, ape_sanitized_code_text_size(code));

    if (strcmp(ape_sanitized_code_text(again), text) != 0)
        complain(file, c, "a second pass changes it again to", ape_sanitized_code_text(again));
    ape_sanitized_code_free(again);
}

/* A rule that the case says is left alone, and that found something; NULL: none. */
static const char *disobeyed(const test_case *c, const char *got, char *out, size_t size)
{
    const char *list = strstr(c->options, "leaves=");

    for (list = list ? list + strlen("leaves=") : ""; strncmp(list, "APE", 3) == 0; list += 7) {
        snprintf(out, size, "%.6s", list);
        if (strstr(got, out))
            return out;
        if (list[6] != ',')
            break;
    }
    return NULL;
}

static void emit(const char *file, const test_case *c, const char *got,
                 const ape_sanitized_code *code)
{
    ape__json_writer w;
    ape__buffer b;

    ape__buffer_init(&b, NULL);
    ape__json_writer_init(&w, &b);
    ape__json_begin_object(&w, NULL);
    ape__json_string(&w, "file", file);
    ape__json_string(&w, "title", c->title);
    ape__json_string(&w, "options", c->options);
    ape__json_string(&w, "got", got);
    ape__json_string_sized(&w, "raw", c->raw, c->raw_size);
    ape__json_string_sized(&w, "records", c->records, c->records_size);
    ape__json_string_sized(&w, "code", ape_sanitized_code_text(code),
                           ape_sanitized_code_text_size(code));
    ape__json_end_object(&w);
    puts(b.data);
    ape__buffer_clear(&b);
}

static void run_case(const char *file, const test_case *c)
{
    char rule[8];
    ape_sanitized_code *code = sanitize(c, c->raw, c->raw_size);
    char got[400];
    ape_text *json;

    cases++;
    if (ape_sanitized_code_to_json(code, &json, NULL) != APE_OK)
        exit(1);
    summary(ape_text_data(json), got, sizeof(got));
    if (emitting) {
        emit(file, c, got, code);
    } else if (disobeyed(c, got, rule, sizeof(rule))) {
        complain(file, c, "a rule that leaves= names found something", rule);
    } else if (strcmp(got, c->verdict) != 0) {
        printf("wanted %s, got %s\n", c->verdict, got);
        complain(file, c, "another verdict", ape_text_data(json));
    } else if (c->has_code && (ape_sanitized_code_text_size(code) != c->code_size ||
                               memcmp(ape_sanitized_code_text(code), c->code, c->code_size) != 0)) {
        complain(file, c, "other code", ape_sanitized_code_text(code));
    } else if (ape_sanitized_code_verdict(code) == APE_CODE_OK) {
        check_stable(file, c, code);
    }
    ape_text_free(json);
    ape_sanitized_code_free(code);
}

static const char *find_line(const char *at, const char *mark)
{
    while (*at && strncmp(at, mark, strlen(mark)) != 0)
        at = line_after(at);
    return at;
}

static void run_file(const char *path)
{
    const char *at;
    ape__buffer text;
    ape_error err;

    ape__buffer_init(&text, NULL);
    if (ape__file_read(&text, path, 1 << 24, &err) != APE_OK) {
        printf("%s: %s\n", path, err.message);
        exit(1);
    }
    for (at = find_line(text.data, "=== "); *at;) {
        test_case c = { 0 };
        char *bar;

        copy_line(c.title, sizeof(c.title), at + 4);
        bar = strstr(c.title, " | ");
        if (bar) {
            snprintf(c.options, sizeof(c.options), "%s", bar + 3);
            *bar = '\0';
        }
        c.raw = line_after(at);
        at = find_line(c.raw, "--- ");
        c.raw_size = (size_t)(at - c.raw);
        copy_line(c.verdict, sizeof(c.verdict), at + 4);
        c.records = c.code = line_after(at);
        while (strncmp(c.code, "+++ ", 4) == 0)
            c.code = line_after(c.code);
        c.records_size = (size_t)(c.code - c.records);
        at = find_line(c.code, "=== ");
        c.code_size = (size_t)(at - c.code);
        c.has_code = c.code_size > 0;
        run_case(path, &c);
    }
    ape__buffer_clear(&text);
}

int main(int argc, char **argv)
{
    emitting = argc > 1 && strcmp(argv[1], "--emit") == 0;
    for (int i = 1 + emitting; i < argc; i++)
        run_file(argv[i]);
    if (!emitting)
        printf("%d cases, %d failures\n", cases, failures);
    return failures > 0 || cases == 0;
}
