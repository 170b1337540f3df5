/* SPDX-License-Identifier: MIT */
#include "core/settings_check.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/*
 * No function can tell a random text from one that only looks so. These tell the
 * mistakes that people make: words from examples, repetitions, runs, few letters.
 */

/* A text of N random letters, even of hexadecimal digits, has well over this. */
static const double least_bits_per_letter = 2.5;

/* Words of templates and manuals. None is likely in 64 random letters. */
static const char *const placeholder_words[] = {
    "changeme", "change-me", "change_me", "changethis", "password", "passw0rd",  "secret",
    "default",  "example",   "insecure",  "replace",    "your-key", "your_key",  "yourkey",
    "your-api", "your_api",  "qwerty",    "letmein",    "dev-key",  "dummykey",  "placeholder",
    "test-key", "test_key",  "testkey",   "hunter2",    "my-key",   "supersafe", "xxxxxxxx",
};

static bool has_word(const char *text, size_t size)
{
    for (size_t w = 0; w < sizeof(placeholder_words) / sizeof(placeholder_words[0]); w++) {
        size_t length = strlen(placeholder_words[w]);

        for (size_t i = 0; i + length <= size; i++)
            if (strncasecmp(text + i, placeholder_words[w], length) == 0)
                return true;
    }
    return false;
}

static bool is_repetition(const char *text, size_t size)
{
    for (size_t period = 1; period <= size / 2; period++)
        if (memcmp(text, text + period, size - period) == 0)
            return true;
    return false;
}

/* Half of its steps go on as the step before: abcdef, 98765. */
static bool is_run(const char *text, size_t size)
{
    size_t same = 0;

    for (size_t i = 2; i < size; i++)
        if (text[i] - text[i - 1] == text[i - 1] - text[i - 2])
            same++;
    return size > 4 && same * 2 > size;
}

/* Shannon's entropy of its letters, times their number: an upper bound. */
static double bits_of(const char *text, size_t size)
{
    size_t counts[256] = { 0 };
    double bits = 0;

    for (size_t i = 0; i < size; i++)
        counts[(unsigned char)text[i]]++;
    for (size_t i = 0; i < 256; i++)
        if (counts[i] > 0)
            bits += (double)counts[i] * log2((double)size / (double)counts[i]);
    return bits;
}

const char *ape__secret_weakness(const char *secret, size_t size, size_t shortest)
{
    if (has_word(secret, size))
        return "looks like a placeholder from an example";
    if (size < shortest)
        return "is too short";
    if (is_repetition(secret, size))
        return "repeats itself";
    if (is_run(secret, size))
        return "is a run of letters or digits";
    if (bits_of(secret, size) < least_bits_per_letter * (double)shortest)
        return "has too few different characters: its entropy is low";
    return NULL;
}
