/* SPDX-License-Identifier: MIT */
#include "llm_client/attempt.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/host.h"

#include "llm_client/classify.h"
#include "llm_client/retry_after.h"

enum {
    ENDING_MS = 1000,       /* for usage to follow the end */
    FLOOR_MS = 10000,       /* over which throughput is measured */
    ERROR_LIMIT = 64 << 10, /* what is read of an error page */
};
static const uint64_t body_limit = UINT64_C(128) << 20;

const char *ape__llm_phase_name(ape__llm_phase phase)
{
    static const char *const names[] = { "connect", "headers", "first_content",
                                         "stream",  "end",     "done" };

    return names[phase];
}

static void take_sse(void *user, const char *type, const char *data, size_t size)
{
    ape__llm_attempt *a = user;

    (void)type; /* Anthropic repeats it in the data, OpenAI has none */
    if (!a->reply.is_over && a->reply.failure == APE_LLM_OK)
        a->wire->take_event(&a->reply, data, size);
}

/* A bare value in an event stream is how some servers fail. */
static void take_stray(void *user, const char *line, size_t size)
{
    ape__llm_attempt *a = user;
    cJSON *root;

    if (a->reply.is_over)
        return;
    root = ape__llm_parse_event(&a->reply, line, size);
    if (root)
        ape__llm_take_error(&a->reply, ape__json_get(root, "error") ? 0 : 500, root);
    cJSON_Delete(root);
    ape__llm_reply_fail(&a->reply, APE_LLM_MALFORMED, NULL);
}

void ape__llm_attempt_init(ape__llm_attempt *attempt, ape_host *host, const ape__llm_wire *wire,
                           const ape__llm_limits *limits)
{
    const ape__sse_listener listener = {
        .user = attempt,
        .on_event = take_sse,
        .on_stray = take_stray,
    };

    memset(attempt, 0, sizeof(*attempt));
    attempt->host = host;
    attempt->wire = wire;
    attempt->limits = *limits;
    attempt->retry_after_ms = -1;
    attempt->should_retry = -1;
    ape__llm_told_init(attempt->told);
    ape__llm_reply_init(&attempt->reply, host);
    ape__sse_init(&attempt->sse, host, &listener, APE__LLM_EVENT_LIMIT);
    ape__buffer_init(&attempt->body, host);
}

void ape__llm_attempt_clear(ape__llm_attempt *attempt)
{
    ape__llm_reply_clear(&attempt->reply);
    ape__sse_clear(&attempt->sse);
    ape__buffer_clear(&attempt->body);
}

static void enter(ape__llm_attempt *a, ape__llm_phase phase, uint64_t now_ms)
{
    a->phase = phase;
    a->phase_ms = now_ms;
}

static void decide(ape__llm_attempt *a, ape_llm_class result, uint64_t now_ms)
{
    if (a->phase == APE__LLM_DECIDED)
        return;
    a->result = result;
    a->reached = a->phase;
    a->ended_ms = now_ms;
    enter(a, APE__LLM_DECIDED, now_ms);
}

void ape__llm_attempt_begin(ape__llm_attempt *attempt, uint64_t now_ms, uint64_t deadline_ms)
{
    attempt->began_ms = now_ms;
    attempt->deadline_ms = deadline_ms;
    enter(attempt, APE__LLM_CONNECTING, now_ms);
}

void ape__llm_attempt_connected(ape__llm_attempt *attempt, uint64_t now_ms)
{
    if (attempt->phase == APE__LLM_CONNECTING)
        enter(attempt, APE__LLM_WAITING, now_ms);
}

static void copy(char *out, size_t out_size, const char *value, size_t size)
{
    if (size >= out_size)
        size = out_size - 1;
    for (size_t i = 0; i < size; i++) /* it may end up in a journal */
        out[i] = value[i] > ' ' && value[i] <= '~' ? value[i] : '_';
    out[size] = '\0';
}

static void take_field(ape__llm_attempt *a, const char *name, const char *value)
{
    if (strcasecmp(name, "content-type") == 0)
        copy(a->content_type, sizeof(a->content_type), value, strlen(value));
    else if (strcasecmp(name, "retry-after") == 0 && a->retry_after_ms < 0)
        a->retry_after_ms = ape__retry_after_ms(value, ape__wall_ms(a->host));
    else if (strcasecmp(name, "retry-after-ms") == 0 && ape__retry_after_ms(value, 0) >= 0)
        a->retry_after_ms = ape__retry_after_ms(value, 0) / 1000;
    else if (strcasecmp(name, "x-should-retry") == 0)
        a->should_retry = strcasecmp(value, "true") == 0 ? 1 : 0;
    else if (strcasecmp(name, "x-request-id") == 0 || strcasecmp(name, "request-id") == 0 ||
             (strcasecmp(name, "cf-ray") == 0 && !a->request_id[0]))
        copy(a->request_id, sizeof(a->request_id), value, strlen(value));
    else
        ape__llm_told_read(a->told, name, value, ape__wall_ms(a->host));
}

void ape__llm_attempt_header(ape__llm_attempt *attempt, const char *line, size_t size,
                             uint64_t now_ms)
{
    const char *colon = memchr(line, ':', size);
    char name[64], value[256];

    ape__llm_attempt_connected(attempt, now_ms);
    if (size > 5 && memcmp(line, "HTTP/", 5) == 0) {
        const char *blank = memchr(line, ' ', size);

        attempt->status = blank && line + size - blank > 3 ? (int)strtol(blank + 1, NULL, 10) : 0;
        return;
    }
    if (size == 0 && attempt->status >= 200 && attempt->phase == APE__LLM_WAITING)
        enter(attempt, APE__LLM_READING, now_ms);
    if (!colon || (size_t)(colon - line) >= sizeof(name))
        return;
    memcpy(name, line, (size_t)(colon - line));
    name[colon - line] = '\0';
    for (colon++; colon < line + size && *colon == ' ';)
        colon++;
    size = (size_t)(line + size - colon);
    if (size >= sizeof(value))
        size = sizeof(value) - 1;
    memcpy(value, colon, size);
    value[size] = '\0';
    take_field(attempt, name, value);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The first byte that is no blank tells more than the content type does. */
static void sniff(ape__llm_attempt *a, const char *bytes, size_t size)
{
    size_t at = 0;

    if (a->status != 200) {
        a->body_kind = a->status >= 200 ? APE__BODY_OTHER : APE__BODY_UNKNOWN;
        return;
    }
    while (at < size && is_blank(bytes[at]))
        at++;
    if (at == size)
        return;
    if (bytes[at] == '{' || bytes[at] == '[')
        a->body_kind = APE__BODY_JSON;
    else if (bytes[at] == '<')
        a->body_kind = APE__BODY_OTHER;
    else if (strcasestr(a->content_type, "event-stream") ||
             memchr("deir:\xef", bytes[at], strlen("deir:\xef")))
        a->body_kind = APE__BODY_SSE;
    else
        a->body_kind = APE__BODY_OTHER;
}

static void keep(ape__llm_attempt *a, const char *bytes, size_t size, uint64_t now_ms)
{
    size_t limit = a->body_kind == APE__BODY_JSON ? APE__LLM_TEXT_LIMIT : ERROR_LIMIT;

    if (a->body.size + size > limit) {
        if (a->body_kind == APE__BODY_JSON)
            ape__llm_reply_fail(&a->reply, APE_LLM_TOO_LARGE, NULL);
        size = limit - a->body.size;
    }
    if (a->body_kind == APE__BODY_JSON && size > 0) {
        a->reply.progress += size;
        if (a->phase == APE__LLM_READING)
            a->first_ms = now_ms;
    }
    ape__buffer_append(&a->body, bytes, size);
    if (a->body.failed)
        ape__llm_reply_fail(&a->reply, APE_LLM_INTERNAL, "out of memory");
}

static void feed_sse(ape__llm_attempt *a, const char *bytes, size_t size)
{
    ape_status st = ape__sse_feed(&a->sse, bytes, size);

    if (a->reply.is_over)
        return; /* what follows the end means nothing, in the same piece as in the next */
    if (st == APE_ERR_LIMIT)
        ape__llm_reply_fail(&a->reply, APE_LLM_TOO_LARGE, "an event over 8 MiB");
    else if (st != APE_OK)
        ape__llm_reply_fail(&a->reply, APE_LLM_INTERNAL, "out of memory");
}

/* Content, not bytes, is what counts as progress: comments and pings are none. */
static void note_progress(ape__llm_attempt *a, uint64_t before, uint64_t now_ms)
{
    if (a->reply.progress == before)
        return;
    if (a->phase == APE__LLM_READING || a->phase == APE__LLM_WAITING) {
        a->first_ms = now_ms;
        a->floor_ms = now_ms;
        a->floor_from = before;
        enter(a, APE__LLM_STREAMING, now_ms);
    }
    a->phase_ms = now_ms;
}

static void note_end(ape__llm_attempt *a, uint64_t now_ms)
{
    if (a->reply.failure != APE_LLM_OK || a->reply.is_over)
        decide(a, ape__llm_reply_judge(&a->reply), now_ms);
    else if (a->reply.is_whole && a->phase != APE__LLM_ENDING)
        enter(a, APE__LLM_ENDING, now_ms);
}

void ape__llm_attempt_bytes(ape__llm_attempt *attempt, const char *bytes, size_t size,
                            uint64_t now_ms)
{
    uint64_t before = attempt->reply.progress;

    if (attempt->phase == APE__LLM_DECIDED)
        return;
    attempt->bytes += size;
    if (attempt->body_kind == APE__BODY_UNKNOWN)
        sniff(attempt, bytes, size);
    if (attempt->body_kind == APE__BODY_SSE)
        feed_sse(attempt, bytes, size);
    else if (attempt->body_kind != APE__BODY_UNKNOWN)
        keep(attempt, bytes, size, now_ms);
    if (attempt->bytes > body_limit)
        ape__llm_reply_fail(&attempt->reply, APE_LLM_TOO_LARGE, NULL);
    if (attempt->phase != APE__LLM_ENDING)
        note_progress(attempt, before, now_ms);
    note_end(attempt, now_ms);
}

/* One JSON object, or a line of JSON for each piece. */
static void take_json(ape__llm_attempt *a)
{
    const char *at = a->body.data, *end = at + a->body.size;
    cJSON *root;

    if (ape__json_parse(at, a->body.size, &root, NULL) == APE_OK) {
        cJSON_Delete(root);
        root = ape__llm_parse_event(&a->reply, at, a->body.size);
        if (root && !ape__llm_take_error(&a->reply, a->status == 200 ? 0 : a->status, root))
            a->wire->take_whole(&a->reply, root);
        cJSON_Delete(root);
        return;
    }
    while (at < end && a->reply.failure == APE_LLM_OK && !a->reply.is_over) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        size_t size = (size_t)((lf ? lf : end) - at);

        while (size > 0 && is_blank(at[size - 1]))
            size--;
        if (size > 0)
            a->wire->take_event(&a->reply, at, size);
        at = lf ? lf + 1 : end;
    }
}

static void take_other(ape__llm_attempt *a)
{
    ape_llm_class class_ =
        a->status == 200 ? APE_LLM_NOT_AN_ANSWER : ape__llm_class_of_status(a->status);
    cJSON *root;

    if (a->body.size > 0 && ape__json_parse(a->body.data, a->body.size, &root, NULL) == APE_OK) {
        ape__llm_take_error(&a->reply, a->status, root);
        cJSON_Delete(root);
    }
    ape__llm_reply_fail(&a->reply, class_, a->body.data);
}

static void finish_body(ape__llm_attempt *a)
{
    if (a->status != 200 || a->body_kind == APE__BODY_OTHER)
        take_other(a);
    else if (a->body_kind == APE__BODY_JSON)
        take_json(a);
    else if (a->body_kind == APE__BODY_SSE && ape__sse_end(&a->sse) != APE_OK)
        ape__llm_reply_fail(&a->reply, APE_LLM_INTERNAL, "out of memory");
}

/* A pause that the server names makes a rate limit of a shortage of money only
 * where it is the kind that fills up again by itself. */
static void weigh_headers(ape__llm_attempt *a)
{
    if (a->reply.failure == APE_LLM_QUOTA && a->status == 402 && a->retry_after_ms >= 0)
        a->reply.failure = APE_LLM_RATE_LIMITED;
}

void ape__llm_attempt_closed(ape__llm_attempt *attempt, uint64_t now_ms)
{
    if (attempt->phase == APE__LLM_DECIDED)
        return;
    finish_body(attempt);
    weigh_headers(attempt);
    decide(attempt, ape__llm_reply_judge(&attempt->reply), now_ms);
}

void ape__llm_attempt_broken(ape__llm_attempt *attempt, ape_llm_class class_, const char *note,
                             uint64_t now_ms)
{
    if (attempt->phase == APE__LLM_DECIDED)
        return;
    if (attempt->status >= 400) { /* the rest of an error page is no loss */
        ape__llm_attempt_closed(attempt, now_ms);
        return;
    }
    if (attempt->status == 200 && class_ == APE_LLM_LOST && attempt->bytes > 0)
        class_ = APE_LLM_CUT;
    if (!attempt->reply.is_whole)
        ape__llm_reply_fail(&attempt->reply, class_, note);
    decide(attempt, ape__llm_reply_judge(&attempt->reply), now_ms);
}

static uint64_t phase_limit(const ape__llm_attempt *a)
{
    const uint64_t limits[] = { a->limits.connect_ms, a->limits.headers_ms,
                                a->limits.first_content_ms, a->limits.idle_ms, ENDING_MS };

    return limits[a->phase];
}

uint64_t ape__llm_attempt_next_ms(const ape__llm_attempt *attempt)
{
    uint64_t next = attempt->deadline_ms;

    if (attempt->phase == APE__LLM_DECIDED)
        return attempt->ended_ms;
    if (attempt->phase_ms + phase_limit(attempt) < next)
        next = attempt->phase_ms + phase_limit(attempt);
    if (attempt->phase == APE__LLM_STREAMING && attempt->limits.min_bytes_per_s &&
        attempt->floor_ms + FLOOR_MS < next)
        next = attempt->floor_ms + FLOOR_MS;
    return next;
}

static bool crawls(ape__llm_attempt *a, uint64_t now_ms)
{
    uint64_t ms = now_ms - a->floor_ms;

    if (a->phase != APE__LLM_STREAMING || !a->limits.min_bytes_per_s || ms < FLOOR_MS)
        return false;
    if ((a->reply.progress - a->floor_from) * 1000 < a->limits.min_bytes_per_s * ms)
        return true;
    a->floor_ms = now_ms;
    a->floor_from = a->reply.progress;
    return false;
}

void ape__llm_attempt_tick(ape__llm_attempt *attempt, uint64_t now_ms)
{
    static const ape_llm_class classes[] = { APE_LLM_CONNECT_TIMEOUT, APE_LLM_HEADERS_TIMEOUT,
                                             APE_LLM_FIRST_CONTENT_TIMEOUT, APE_LLM_IDLE_TIMEOUT };

    if (attempt->phase == APE__LLM_DECIDED)
        return;
    if (attempt->phase == APE__LLM_ENDING) {
        if (now_ms >= attempt->phase_ms + ENDING_MS || now_ms >= attempt->deadline_ms)
            decide(attempt, ape__llm_reply_judge(&attempt->reply), now_ms);
    } else if (now_ms >= attempt->deadline_ms) {
        ape__llm_attempt_broken(attempt, APE_LLM_TOTAL_TIMEOUT, NULL, now_ms);
    } else if (now_ms >= attempt->phase_ms + phase_limit(attempt)) {
        ape__llm_attempt_broken(attempt, classes[attempt->phase], NULL, now_ms);
    } else if (crawls(attempt, now_ms)) {
        ape__llm_attempt_broken(attempt, APE_LLM_CRAWLING, NULL, now_ms);
    }
}
