/* SPDX-License-Identifier: MIT */
#ifndef APE_ORCHESTRATOR_RECORD_H
#define APE_ORCHESTRATOR_RECORD_H

#include "orchestrator/query.h"

/** What the store did with a query. */
typedef struct ape__record {
    char prediction_id[65]; /* "": no prediction */
    const char *stored;     /* "stored", "queued", "failed"; NULL: there is no store */
} ape__record;

/** Keep the prediction of a query, if it made one. A store that fails is no failure
 *  of the query: it is logged, and the answer says "failed". */
void ape__record_prediction(const ape__query *query, ape__record *record);

/** Keep the query with its answer object. */
void ape__record_query(const ape__query *query, const char *answer_json, ape__record *record);

#endif /* APE_ORCHESTRATOR_RECORD_H */
