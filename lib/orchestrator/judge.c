/* SPDX-License-Identifier: MIT */
#include "orchestrator/query.h"

#include <string.h>

#include "core/buffer.h"
#include "core/error.h"
#include "orchestrator/orchestrator.h"
#include "orchestrator/profile.h"

/* How much of a traceback a model gets to see: its end is what tells. */
enum { LONGEST_TRACEBACK = 2000 };

static void forget_round(ape__query *q)
{
    ape_sanitized_code_free(q->code);
    ape_sandbox_result_free(q->run);
    ape__facts_clear(&q->facts);
    q->code = NULL;
    q->run = NULL;
    q->failure = (ape_error){ .status = APE_OK };
}

static ape_status sanitize(ape__query *q, const ape_llm_completion *candidate)
{
    ape_code_sanitizer *sanitizer;
    ape_code_request request;
    ape_status st;

    ape__query_enter(q, APE_STAGE_SANITIZE);
    st = ape__orchestrator_sanitizer(q->orchestrator, &sanitizer, &q->failure);
    if (st != APE_OK)
        return st;
    ape_code_request_init(&request, sizeof(request));
    request.as_of = q->as_of_text;
    request.tickers = q->asked.tickers[0] ? q->asked.tickers : NULL;
    request.start = q->asked.start[0] ? q->asked.start : NULL;
    request.end = q->asked.end[0] ? q->asked.end : NULL;
    st = ape_code_sanitizer_sanitize(sanitizer, ape_llm_completion_text(candidate),
                                     ape_llm_completion_text_size(candidate), &request, &q->code,
                                     &q->failure);
    ape_code_sanitizer_free(sanitizer);
    if (st != APE_OK)
        return st;
    if (ape_sanitized_code_verdict(q->code) == APE_CODE_OK)
        return APE_OK;
    return ape__fail(&q->failure, APE_ERR_REFUSED, "%s", ape_sanitized_code_reason(q->code));
}

static ape_status execute(ape__query *q)
{
    ape_sandbox_run_options opts;
    ape_sandbox_reason reason;
    ape_status st;

    ape__query_enter(q, APE_STAGE_EXECUTE);
    ape_sandbox_run_options_init(&opts, sizeof(opts));
    opts.as_of = q->as_of_text;
    opts.wall_ms = q->opts.wall_ms;
    st = ape_sandbox_run(q->orchestrator->sandbox, ape_sanitized_code_text(q->code),
                         ape_sanitized_code_text_size(q->code), &opts, &q->run, &q->failure);
    if (st != APE_OK)
        return st;
    reason = ape_sandbox_result_reason(q->run);
    if (reason == APE_SANDBOX_OK)
        return APE_OK;
    return ape__fail(&q->failure, APE_ERR_FORMAT, "the program ended with \"%s\"",
                     ape_sandbox_reason_name(reason));
}

static ape_status check(ape__query *q)
{
    ape__query_enter(q, APE_STAGE_GATE);
    return ape__gate_check(q->orchestrator->host, ape_sandbox_result_stdout(q->run),
                           ape_sandbox_result_stdout_size(q->run), q->as_of, &q->facts,
                           &q->failure);
}

static void give_feedback(const ape__query *q, ape_llm_completion *candidate)
{
    ape__buffer text;

    ape__buffer_init(&text, q->orchestrator->host);
    ape__buffer_printf(&text, "That program cannot be used: %s.\n", q->failure.message);
    if (q->stage == APE_STAGE_EXECUTE && q->run) {
        const char *trace = ape_sandbox_result_stderr(q->run);
        size_t size = ape_sandbox_result_stderr_size(q->run);
        size_t cut = size > LONGEST_TRACEBACK ? size - LONGEST_TRACEBACK : 0;

        ape__buffer_append(&text, trace + cut, size - cut);
    }
    ape__buffer_puts(&text, "\nAnswer with the whole corrected program.");
    if (!text.failed)
        ape_llm_completion_set_feedback(candidate, text.data, text.size);
    ape__buffer_clear(&text);
}

/* True if another program could not help either: the library or the machine is at fault. */
static bool is_final(const ape__query *q)
{
    bool program_at_fault =
        q->failure.status == APE_ERR_REFUSED || q->failure.status == APE_ERR_FORMAT;

    return !program_at_fault;
}

ape_llm_verdict ape__query_judge(void *query, ape_llm_completion *candidate)
{
    ape__query *q = query;
    ape_status st;

    forget_round(q);
    st = sanitize(q, candidate);
    if (st == APE_OK)
        st = execute(q);
    if (st == APE_OK)
        st = check(q);
    if (st == APE_OK)
        return APE_LLM_ACCEPT;
    if (is_final(q))
        return APE_LLM_STOP;
    give_feedback(q, candidate);
    return APE_LLM_ASK_AGAIN;
}
