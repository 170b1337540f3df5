/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "body.h"
#include "jobs.h"
#include "problem.h"
#include "routes.h"

enum { MAX_PAGE = 1000 };

static bool has_store(request *r)
{
    if (r->server->store)
        return true;
    problem(r, 501, "this server keeps no predictions: it was built without a database");
    return false;
}

static bool ticker_good(request *r, const char *ticker)
{
    if (is_ticker(ticker))
        return true;
    problem_field(r, "ticker", "must be a ticker like AAPL");
    return false;
}

static void reply_result(request *r, ape_status st, ape_text *text, const ape_error *err)
{
    if (st == APE_OK)
        reply_text(r, 200, text);
    else
        problem_status(r, st, err);
}

static bool id_good(const char *id)
{
    return id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")] == 0;
}

/* The time and the id of the last row of a page. */
static bool is_cursor(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    const char *id = text + digits + 1;

    return digits >= 1 && digits <= 15 && text[digits] == '.' && *id && strlen(id) <= 64 &&
           id_good(id);
}

static bool cursor_good(request *r, const char **out)
{
    const char *cursor = request_parameter(r, "cursor");

    if (cursor && !is_cursor(cursor)) {
        problem_field(r, "cursor", "must be the \"next\" of the page before");
        return false;
    }
    *out = cursor;
    return true;
}

static bool read_outcome(request *r, const char **out)
{
    static const char *const words[] = { "HIT", "NEAR", "MISS", "PENDING" };
    const char *wanted = request_parameter(r, "outcome");

    if (!wanted)
        return true;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i], wanted) == 0)
            *out = words[i];
    if (*out)
        return true;
    problem_field(r, "outcome", "must be HIT, NEAR, MISS or PENDING");
    return false;
}

static bool read_filter(request *r, ape_prediction_filter *filter)
{
    int64_t limit = 0;

    ape_prediction_filter_init(filter, sizeof(*filter));
    if (!parameter_integer(r, "limit", 1, MAX_PAGE, &limit) || !cursor_good(r, &filter->cursor) ||
        !read_outcome(r, &filter->outcome) || !parameter_date(r, "from", &filter->target_from) ||
        !parameter_date(r, "to", &filter->target_to))
        return false;
    filter->limit = (uint32_t)limit;
    return true;
}

static void list(request *r, const char *ticker)
{
    ape_prediction_filter filter;
    ape_text *text = NULL;
    ape_error err;
    ape_status st;

    if (!has_store(r) || (ticker && !ticker_good(r, ticker)) || !read_filter(r, &filter))
        return;
    filter.ticker = ticker;
    st = ape_store_list_predictions(r->server->store, &filter, &text, &err);
    reply_result(r, st, text, &err);
}

void route_predictions(request *r)
{
    list(r, request_parameter(r, "ticker"));
}

void route_prediction_history(request *r)
{
    list(r, r->argument);
}

void route_prediction_latest(request *r)
{
    ape_text *text = NULL;
    ape_error err;
    ape_status st;

    if (!has_store(r) || !ticker_good(r, r->argument))
        return;
    st = ape_store_latest_prediction(r->server->store, r->argument, &text, &err);
    reply_result(r, st, text, &err);
}

void route_prediction_corridor(request *r)
{
    const char *from = NULL, *to = NULL;
    ape_text *text = NULL;
    ape_error err;
    ape_status st;

    if (!has_store(r) || !ticker_good(r, r->argument) || !parameter_date(r, "from", &from) ||
        !parameter_date(r, "to", &to))
        return;
    st = ape_store_corridor(r->server->store, r->argument, from, to, &text, &err);
    reply_result(r, st, text, &err);
}

void route_track_record(request *r)
{
    const char *ticker = request_parameter(r, "ticker");
    const char *from = NULL, *to = NULL;
    ape_text *text = NULL;
    ape_error err;
    ape_status st;

    if (!has_store(r) || (ticker && !ticker_good(r, ticker)) || !parameter_date(r, "from", &from) ||
        !parameter_date(r, "to", &to))
        return;
    st = ape_store_track_record(r->server->store, ticker, from, to, &text, &err);
    reply_result(r, st, text, &err);
}

static void check(request *r, const cJSON *body)
{
    const char *today = NULL;
    ape_text *text = NULL;
    ape_error err;
    ape_status st;

    if (!has_store(r) || !body_date(r, body, "today", &today))
        return;
    st = ape_orchestrator_check_actuals(r->parts->orchestrator, today, &text, &err);
    reply_result(r, st, text, &err);
}

void route_check_actuals(request *r)
{
    static const char *const members[] = { "today", NULL };
    cJSON *body = body_object(r, members);

    if (!body)
        return;
    check(r, body);
    cJSON_Delete(body);
}

void route_query_list(request *r)
{
    const char *cursor = NULL;
    int64_t limit = 0;
    ape_text *text = NULL;
    ape_error err;
    ape_status st;

    if (!parameter_integer(r, "limit", 1, MAX_PAGE, &limit) || !cursor_good(r, &cursor) ||
        !has_store(r))
        return;
    st = ape_store_list_queries(r->server->store, (uint32_t)limit, cursor, &text, &err);
    reply_result(r, st, text, &err);
}

/* The store's record has everything but the stage, which an ended query is in no more. */
static void reply_stored(request *r, ape_text *text)
{
    cJSON *record = cJSON_Parse(ape_text_data(text));

    cJSON_AddNullToObject(record, "stage");
    reply_json(r, 200, record);
    ape_text_free(text);
}

/* Of this server, or of the queue that all share. */
static cJSON *find_record(server *s, const char *id)
{
    cJSON *record = queries_record(s->queries, id);

    if (record || !s->jobs || !id_good(id))
        return record;
    return jobs_record(s, id);
}

void route_query_get(request *r)
{
    cJSON *record = find_record(r->server, r->argument);
    ape_text *text;
    ape_error err;
    ape_status st = APE_ERR_NOT_FOUND;

    if (record) {
        reply_json(r, 200, record);
        return;
    }
    if (r->server->store && id_good(r->argument))
        st = ape_store_get_query(r->server->store, r->argument, &text, &err);
    if (st == APE_OK)
        reply_stored(r, text);
    else if (st == APE_ERR_NOT_FOUND || st == APE_ERR_INVALID)
        problem(r, 404, "there is no query with this id");
    else
        problem_status(r, st, &err);
}
