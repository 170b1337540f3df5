/* SPDX-License-Identifier: MIT */
#ifndef APE_ORCHESTRATOR_ANSWER_H
#define APE_ORCHESTRATOR_ANSWER_H

#include "orchestrator/query.h"
#include "orchestrator/record.h"

/**
 * The answer of a query that has come to its end.
 *
 * @param outcome  what the chain of models returned; @p why is its error
 */
ape_status ape__answer_new(const ape__query *query, ape_status outcome, const ape_error *why,
                           ape_answer **out, ape_error *err);

/** The answer object as JSON, all but its end. */
ape_status ape__answer_write(ape__buffer *json, const ape__query *query, ape_answer_status status,
                             const char *sentence, const ape__record *record, ape_error *err);

/** Its end, with what became of it in the store: "stored", "queued", "failed"; NULL: no store. */
void ape__answer_end(ape__buffer *json, const char *stored);

/** What is to be said about a query that has no value: status and sentence. */
ape_answer_status ape__verdict_write(ape__buffer *sentence, const ape__query *query,
                                     ape_status outcome, const ape_error *why);

#endif /* APE_ORCHESTRATOR_ANSWER_H */
