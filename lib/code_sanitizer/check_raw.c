/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/job.h"

#include <string.h>

#include "core/utf8.h"

/* Longest answer that is looked at. Beyond it, no one wrote a plan. */
enum { ANSWER_MAX = 256 * 1024 };

static void reject(ape__job *job, const char *message)
{
    ape__job_report(job, "APE016", 0, 0, message);
}

static size_t first_bad_byte(const char *raw, size_t size)
{
    size_t at = 0;

    while (at < size) {
        uint32_t code_point;
        size_t length =
            (unsigned char)raw[at] < 0x80 ? 1 : ape__utf8_decode(raw + at, size - at, &code_point);

        if (length == 0)
            break;
        at += length;
    }
    return at;
}

/* U+202A to U+202E and U+2066 to U+2069 all begin with E2 80 or E2 81. */
static void check_direction(ape__job *job)
{
    const unsigned char *text = (const unsigned char *)job->source.text;

    for (uint32_t i = 0; i + 2 < job->source.size; i++) {
        if (text[i] != 0xe2)
            continue;
        if ((text[i + 1] == 0x80 && text[i + 2] >= 0xaa && text[i + 2] <= 0xae) ||
            (text[i + 1] == 0x81 && text[i + 2] >= 0xa6 && text[i + 2] <= 0xa9))
            ape__job_report(job, "APE015", i, i + 3,
                            "a character here turns the direction of writing, so that the code "
                            "reads otherwise than it runs; write it without");
    }
}

void ape__check_raw(ape__job *job, const char *raw, size_t size)
{
    size_t bad;

    if (size > ANSWER_MAX) {
        reject(job, ape__arena_format(&job->arena,
                                      "the answer has %zu bytes, more than the 262144 that are "
                                      "looked at; send a shorter program",
                                      size));
        return;
    }
    bad = first_bad_byte(raw, size);
    if (!ape__source_from_raw(&job->arena, raw, (uint32_t)size, &job->source))
        return;
    if (bad < size) {
        ape__job_report(job, "APE016", (uint32_t)bad, (uint32_t)bad + 1,
                        ape__arena_format(&job->arena,
                                          "byte %zu of the answer is not UTF-8; send UTF-8 text",
                                          bad));
        return;
    }
    if (size > 0 && memchr(raw, '\0', size)) {
        bad = (size_t)((const char *)memchr(raw, '\0', size) - raw);
        ape__job_report(job, "APE016", (uint32_t)bad, (uint32_t)bad + 1,
                        "the answer holds a NUL byte, which no Python program may; leave it out");
        return;
    }
    check_direction(job);
}
