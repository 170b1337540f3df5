/* SPDX-License-Identifier: MIT */
#include "orchestrator/record.h"

#include <string.h>

#include "core/host.h"
#include "orchestrator/orchestrator.h"

static void note_outcome(const ape__query *q, ape_status st, ape_store_place place,
                         const ape_error *err, ape__record *record)
{
    if (st == APE_OK) {
        record->stored = ape_store_place_name(place);
        return;
    }
    record->stored = "failed";
    ape__log(q->orchestrator->host, APE_LOG_ERROR, "orchestrator", "query %s was not kept: %s",
             q->id, err->message);
}

/* The prediction in a run's facts; false if they are none. */
static bool read_prediction(const ape__query *q, ape_prediction *p)
{
    const cJSON *object = q->facts.object;
    const cJSON *tickers = ape__json_get_array(object, "tickers");

    ape_prediction_init(p, sizeof(*p));
    p->query_id = q->id;
    p->ticker = cJSON_GetStringValue(cJSON_GetArrayItem(tickers, 0));
    p->as_of = q->as_of_text;
    p->target_date = ape__json_get_string(object, "target_date");
    p->base = q->facts.value;
    return q->facts.defined && strcmp(q->facts.metric, "price_base") == 0 && p->ticker &&
           p->target_date && ape__json_get_number(object, "price_low", &p->low) &&
           ape__json_get_number(object, "price_high", &p->high) &&
           ape__json_get_number(object, "confidence", &p->confidence);
}

void ape__record_prediction(const ape__query *query, ape__record *record)
{
    ape_store *store = query->orchestrator->store;
    ape_store_place place = APE_STORE_STORED;
    ape_prediction prediction;
    ape_error err;
    ape_status st;

    if (!store || !query->facts.object || !read_prediction(query, &prediction))
        return;
    st = ape_store_put_prediction(store, &prediction, record->prediction_id, &place, &err);
    note_outcome(query, st, place, &err, record);
}

void ape__record_query(const ape__query *query, const char *answer_json, ape__record *record)
{
    ape_store *store = query->orchestrator->store;
    ape_store_place place = APE_STORE_STORED;
    ape_error err;
    ape_status st;

    if (!store || (record->stored && strcmp(record->stored, "failed") == 0))
        return;
    st = ape_store_put_query(store, answer_json, strlen(answer_json), &place, &err);
    note_outcome(query, st, place, &err, record);
}
