/* SPDX-License-Identifier: MIT */
#include "predictions.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static void complain(const char *what, const ape_error *err)
{
    cJSON *more = cJSON_CreateObject();

    cJSON_AddStringToObject(more, "reason", err->message);
    log_line(APE_LOG_ERROR, "store", what, more);
}

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool number_of(const cJSON *object, const char *name, double *out)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

    if (!cJSON_IsNumber(member))
        return false;
    *out = member->valuedouble;
    return true;
}

static const char *only_ticker(const cJSON *result)
{
    const cJSON *tickers = cJSON_GetObjectItemCaseSensitive(result, "tickers");

    if (cJSON_IsString(tickers))
        return tickers->valuestring;
    return cJSON_GetArraySize(tickers) == 1 ? cJSON_GetStringValue(cJSON_GetArrayItem(tickers, 0))
                                            : NULL;
}

/* A prediction is an answer that knows ticker, target date, corridor and confidence. */
static bool read_prediction(const cJSON *answer, ape_prediction *out)
{
    const cJSON *result = cJSON_GetObjectItemCaseSensitive(answer, "result");
    const cJSON *values = cJSON_GetObjectItemCaseSensitive(result, "values");
    const cJSON *provenance = cJSON_GetObjectItemCaseSensitive(answer, "provenance");
    const char *metric = text_of(result, "metric");

    out->ticker = only_ticker(result);
    out->as_of = text_of(provenance, "as_of");
    out->target_date = text_of(values, "target_date");
    if (!out->ticker || !out->as_of || !out->target_date || !metric)
        return false;
    if (!number_of(values, "price_base", &out->base) &&
        (strcmp(metric, "price_base") != 0 || !number_of(result, "value", &out->base)))
        return false;
    return number_of(values, "price_low", &out->low) &&
           number_of(values, "price_high", &out->high) &&
           number_of(values, "confidence", &out->confidence);
}

/* Quotes within a JSON string are escaped, so this text can only be the member. */
static char *with_id(const char *answer, const char *id)
{
    static const char member[] = "\"prediction_id\":";
    const char *at = strstr(answer, member);
    size_t before = at ? (size_t)(at - answer) + strlen(member) : 0;
    size_t size = strlen(answer) + strlen(id) + 3;
    char *text = at && strncmp(answer + before, "null", 4) == 0 ? malloc(size) : NULL;

    if (text)
        snprintf(text, size, "%.*s\"%s\"%s", (int)before, answer, id, answer + before + 4);
    return text;
}

char *predictions_keep(server *s, const char *query_id, const ape_answer *answer)
{
    ape_prediction prediction;
    ape_error err;
    char *changed = NULL;
    cJSON *object;

    if (!s->store || ape_answer_get_status(answer) != APE_ANSWER_VERIFIED)
        return NULL;
    object = cJSON_Parse(ape_answer_json(answer));
    ape_prediction_init(&prediction, sizeof(prediction));
    prediction.query_id = query_id;
    prediction.id = query_id;
    if (read_prediction(object, &prediction)) {
        if (ape_store_put_prediction(s->store, &prediction, NULL, NULL, &err) == APE_OK)
            changed = with_id(ape_answer_json(answer), query_id);
        else
            complain("a prediction could not be kept", &err);
    }
    cJSON_Delete(object);
    return changed;
}

void predictions_keep_query(server *s, const char *answer)
{
    ape_error err;

    if (s->store && ape_store_put_query(s->store, answer, strlen(answer), NULL, &err) != APE_OK)
        complain("a query could not be kept", &err);
}
