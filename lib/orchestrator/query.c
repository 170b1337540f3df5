/* SPDX-License-Identifier: MIT */
#include "orchestrator/query.h"

#include <string.h>

#include "core/error.h"
#include "core/host.h"
#include "core/id.h"
#include "core/options.h"
#include "core/utf8.h"
#include "orchestrator/answer.h"
#include "orchestrator/orchestrator.h"
#include "orchestrator/prompt.h"

enum { LONGEST_QUESTION = 4000, LONGEST_WALL_MS = 600000 };

static const ape_query_options defaults = { .size = sizeof(ape_query_options), .wall_ms = 10000 };

void ape_query_options_init(ape_query_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

static void leave_stage(ape__query *q)
{
    double now = ape__exact_ms();

    q->stage_ms[q->stage] += now - q->stage_started_ms;
    q->stage_started_ms = now;
}

void ape__query_enter(ape__query *query, ape_stage stage)
{
    leave_stage(query);
    query->stage = stage;
    if (query->opts.on_stage)
        query->opts.on_stage(query->opts.user, stage);
}

static bool is_blank(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!strchr(" \t\r\n", text[i]))
            return false;
    return true;
}

static ape_status check_question(const char *question, size_t size, ape_error *err)
{
    if (!question || is_blank(question, size))
        return ape__fail(err, APE_ERR_INVALID, "the question is empty");
    if (size > LONGEST_QUESTION)
        return ape__fail(err, APE_ERR_INVALID,
                         "the question has %zu bytes; at most %d are allowed: ask a shorter one",
                         size, LONGEST_QUESTION);
    if (!ape__utf8_valid(question, size) || memchr(question, '\0', size))
        return ape__fail(err, APE_ERR_INVALID, "the question is not UTF-8 text");
    return APE_OK;
}

/* The as-of date of the options, else the newest of the market. */
static ape_status find_as_of(ape__query *q, ape_error *err)
{
    const char *wanted = q->opts.as_of;
    ape_status st;

    if (!wanted) {
        st = ape_market_newest_date(q->orchestrator->market, q->as_of_text, err);
        if (st != APE_OK)
            return st;
        wanted = q->as_of_text;
    }
    if (!ape__date_parse(wanted, strlen(wanted), &q->as_of))
        return ape__fail(err, APE_ERR_INVALID, "as_of must be a date like 2022-12-28");
    ape__date_format(q->as_of, q->as_of_text);
    return APE_OK;
}

static ape_status take_id(ape__query *q, ape_error *err)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_";
    const char *wanted = q->opts.query_id;
    size_t size = wanted ? strspn(wanted, allowed) : 0;

    if (!wanted) {
        ape__id_new(q->orchestrator->host, q->id);
        return APE_OK;
    }
    if (size == 0 || size >= sizeof(q->id) || wanted[size] != '\0')
        return ape__fail(err, APE_ERR_INVALID, "query_id must be 1 to 36 of A-Z a-z 0-9 - _");
    memcpy(q->id, wanted, size + 1);
    return APE_OK;
}

static ape_status begin(ape__query *q, ape_error *err)
{
    ape_status st = check_question(q->question, q->question_size, err);

    if (st != APE_OK)
        return st;
    if (q->opts.wall_ms < 1 || q->opts.wall_ms > LONGEST_WALL_MS)
        return ape__fail(err, APE_ERR_INVALID, "wall_ms must be from 1 to %d", LONGEST_WALL_MS);
    st = find_as_of(q, err);
    if (st == APE_OK)
        st = take_id(q, err);
    if (st == APE_OK)
        st = ape__asked_read(q->orchestrator->host, q->question, q->question_size, q->as_of,
                             &q->asked, err);
    return st;
}

static ape_status fill_request(ape__query *q, ape_llm_request *request, ape_error *err)
{
    ape_status st = ape__prompt_add(q->orchestrator->host, request, q->question, q->question_size,
                                    q->as_of_text, err);

    if (st == APE_OK && q->opts.provider)
        st = ape_llm_request_set_provider(request, q->opts.provider, err);
    ape_llm_request_set_timeout_ms(request, q->opts.timeout_ms);
    ape_llm_request_set_judge(request, ape__query_judge, q);
    /* Without a date, the same words ask for something else tomorrow. */
    ape_llm_request_set_cacheable(request, q->opts.as_of != NULL);
    return st;
}

/* Ask the chain until a plan passes; what it came to is left in the query. */
static ape_status plan(ape__query *q, ape_status *outcome, ape_error *why, ape_error *err)
{
    ape_llm_request *request;
    ape_status st = ape_llm_request_new(q->orchestrator->host, &request, err);

    if (st != APE_OK)
        return st;
    st = fill_request(q, request, err);
    if (st == APE_OK) {
        ape__query_enter(q, APE_STAGE_PLAN);
        *outcome =
            ape_llm_client_generate(q->orchestrator->llm_client, request, &q->completion, why);
        leave_stage(q);
    }
    ape_llm_request_free(request);
    return st;
}

static void end(ape__query *q)
{
    ape_llm_completion_free(q->completion);
    ape_sanitized_code_free(q->code);
    ape_sandbox_result_free(q->run);
    ape__facts_clear(&q->facts);
}

ape_status ape_orchestrator_query(ape_orchestrator *orchestrator, const char *question, size_t size,
                                  const ape_query_options *opts, ape_answer **out, ape_error *err)
{
    ape__query q = { .orchestrator = orchestrator, .question = question, .question_size = size };
    ape_status st, outcome = APE_OK;
    ape_error why = { .status = APE_OK };

    if (!orchestrator || !out)
        return ape__fail(err, APE_ERR_INVALID, "orchestrator or out is NULL");
    q.opts = defaults;
    st = ape__options_load(&q.opts, sizeof(q.opts), sizeof(q.opts), opts, err);
    if (st != APE_OK)
        return st;
    q.started_ms = q.stage_started_ms = ape__exact_ms();
    st = begin(&q, err);
    if (st == APE_ERR_INVALID)
        return st; /* a question that cannot be asked was never begun */
    if (st == APE_OK)
        st = plan(&q, &outcome, &why, err);
    if (st == APE_OK)
        st = ape__answer_new(&q, outcome, &why, out, err);
    if (st == APE_OK)
        (void)ape_lineage_post(orchestrator->lineage, ape_answer_json(*out),
                               strlen(ape_answer_json(*out)), NULL);
    ape__query_metrics_note(&orchestrator->metrics, st == APE_OK ? *out : NULL, outcome,
                            ape__exact_ms() - q.started_ms, q.stage_ms);
    end(&q);
    return st;
}
