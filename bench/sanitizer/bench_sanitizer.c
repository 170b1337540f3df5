/* SPDX-License-Identifier: MIT */
/*
 * Times the sanitizer over the files named on its input: cutting tokens and parsing,
 * the whole way, and, on a 4 KB answer, single calls. bench.py puts Python's own
 * ast.parse beside it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ape/code_sanitizer.h>

#include "code_sanitizer/python/parser.h"
#include "core/file.h"

enum { CALLS = 2000, FILES_MAX = 4000 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void parse(const ape__buffer *file)
{
    ape__arena arena;
    ape__parse result;

    ape__arena_init(&arena, NULL);
    if (ape__parse_python(&arena, file->data, file->size, 11, &result) != APE_OK)
        exit(1);
    ape__parse_clear(&result);
    ape__arena_clear(&arena);
}

static void sanitize(const ape_code_sanitizer *sanitizer, const char *text, size_t size)
{
    ape_sanitized_code *code;

    if (ape_code_sanitizer_sanitize(sanitizer, text, size, NULL, &code, NULL) != APE_OK)
        exit(1);
    ape_sanitized_code_free(code);
}

static int by_time(const void *a, const void *b)
{
    const double *one = a, *two = b;

    return *one < *two ? -1 : *one > *two;
}

/* An answer of about 4 KB: a fence, downloads, and a function over and over. */
static void time_answer(const ape_code_sanitizer *sanitizer)
{
    static double times[CALLS];
    ape__buffer b;

    ape__buffer_init(&b, NULL);
    ape__buffer_puts(&b, "Here it is:\n```python\nimport json\nimport numpy as np\nimport yfinance "
                         "as yf\ndata = yf.download('AAPL', start='2021-01-01')\n");
    for (int i = 0; b.size < 4000; i++)
        ape__buffer_printf(&b,
                           "def f%d(close):\n    r = close.pct_change().dropna()\n"
                           "    return r.mean() * 252 / (r.std() * np.sqrt(252))\nx%d = "
                           "f%d(data['Close'])\n",
                           i, i, i);
    ape__buffer_puts(&b, "print(json.dumps({'a': x0}))\n```\n");
    for (int i = 0; i < CALLS; i++) {
        double start = now();

        sanitize(sanitizer, b.data, b.size);
        times[i] = now() - start;
    }
    qsort(times, CALLS, sizeof(times[0]), by_time);
    printf("answer of %zu bytes: p50 %.0f us, p99 %.0f us\n", b.size, times[CALLS / 2] * 1e6,
           times[CALLS * 99 / 100] * 1e6);
    ape__buffer_clear(&b);
}

int main(void)
{
    static ape__buffer files[FILES_MAX];
    ape_code_sanitizer *sanitizer;
    size_t count = 0, bytes = 0;
    double start, parsing, whole;
    char path[4096];

    if (ape_code_sanitizer_new(NULL, NULL, &sanitizer, NULL) != APE_OK)
        return 1;
    while (count < FILES_MAX && fgets(path, sizeof(path), stdin)) {
        path[strcspn(path, "\n")] = '\0';
        ape__buffer_init(&files[count], NULL);
        if (ape__file_read(&files[count], path, 1 << 24, NULL) == APE_OK && files[count].size > 0)
            bytes += files[count++].size;
    }
    start = now();
    for (size_t i = 0; i < count; i++)
        parse(&files[i]);
    parsing = now() - start;
    start = now();
    for (size_t i = 0; i < count; i++)
        sanitize(sanitizer, files[i].data, files[i].size);
    whole = now() - start;
    printf("files %zu bytes %zu parse_s %.4f sanitize_s %.4f\n", count, bytes, parsing, whole);
    time_answer(sanitizer);
    for (size_t i = 0; i < count; i++)
        ape__buffer_clear(&files[i]);
    ape_code_sanitizer_free(sanitizer);
    return 0;
}
