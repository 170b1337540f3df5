/* SPDX-License-Identifier: MIT */
#include <ape/code_sanitizer.h>
#include <ape/sandbox.h>

#include <stdio.h>
#include <string.h>

/* The way of a plan: sanitizer and sandbox. Reads "AS_OF SIZE" and a plan of that size, again and
 * again; answers each with a size and what the program printed, or with a minus, a size and what
 * went wrong. A plan of the builtin planner needs no repair, so that a repair counts as wrong. */

typedef struct way {
    ape_market *market;
    ape_sandbox *sandbox;
    ape_code_sanitizer *sanitizer;
} way;

enum { LARGEST_PLAN = 65536 };

static ape_status open_way(way *out, const char *data_dir, ape_error *err)
{
    ape_market_options opts;
    ape_status st;

    ape_market_options_init(&opts, sizeof(opts));
    opts.data_dir = data_dir;
    st = ape_market_new(NULL, &opts, &out->market, err);
    if (st == APE_OK)
        st = ape_sandbox_new(NULL, out->market, NULL, &out->sandbox, err);
    if (st == APE_OK)
        st = ape_code_sanitizer_new(NULL, NULL, &out->sanitizer, err);
    return st;
}

static void close_way(way *w)
{
    ape_code_sanitizer_free(w->sanitizer);
    ape_sandbox_free(w->sandbox);
    ape_market_free(w->market);
}

static void answer(bool good, const char *text, size_t size)
{
    printf("%s%zu\n", good ? "" : "-", size);
    fwrite(text, 1, size, stdout);
    putchar('\n');
    fflush(stdout);
}

static void answer_failure(const char *text)
{
    answer(false, text, strlen(text));
}

static void run(const way *w, const char *code, size_t size, const char *as_of)
{
    ape_sandbox_run_options opts;
    ape_sandbox_result *result;
    ape_error err;

    ape_sandbox_run_options_init(&opts, sizeof(opts));
    opts.as_of = as_of;
    opts.wall_ms = 60000;
    if (ape_sandbox_run(w->sandbox, code, size, &opts, &result, &err) != APE_OK) {
        answer_failure(err.message);
        return;
    }
    if (ape_sandbox_result_reason(result) == APE_SANDBOX_OK)
        answer(true, ape_sandbox_result_stdout(result), ape_sandbox_result_stdout_size(result));
    else
        answer(false, ape_sandbox_result_stderr(result), ape_sandbox_result_stderr_size(result));
    ape_sandbox_result_free(result);
}

static void take(const way *w, const char *plan, size_t size, const char *as_of)
{
    ape_code_request request;
    ape_sanitized_code *code;
    ape_error err;

    ape_code_request_init(&request, sizeof(request));
    request.as_of = as_of;
    if (ape_code_sanitizer_sanitize(w->sanitizer, plan, size, &request, &code, &err) != APE_OK) {
        answer_failure(err.message);
        return;
    }
    if (ape_sanitized_code_verdict(code) != APE_CODE_OK)
        answer_failure(ape_sanitized_code_reason(code));
    else if (ape_sanitized_code_fix_count(code) > 0)
        answer_failure("the sanitizer repaired it");
    else
        run(w, ape_sanitized_code_text(code), ape_sanitized_code_text_size(code), as_of);
    ape_sanitized_code_free(code);
}

int main(int argc, char **argv)
{
    static char plan[LARGEST_PLAN];
    char as_of[11];
    size_t size;
    ape_error err;
    way w = { NULL, NULL, NULL };

    if (argc != 2) {
        fprintf(stderr, "usage: %s DATA_DIR\n", argv[0]);
        return 2;
    }
    if (open_way(&w, argv[1], &err) != APE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    while (scanf("%10s %zu%*1[\n]", as_of, &size) == 2 && size <= sizeof(plan) &&
           fread(plan, 1, size, stdin) == size)
        take(&w, plan, size, as_of);
    close_way(&w);
    return 0;
}
