/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "llm_client/attempt.h"

#include "counting_host.h"

/*
 * A provider's reply of any bytes, in pieces of any size, gives one and the same
 * outcome; an answer is taken only if it says that it is whole. The first byte of
 * the input chooses the protocol and the status, the second the size of the pieces.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(ape__llm_attempt *a, ape_host *host, uint8_t choice, const char *body, size_t size,
                 size_t piece)
{
    static const ape__llm_limits limits = { 1000, 1000, 1000, 1000, 1000, 0, 0 };
    static const char *const heads[] = { "HTTP/1.1 200 OK", "HTTP/1.1 429 Slow", "HTTP/2 500",
                                         "HTTP/1.1 302 Found" };
    const char *head = heads[choice >> 1 & 3];

    ape__llm_attempt_init(a, host, choice & 1 ? &ape__llm_wire_anthropic : &ape__llm_wire_openai,
                          &limits);
    ape__llm_attempt_begin(a, 0, 1000);
    ape__llm_attempt_header(a, head, strlen(head), 0);
    if (choice & 8)
        ape__llm_attempt_header(a, "Content-Type: text/event-stream", 31, 0);
    ape__llm_attempt_header(a, "", 0, 0);
    for (size_t at = 0; at < size; at += piece)
        ape__llm_attempt_bytes(a, body + at, size - at < piece ? size - at : piece, 0);
    if (choice & 16)
        ape__llm_attempt_broken(a, APE_LLM_LOST, "lost", 0);
    else
        ape__llm_attempt_closed(a, 0);
}

static void check(const ape__llm_attempt *a)
{
    if (a->phase != APE__LLM_DECIDED)
        abort();
    if (a->result == APE_LLM_OK &&
        (!a->reply.is_whole || a->reply.text.size == 0 || a->status != 200 ||
         !ape__utf8_valid(a->reply.text.data, a->reply.text.size)))
        abort();
    if (!ape__utf8_valid(a->reply.note, strlen(a->reply.note)))
        abort();
}

static void compare(const ape__llm_attempt *a, const ape__llm_attempt *b)
{
    if (a->result != b->result)
        abort();
    if (a->result == APE_LLM_OK &&
        (a->reply.text.size != b->reply.text.size ||
         memcmp(a->reply.text.data, b->reply.text.data, a->reply.text.size) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ape__llm_attempt whole, pieces;
    counting_host counting;
    const char *body;

    if (size < 2)
        return 0;
    body = (const char *)data + 2;
    counting_host_init(&counting);
    feed(&whole, counting.host, data[0], body, size - 2, size - 2 ? size - 2 : 1);
    feed(&pieces, counting.host, data[0], body, size - 2, data[1] % 16 + 1);
    check(&whole);
    check(&pieces);
    compare(&whole, &pieces);
    ape__llm_attempt_clear(&whole);
    ape__llm_attempt_clear(&pieces);
    if (!counting_host_done(&counting))
        abort();
    return 0;
}
