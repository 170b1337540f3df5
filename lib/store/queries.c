/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "core/host.h"
#include "core/utf8.h"
#include "store/page.h"

enum { LARGEST_ANSWER = 4 << 20 };

static ape_status check_answer(const cJSON *json, ape_error *err)
{
    ape_status st = ape__check_id("query_id", ape__json_get_string(json, "query_id"), err);

    if (st != APE_OK)
        return st;
    if (!ape__json_get_string(json, "question"))
        return ape__fail(err, APE_ERR_INVALID, "the answer has no question");
    if (!ape__json_get_string(json, "status"))
        return ape__fail(err, APE_ERR_INVALID, "the answer has no status");
    return APE_OK;
}

static ape_status put(ape_store *s, const cJSON *json, const char *answer, ape_store_place *place,
                      ape_error *err)
{
    const ape__operation operation = {
        .kind = APE__PUT_QUERY,
        .count = 5,
        .values = { ape__sql_text(ape__json_get_string(json, "query_id")),
                    ape__sql_text(ape__json_get_string(json, "question")),
                    ape__sql_text(ape__json_get_string(json, "status")), ape__sql_text(answer),
                    ape__sql_integer(ape__wall_ms(s->host)) },
    };
    ape__write write = { .operation = &operation };
    ape_status st = ape__store_write(s, &write, 1, err);

    if (st == APE_OK && place)
        *place = write.place;
    return st;
}

ape_status ape_store_put_query(ape_store *store, const char *answer, size_t size,
                               ape_store_place *place, ape_error *err)
{
    cJSON *json = NULL;
    char *text;
    ape_status st;

    if (!store || !answer)
        return ape__fail(err, APE_ERR_INVALID, "store or answer is NULL");
    if (size > LARGEST_ANSWER)
        return ape__fail(err, APE_ERR_INVALID, "the answer has more than %d bytes", LARGEST_ANSWER);
    if (!ape__utf8_valid(answer, size) || memchr(answer, '\0', size) ||
        ape__json_parse(answer, size, &json, NULL) != APE_OK)
        return ape__fail(err, APE_ERR_INVALID, "the answer is not one JSON object in UTF-8");
    text = ape__strndup(store->host, answer, size);
    st = text ? check_answer(json, err) : ape__fail_no_memory(err);
    if (st == APE_OK)
        st = put(store, json, text, place, err);
    if (text)
        ape__free(store->host, text, size + 1);
    cJSON_Delete(json);
    return st;
}

/* Columns: id, question, status, created_ms, updated_ms, answer. */
static void write_query(ape__json_writer *w, const ape__sql_value *columns, size_t count)
{
    ape__json_begin_object(w, NULL);
    ape__json_column(w, "query_id", &columns[0]);
    ape__json_column(w, "question", &columns[1]);
    ape__json_column(w, "status", &columns[2]);
    ape__json_time(w, "created", columns[3].integer);
    ape__json_time(w, "updated", columns[4].integer);
    if (count > 5)
        ape__json_raw(w, "answer", columns[5].text, strlen(columns[5].text));
    ape__json_end_object(w);
}

ape_status ape_store_get_query(ape_store *store, const char *query_id, ape_text **out,
                               ape_error *err)
{
    const ape__sql_value id = ape__sql_text(query_id);
    ape__page p = { .write_row = write_query, .created_column = 3, .limit = 1 };
    ape_status st;

    if (!store || !out)
        return ape__fail(err, APE_ERR_INVALID, "store or out is NULL");
    st = ape__check_id("query_id", query_id, err);
    if (st != APE_OK)
        return st;
    ape__page_begin(&p, store->host, NULL);
    st = ape__store_read(store,
                         "SELECT id, question, status, created_ms, updated_ms, answer FROM queries"
                         " WHERE id = $1",
                         &id, 1, ape__page_take, &p, err);
    if (st == APE_OK && p.count == 0)
        st = ape__fail(err, APE_ERR_NOT_FOUND, "there is no query of that id");
    return ape__page_give(&p, st, out, err);
}

static const char first_page[] = "SELECT id, question, status, created_ms, updated_ms FROM queries"
                                 " ORDER BY created_ms DESC, id DESC LIMIT $1";
static const char later_page[] = "SELECT id, question, status, created_ms, updated_ms FROM queries"
                                 " WHERE (created_ms, id) < ($2, $3)"
                                 " ORDER BY created_ms DESC, id DESC LIMIT $1";

ape_status ape_store_list_queries(ape_store *store, uint32_t limit, const char *cursor,
                                  ape_text **out, ape_error *err)
{
    ape__page p = { .write_row = write_query, .created_column = 3, .limit = limit };
    ape__sql_value values[3];
    ape__cursor at;
    ape_status st;

    if (!store || !out)
        return ape__fail(err, APE_ERR_INVALID, "store or out is NULL");
    st = ape__check_limit(&p.limit, err);
    if (st == APE_OK && cursor)
        st = ape__cursor_read(cursor, &at, err);
    if (st != APE_OK)
        return st;
    values[0] = ape__sql_integer((int64_t)p.limit + 1);
    values[1] = ape__sql_integer(cursor ? at.created_ms : 0);
    values[2] = ape__sql_text(cursor ? at.id : "");
    ape__page_begin(&p, store->host, "queries");
    st = ape__store_read(store, cursor ? later_page : first_page, values, cursor ? 3 : 1,
                         ape__page_take, &p, err);
    ape__page_end_list(&p);
    return ape__page_give(&p, st, out, err);
}
