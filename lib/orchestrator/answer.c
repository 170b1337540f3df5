/* SPDX-License-Identifier: MIT */
#include "orchestrator/answer.h"

#include <math.h>
#include <string.h>

#include "core/digest.h"
#include "core/error.h"
#include "core/host.h"
#include "core/memory.h"
#include "orchestrator/orchestrator.h"
#include "orchestrator/sentence.h"

#define DISCLAIMER_VERSION "1.0"
#define DISCLAIMER_TEXT                                                                            \
    "This figure was computed from historical prices. It is for information only and is NOT "      \
    "financial advice."

struct ape_answer {
    ape_host *host;
    ape_answer_status status;
    char *sentence;
    char *json;
};

/* The JSON views of the parts, parsed; NULL where a part has nothing to show. */
typedef struct views {
    cJSON *completion;
    cJSON *code;
    cJSON *run;
} views;

static const char *status_name(ape_answer_status status)
{
    static const char *const names[] = { "verified", "undefined", "refused", "failed" };

    return names[status];
}

static ape_status parse_view(ape_status st, ape_text *text, cJSON **out, ape_error *err)
{
    if (st != APE_OK)
        return st;
    st = ape__json_parse(ape_text_data(text), ape_text_size(text), out, err);
    ape_text_free(text);
    return st;
}

static ape_status open_views(views *v, const ape__query *q, ape_error *err)
{
    ape_status st = APE_OK;
    ape_text *text = NULL;

    if (q->completion) {
        st = ape_llm_completion_to_json(q->completion, &text, err);
        st = parse_view(st, text, &v->completion, err);
    }
    if (st == APE_OK && q->code) {
        st = ape_sanitized_code_to_json(q->code, &text, err);
        st = parse_view(st, text, &v->code, err);
    }
    if (st == APE_OK && q->run) {
        st = ape_sandbox_result_to_json(q->run, &text, err);
        st = parse_view(st, text, &v->run, err);
    }
    return st;
}

static void close_views(views *v)
{
    cJSON_Delete(v->completion);
    cJSON_Delete(v->code);
    cJSON_Delete(v->run);
}

static bool is_in_result(const char *name, const char *metric)
{
    static const char *const own[] = { "metric", "tickers", "start", "end" };

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (strcmp(name, own[i]) == 0)
            return true;
    return strcmp(name, metric) == 0;
}

static void put_values(ape__json_writer *w, const ape__facts *facts)
{
    const cJSON *member;

    ape__json_begin_object(w, "values");
    cJSON_ArrayForEach(member, facts->object) if (!is_in_result(member->string, facts->metric))
        ape__json_value(w, member->string, member);
    ape__json_end_object(w);
}

static void put_result(ape__json_writer *w, const ape__facts *facts)
{
    if (!facts->object) {
        ape__json_null(w, "result");
        return;
    }
    ape__json_begin_object(w, "result");
    ape__json_string(w, "metric", facts->metric);
    ape__json_number(w, "value", facts->value);
    ape__json_string(w, "unit", facts->known ? facts->known->unit : NULL);
    ape__json_value(w, "tickers", ape__json_get(facts->object, "tickers"));
    ape__json_value(w, "start", ape__json_get(facts->object, "start"));
    ape__json_value(w, "end", ape__json_get(facts->object, "end"));
    put_values(w, facts);
    ape__json_end_object(w);
}

static void put_code(ape__json_writer *w, const ape__query *q, const views *v)
{
    const char *code = q->code ? ape_sanitized_code_text(q->code) : NULL;

    ape__json_string(w, "code", code && *code ? code : NULL);
    if (v->code) {
        ape__json_value(w, "diagnostics", ape__json_get(v->code, "diagnostics"));
        return;
    }
    ape__json_begin_array(w, "diagnostics");
    ape__json_end_array(w);
}

static void put_provenance(ape__json_writer *w, const ape__query *q, const views *v)
{
    char digest[65];

    ape__json_begin_object(w, "provenance");
    ape__json_string(w, "as_of", q->as_of_text);
    ape__json_value(w, "data", ape__json_get(v->run, "data"));
    if (q->code)
        ape__sha256_hex(ape_sanitized_code_text(q->code), ape_sanitized_code_text_size(q->code),
                        digest);
    ape__json_string(w, "code_sha256", q->code ? digest : NULL);
    ape__json_value(w, "isolation", ape__json_get(v->run, "isolation"));
    ape__json_value(w, "runtime", ape__json_get(v->run, "runtime"));
    ape__json_end_object(w);
}

static void put_llm(ape__json_writer *w, const views *v)
{
    static const char *const members[] = { "provider", "model", "attempts", "usage", "cost_usd" };

    ape__json_begin_object(w, "llm");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        ape__json_value(w, members[i], ape__json_get(v->completion, members[i]));
    ape__json_end_object(w);
}

static void put_timings(ape__json_writer *w, const ape__query *q)
{
    double total = ape__query_clock_ms() - q->started_ms;

    ape__json_begin_object(w, "timings_ms");
    for (ape_stage stage = 0; stage < APE__STAGE_COUNT; stage++)
        ape__json_number(w, ape_stage_name(stage), round(q->stage_ms[stage] * 1e3) / 1e3);
    ape__json_number(w, "total", round(total * 1e3) / 1e3);
    ape__json_end_object(w);
}

static void put_disclaimer(ape__json_writer *w)
{
    ape__json_begin_object(w, "disclaimer");
    ape__json_string(w, "version", DISCLAIMER_VERSION);
    ape__json_string(w, "text", DISCLAIMER_TEXT);
    ape__json_end_object(w);
}

static void put_answer(ape__buffer *json, const ape_answer *answer, const ape__query *q,
                       const views *v)
{
    ape__json_writer w;

    ape__json_writer_init(&w, json);
    ape__json_begin_object(&w, NULL);
    ape__json_string(&w, "query_id", q->id);
    ape__json_string(&w, "status", status_name(answer->status));
    ape__json_string_sized(&w, "question", q->question, q->question_size);
    ape__json_string(&w, "answer", answer->sentence);
    put_result(&w, &q->facts);
    put_code(&w, q, v);
    put_provenance(&w, q, v);
    put_llm(&w, v);
    put_timings(&w, q);
    ape__json_null(&w, "prediction_id");
    put_disclaimer(&w);
    ape__json_end_object(&w);
}

static ape_answer_status write_sentence(ape__buffer *sentence, const ape__query *q,
                                        ape_status outcome, const ape_error *why)
{
    if (outcome != APE_OK)
        return ape__verdict_write(sentence, q, outcome, why);
    ape__sentence_write(sentence, &q->facts, q->question, q->question_size);
    return q->facts.defined ? APE_ANSWER_VERIFIED : APE_ANSWER_UNDEFINED;
}

static ape_status fill(ape_answer *answer, const ape__query *q, ape_status outcome,
                       const ape_error *why, ape_error *err)
{
    views v = { .completion = NULL };
    ape__buffer text;
    ape_status st;

    ape__buffer_init(&text, answer->host);
    answer->status = write_sentence(&text, q, outcome, why);
    answer->sentence = ape__buffer_take_string(&text);
    if (!answer->sentence)
        return ape__fail_no_memory(err);
    st = open_views(&v, q, err);
    if (st == APE_OK) {
        put_answer(&text, answer, q, &v);
        answer->json = ape__buffer_take_string(&text);
        if (!answer->json)
            st = ape__fail_no_memory(err);
    }
    close_views(&v);
    return st;
}

ape_status ape__answer_new(const ape__query *query, ape_status outcome, const ape_error *why,
                           ape_answer **out, ape_error *err)
{
    ape_host *host = query->orchestrator->host;
    ape_answer *answer;
    ape_status st;

    if (outcome == APE_ERR_NO_MEMORY || query->failure.status == APE_ERR_NO_MEMORY)
        return ape__fail_no_memory(err);
    if (outcome == APE_ERR_INVALID)
        return ape__fail(err, APE_ERR_INVALID, "%s", why->message);
    answer = ape__alloc(host, sizeof(*answer));
    if (!answer)
        return ape__fail_no_memory(err);
    answer->host = ape__host_ref(host);
    st = fill(answer, query, outcome, why, err);
    if (st != APE_OK) {
        ape_answer_free(answer);
        return st;
    }
    *out = answer;
    return APE_OK;
}

void ape_answer_free(ape_answer *answer)
{
    ape_host *host;

    if (!answer)
        return;
    host = answer->host;
    ape__strfree(host, answer->sentence);
    ape__strfree(host, answer->json);
    ape__free(host, answer, sizeof(*answer));
    ape_host_free(host);
}

ape_answer_status ape_answer_get_status(const ape_answer *answer)
{
    return answer ? answer->status : APE_ANSWER_FAILED;
}

const char *ape_answer_sentence(const ape_answer *answer)
{
    return answer ? answer->sentence : NULL;
}

const char *ape_answer_json(const ape_answer *answer)
{
    return answer ? answer->json : NULL;
}
