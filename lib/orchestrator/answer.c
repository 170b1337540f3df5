/* SPDX-License-Identifier: MIT */
#include "orchestrator/answer.h"

#include "core/error.h"
#include "core/host.h"
#include "core/memory.h"
#include "orchestrator/orchestrator.h"
#include "orchestrator/sentence.h"

struct ape_answer {
    ape_host *host;
    ape_answer_status status;
    char *sentence;
    char *json;
};

static ape_answer_status write_sentence(ape__buffer *sentence, const ape__query *q,
                                        ape_status outcome, const ape_error *why)
{
    if (outcome != APE_OK)
        return ape__verdict_write(sentence, q, outcome, why);
    ape__sentence_write(sentence, &q->facts, q->question, q->question_size);
    return q->facts.defined ? APE_ANSWER_VERIFIED : APE_ANSWER_UNDEFINED;
}

/* The object as JSON, with what became of it in the store: it is ended once to be kept, and once
 * more to say where it was. */
static ape_status write_json(ape_answer *answer, const ape__query *q, ape_error *err)
{
    ape__record record = { .stored = NULL };
    ape__buffer json;
    size_t size;
    ape_status st;

    ape__record_prediction(q, &record);
    ape__buffer_init(&json, answer->host);
    st = ape__answer_write(&json, q, answer->status, answer->sentence, &record, err);
    size = json.size;
    ape__answer_end(&json, record.stored);
    if (st == APE_OK && !json.failed && q->orchestrator->store) {
        ape__record_query(q, json.data, &record);
        json.size = size;
        ape__answer_end(&json, record.stored);
    }
    answer->json = ape__buffer_take_string(&json);
    return st == APE_OK && !answer->json ? ape__fail_no_memory(err) : st;
}

static ape_status fill(ape_answer *answer, const ape__query *q, ape_status outcome,
                       const ape_error *why, ape_error *err)
{
    ape__buffer sentence;

    ape__buffer_init(&sentence, answer->host);
    answer->status = write_sentence(&sentence, q, outcome, why);
    answer->sentence = ape__buffer_take_string(&sentence);
    if (!answer->sentence)
        return ape__fail_no_memory(err);
    return write_json(answer, q, err);
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
