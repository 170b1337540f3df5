/* SPDX-License-Identifier: MIT */
#include "orchestrator/answer.h"

#include <math.h>
#include <string.h>

#include "core/digest.h"
#include "core/host.h"

#define DISCLAIMER_VERSION "1.0"
#define DISCLAIMER_TEXT                                                                            \
    "This figure was computed from historical prices. It is for information only and is NOT "      \
    "financial advice."

/* The JSON views of the parts, parsed; NULL where a part has nothing to show. */
typedef struct views {
    cJSON *completion;
    cJSON *code;
    cJSON *run;
} views;

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
    double total = ape__exact_ms() - q->started_ms;

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

static const char *status_name(ape_answer_status status)
{
    static const char *const names[] = { "verified", "undefined", "refused", "failed" };

    return names[status];
}

static void put_answer(ape__json_writer *w, const ape__query *q, ape_answer_status status,
                       const char *sentence, const ape__record *record, const views *v)
{
    ape__json_begin_object(w, NULL);
    ape__json_string(w, "query_id", q->id);
    ape__json_string(w, "status", status_name(status));
    ape__json_string_sized(w, "question", q->question, q->question_size);
    ape__json_string(w, "answer", sentence);
    put_result(w, &q->facts);
    put_code(w, q, v);
    put_provenance(w, q, v);
    put_llm(w, v);
    put_timings(w, q);
    ape__json_string(w, "prediction_id", record->prediction_id[0] ? record->prediction_id : NULL);
    put_disclaimer(w);
}

void ape__answer_end(ape__buffer *json, const char *stored)
{
    const char *quote = stored ? "\"" : "";

    ape__buffer_printf(json, ",\"stored\":%s%s%s}", quote, stored ? stored : "null", quote);
}

ape_status ape__answer_write(ape__buffer *json, const ape__query *query, ape_answer_status status,
                             const char *sentence, const ape__record *record, ape_error *err)
{
    views v = { .completion = NULL };
    ape_status st = open_views(&v, query, err);
    ape__json_writer w;

    if (st == APE_OK) {
        ape__json_writer_init(&w, json);
        put_answer(&w, query, status, sentence, record, &v);
    }
    close_views(&v);
    return st;
}
