/* SPDX-License-Identifier: MIT */
#include "store/operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

/*
 * An outcome is counted in the track record if, and only if, the prediction had none: the first
 * statement locks its row, so that a second server's check waits and then finds it taken. It is
 * counted twice: for its ticker, and under "*" for all of them.
 */
static const char *const statements[APE__OPERATION_COUNT][APE__OPERATION_ITEMS] = {
    [APE__PUT_QUERY] = { "INSERT INTO queries (id, question, status, answer, created_ms,"
                         " updated_ms) VALUES ($1, $2, $3, $4, $5, $5)"
                         " ON CONFLICT (id) DO UPDATE SET question = excluded.question,"
                         " status = excluded.status, answer = excluded.answer,"
                         " updated_ms = excluded.updated_ms" },
    [APE__PUT_PREDICTION] = { "INSERT INTO predictions (id, query_id, ticker, created_ms, as_of,"
                              " target_date, low, base, high, confidence)"
                              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
                              " ON CONFLICT (id) DO NOTHING" },
    [APE__PUT_OUTCOME] = { "UPDATE predictions SET checked_ms = $4"
                           " WHERE id = $1 AND outcome IS NULL",
                           "INSERT INTO track_record (ticker, target_date, confidence, hits, nears,"
                           " misses, error_sum, absolute_error_sum)"
                           " SELECT CASE WHEN side.all_of_them = 1 THEN '*' ELSE ticker END,"
                           " target_date, confidence, $5, $6, $7,"
                           " ($2 - base) / base, ABS($2 - base) / base"
                           " FROM predictions,"
                           " (SELECT 0 AS all_of_them UNION ALL SELECT 1 AS all_of_them) AS side"
                           " WHERE id = $1 AND outcome IS NULL"
                           " ON CONFLICT (ticker, target_date, confidence) DO UPDATE SET"
                           " hits = track_record.hits + excluded.hits,"
                           " nears = track_record.nears + excluded.nears,"
                           " misses = track_record.misses + excluded.misses,"
                           " error_sum = track_record.error_sum + excluded.error_sum,"
                           " absolute_error_sum ="
                           " track_record.absolute_error_sum + excluded.absolute_error_sum",
                           "UPDATE predictions SET actual = $2, outcome = $3"
                           " WHERE id = $1 AND outcome IS NULL" },
};

size_t ape__operation_items(const ape__operation *operation,
                            ape__sql_item out[APE__OPERATION_ITEMS])
{
    size_t count = 0;

    while (count < APE__OPERATION_ITEMS && statements[operation->kind][count]) {
        out[count] = (ape__sql_item){ statements[operation->kind][count], operation->values,
                                      operation->count };
        count++;
    }
    return count;
}

/* A real number is a number, everything else a string with its type in front, or null: JSON's
 * readers keep no whole number above 2^53. */
static void write_value(ape__json_writer *w, ape_host *host, const ape__sql_value *v)
{
    char number[40];
    ape__buffer text;

    switch (v->type) {
    case APE__SQL_NULL:
        ape__json_null(w, NULL);
        return;
    case APE__SQL_INTEGER:
        snprintf(number, sizeof(number), "i%lld", (long long)v->integer);
        ape__json_string(w, NULL, number);
        return;
    case APE__SQL_REAL:
        ape__json_number(w, NULL, v->real);
        return;
    case APE__SQL_TEXT:
        break;
    }
    ape__buffer_init(&text, host);
    ape__buffer_puts(&text, "t");
    ape__buffer_puts(&text, v->text);
    if (text.failed)
        w->buffer->failed = true;
    else
        ape__json_string(w, NULL, text.data);
    ape__buffer_clear(&text);
}

void ape__operation_write(const ape__operation *operation, ape__buffer *out)
{
    ape__json_writer w;

    ape__json_writer_init(&w, out);
    ape__json_begin_array(&w, NULL);
    ape__json_integer(&w, NULL, operation->kind);
    for (size_t i = 0; i < operation->count; i++)
        write_value(&w, out->host, &operation->values[i]);
    ape__json_end_array(&w);
}

static ape__sql_value read_value(const cJSON *item)
{
    const char *text = cJSON_GetStringValue(item);

    if (cJSON_IsNumber(item))
        return ape__sql_real(item->valuedouble);
    if (!text)
        return ape__sql_text(NULL);
    return text[0] == 'i' ? ape__sql_integer(strtoll(text + 1, NULL, 10)) : ape__sql_text(text + 1);
}

ape_status ape__operation_read(const char *text, ape__operation *out, void **memory, ape_error *err)
{
    const cJSON *item;
    cJSON *json;
    ape_status st = ape__json_parse(text, strlen(text), &json, err);

    if (st != APE_OK)
        return st;
    item = cJSON_IsArray(json) ? json->child : NULL;
    if (!cJSON_IsNumber(item) || item->valuedouble < 0 ||
        item->valuedouble >= APE__OPERATION_COUNT) {
        cJSON_Delete(json);
        return ape__fail(err, APE_ERR_FORMAT, "no operation that this libape knows");
    }
    *out = (ape__operation){ .kind = (ape__operation_kind)item->valuedouble };
    for (item = item->next; item && out->count < APE__OPERATION_VALUES; item = item->next)
        out->values[out->count++] = read_value(item);
    *memory = json;
    return APE_OK;
}
