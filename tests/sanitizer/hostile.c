/* SPDX-License-Identifier: MIT */
/*
 * A megabyte of one thing over and over, through the parser, and as much of it as an
 * answer may have through the whole sanitizer, on a small stack. Memory grows with
 * the text and not faster; that time does is seen by whoever waits: the test is ended
 * long before anything that grows with the square would be.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ape/code_sanitizer.h>

#include "code_sanitizer/python/parser.h"

#include "counting_host.h"

/* Instrumented code has larger frames. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { STACK = 4 << 20 };
#else
enum { STACK = 256 << 10 };
#endif

enum { MEGABYTE = 1 << 20, LONGEST_ANSWER = 256 << 10 };

static const char *const pieces[] = {
    "(",
    "[",
    "{",
    "f\"{",
    "f'{f\"{",
    "if 1:\n",
    "a+",
    "a if b else ",
    "not ",
    "-",
    "lambda:",
    "x.",
    "f(",
    "{1:",
    "'",
    "\"\"\"",
    "\\\n",
    "@",
    "elif x:\n",
    "```\n",
    "```python\nx = 1\n```\n",
    "null\n",
    "np.x\n",
    "print x\n",
    "x = 1/y;",
    "import a\n",
    "\xe2\x80\x9c",
    "\xef\xbd\x85",
    "e\xcc\xa3\xcc\x81",
    "a b c\n",
    "&gt;",
    "<think>",
    "<|x|>",
    ">>> x\n",
    "In [1]: x\n",
    "%time\n",
    "1: x\n",
    "\tx\n x\n",
    "global x\n",
    "def f():\n  ",
    "try:\n x\nexcept:\n x\n",
    "match x:\n case 1:\n  x\n",
    "x = yf.download('A')['Close'].std()\ny = 1 / x\n",
};

static char text[MEGABYTE + 1];

static void fill(const char *piece, size_t size)
{
    size_t length = strlen(piece);

    for (size_t i = 0; i < size; i++)
        text[i] = piece[i % length];
    size -= size % length; /* no character is cut in two */
    text[size] = '\0';
}

/* Lines that are each one blank deeper than the one before. */
static void fill_growing(size_t size)
{
    size_t at = 0;

    for (size_t indent = 0; at + indent + 7 < size; indent++) {
        memset(text + at, ' ', indent);
        memcpy(text + at + indent, "if 1:\n", 7);
        at += indent + 6;
    }
}

/* Bytes that a parse holds; 0 if it failed. */
static size_t parse(size_t size)
{
    counting_host counting;
    ape__arena arena;
    ape__parse result;
    size_t bytes = 0;

    counting_host_init(&counting);
    ape__arena_init(&arena, counting.host);
    if (ape__parse_python(&arena, text, size, 11, &result) == APE_OK)
        bytes = counting.live_bytes;
    ape__parse_clear(&result);
    ape__arena_clear(&arena);
    return counting_host_done(&counting) ? bytes : 0;
}

static bool sanitize(const ape_code_sanitizer *sanitizer)
{
    ape_sanitized_code *code;

    if (ape_code_sanitizer_sanitize(sanitizer, text, strlen(text), NULL, &code, NULL) != APE_OK)
        return false;
    ape_sanitized_code_free(code);
    return true;
}

static bool survives(const ape_code_sanitizer *sanitizer, const char *piece)
{
    size_t half, whole;

    piece ? fill(piece, MEGABYTE / 2) : fill_growing(MEGABYTE / 2);
    half = parse(strlen(text));
    piece ? fill(piece, MEGABYTE) : fill_growing(MEGABYTE);
    whole = parse(strlen(text));
    if (half == 0 || whole > half * 3 + MEGABYTE)
        return false;
    piece ? fill(piece, LONGEST_ANSWER) : fill_growing(LONGEST_ANSWER);
    return sanitize(sanitizer);
}

static void *run(void *failures)
{
    ape_code_sanitizer *sanitizer;

    if (ape_code_sanitizer_new(NULL, NULL, &sanitizer, NULL) != APE_OK)
        exit(1);
    for (size_t i = 0; i <= sizeof(pieces) / sizeof(pieces[0]); i++) {
        const char *piece = i < sizeof(pieces) / sizeof(pieces[0]) ? pieces[i] : NULL;

        if (!survives(sanitizer, piece)) {
            printf("not borne: %s\n", piece ? piece : "growing indentation");
            ++*(int *)failures;
        }
    }
    ape_code_sanitizer_free(sanitizer);
    return NULL;
}

int main(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int failures = 0;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    if (pthread_create(&thread, &attributes, run, &failures) != 0)
        return 1;
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    return failures > 0;
}
