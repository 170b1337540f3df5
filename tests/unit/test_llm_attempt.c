/* SPDX-License-Identifier: MIT */
#include "llm_client/attempt.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "llm_client/retry_after.h"

#include "counting_host.h"

static counting_host counting;
static ape__llm_attempt attempt;

static const ape__llm_limits limits = {
    .connect_ms = 100,
    .headers_ms = 200,
    .first_content_ms = 300,
    .idle_ms = 400,
    .total_ms = 5000,
    .min_bytes_per_s = 10,
};

static const char stream[] =
    "\xef\xbb\xbf: comment\r\n\r\n"
    "event: message\ndata: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":"
    "\"\xd0\xa6\xd0\xb5\xd0\xbd\xd0\xb0 \"}}]}\n\n"
    "data:{\"choices\":[{\"delta\":\r\ndata: {\"content\":\"1\\n\"}}]}\r\r"
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n"
    "data: [DONE]  \n\n";

static void begin(uint64_t now_ms)
{
    ape__llm_attempt_init(&attempt, counting.host, &ape__llm_wire_openai, &limits);
    ape__llm_attempt_begin(&attempt, now_ms, now_ms + limits.total_ms);
}

static void head(const char *status, uint64_t now_ms)
{
    ape__llm_attempt_header(&attempt, status, strlen(status), now_ms);
    ape__llm_attempt_header(&attempt, "", 0, now_ms);
}

static void check_whole(void)
{
    cr_assert_eq(attempt.phase, APE__LLM_DECIDED);
    cr_assert_eq(attempt.result, APE_LLM_OK, "%s", ape_llm_class_name(attempt.result));
    cr_assert_eq(attempt.reply.text.size, strlen("Цена 1\n"));
    cr_assert_eq(memcmp(attempt.reply.text.data, "Цена 1\n", attempt.reply.text.size), 0);
    cr_assert_eq(attempt.reply.usage.input, 7);
    cr_assert_eq(attempt.reply.usage.output, 3);
    ape__llm_attempt_clear(&attempt);
}

Test(llm_attempt, any_chunking_gives_the_same_answer)
{
    const size_t size = sizeof(stream) - 1;

    counting_host_init(&counting);
    for (size_t first = 1; first < size; first++) { /* every cut in two */
        begin(0);
        head("HTTP/1.1 200 OK", 1);
        ape__llm_attempt_bytes(&attempt, stream, first, 2);
        ape__llm_attempt_bytes(&attempt, stream + first, size - first, 3);
        ape__llm_attempt_closed(&attempt, 4);
        check_whole();
    }
    for (size_t piece = 1; piece < 9; piece++) { /* pieces of one size */
        begin(0);
        head("HTTP/2 200", 1);
        for (size_t at = 0; at < size; at += piece)
            ape__llm_attempt_bytes(&attempt, stream + at, size - at < piece ? size - at : piece, 2);
        ape__llm_attempt_closed(&attempt, 4);
        check_whole();
    }
    counting_host_end_test(&counting);
}

Test(llm_attempt, cut_anywhere_it_is_no_answer)
{
    const char *end = strstr(stream, "\"stop\"");

    counting_host_init(&counting);
    for (size_t size = 0; size < (size_t)(end - stream); size++) {
        begin(0);
        head("HTTP/1.1 200 OK", 1);
        if (size)
            ape__llm_attempt_bytes(&attempt, stream, size, 2);
        ape__llm_attempt_closed(&attempt, 4);
        cr_assert_eq(attempt.phase, APE__LLM_DECIDED);
        cr_assert_neq(attempt.result, APE_LLM_OK, "cut at %zu", size);
        ape__llm_attempt_clear(&attempt);
    }
    counting_host_end_test(&counting);
}

static void expect_timeout(ape_llm_class class_, uint64_t due_ms)
{
    cr_assert_eq(ape__llm_attempt_next_ms(&attempt), due_ms);
    ape__llm_attempt_tick(&attempt, due_ms - 1);
    cr_assert_neq(attempt.phase, APE__LLM_DECIDED);
    ape__llm_attempt_tick(&attempt, due_ms);
    cr_assert_eq(attempt.phase, APE__LLM_DECIDED);
    cr_assert_eq(attempt.result, class_, "%s", ape_llm_class_name(attempt.result));
    ape__llm_attempt_clear(&attempt);
}

static void content(const char *text, uint64_t now_ms)
{
    char event[200];
    int size = snprintf(event, sizeof(event),
                        "data: {\"choices\":[{\"delta\":{\"content\":\"%s\"}}]}\n\n", text);

    ape__llm_attempt_bytes(&attempt, event, (size_t)size, now_ms);
}

Test(llm_attempt, five_clocks)
{
    counting_host_init(&counting);
    begin(1000);
    expect_timeout(APE_LLM_CONNECT_TIMEOUT, 1100);
    begin(1000);
    ape__llm_attempt_connected(&attempt, 1050);
    expect_timeout(APE_LLM_HEADERS_TIMEOUT, 1250);
    begin(1000);
    head("HTTP/1.1 200 OK", 1100);
    ape__llm_attempt_bytes(&attempt, ": ping\n\n", 8, 1350); /* no progress */
    expect_timeout(APE_LLM_FIRST_CONTENT_TIMEOUT, 1400);
    begin(1000);
    head("HTTP/1.1 200 OK", 1100);
    content("a", 1200);
    content("b", 1300);
    ape__llm_attempt_bytes(&attempt, ": ping\n\n", 8, 1600);
    expect_timeout(APE_LLM_IDLE_TIMEOUT, 1700);
    begin(1000);
    attempt.deadline_ms = 1080;
    expect_timeout(APE_LLM_TOTAL_TIMEOUT, 1080);
    counting_host_end_test(&counting);
}

Test(llm_attempt, crawling_is_given_up)
{
    uint64_t now = 1000;

    counting_host_init(&counting);
    begin(now);
    attempt.deadline_ms = 1000000;
    head("HTTP/1.1 200 OK", now);
    for (int i = 0; i < 150; i++, now += 100) { /* 100 bytes a second for 15 s */
        content("0123456789", now);
        ape__llm_attempt_tick(&attempt, now);
    }
    cr_assert_eq(attempt.phase, APE__LLM_STREAMING);
    while (attempt.phase != APE__LLM_DECIDED && now < 60000) { /* 4 bytes a second */
        content("0", now);
        ape__llm_attempt_tick(&attempt, now);
        now += 250;
    }
    cr_assert_eq(attempt.result, APE_LLM_CRAWLING);
    cr_assert_lt(now, 1000 + 31000);
    ape__llm_attempt_clear(&attempt);
    counting_host_end_test(&counting);
}

Test(llm_attempt, retry_after_in_all_its_forms)
{
    static const int64_t wall_ms = INT64_C(1445412480000); /* 2015-10-21 07:28:00 */

    cr_assert_eq(ape__retry_after_ms("2", wall_ms), 2000);
    cr_assert_eq(ape__retry_after_ms(" 1.5 ", wall_ms), 1500);
    cr_assert_eq(ape__retry_after_ms("0", wall_ms), 0);
    cr_assert_eq(ape__retry_after_ms("Wed, 21 Oct 2015 07:28:05 GMT", wall_ms), 5000);
    cr_assert_eq(ape__retry_after_ms("Wed, 21 Oct 2015 07:00:00 GMT", wall_ms), 0);
    cr_assert_gt(ape__retry_after_ms("99999999999999999999", wall_ms), 0);
    cr_assert_eq(ape__retry_after_ms("soon", wall_ms), -1);
    cr_assert_eq(ape__retry_after_ms("-5", wall_ms), -1);
    cr_assert_eq(ape__retry_after_ms("", wall_ms), -1);
    cr_assert_eq(ape__duration_ms("1s"), 1000);
    cr_assert_eq(ape__duration_ms("6m0s"), 360000);
    cr_assert_eq(ape__duration_ms("20ms"), 20);
    cr_assert_eq(ape__duration_ms("1h1.5s"), 3601500);
    cr_assert_eq(ape__duration_ms("7"), -1);
    cr_assert_eq(ape__duration_ms(""), -1);
}

Test(llm_attempt, excerpts_hold_no_markup_and_no_keys)
{
    static const char page[] = "<html><b>Bad\n key</b>: sk-make-believe-0123456789, "
                               "0123456789abcdef0123456789abcdef!</html>";
    char out[APE__LLM_NOTE_SIZE];
    char longest[1000];

    ape__llm_excerpt(out, page, strlen(page));
    cr_assert_str_eq(out, "Bad key : *** *** ");
    memset(longest, 'x', sizeof(longest));
    for (size_t i = 8; i < sizeof(longest); i += 9)
        longest[i] = ' ';
    ape__llm_excerpt(out, longest, sizeof(longest));
    cr_assert_eq(strlen(out), APE__LLM_NOTE_SIZE - 1);
}
