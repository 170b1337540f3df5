/* SPDX-License-Identifier: MIT */
#include "store/sql.h"

#if APE_HAVE_POSTGRES

#include <endian.h>
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/host.h"
#include "core/json.h"
#include "core/memory.h"
#include "store/schema.h"

/* Types of columns and parameters, as the server's catalogue numbers them. */
enum { INT8 = 20, TEXT = 25, FLOAT8 = 701 };

enum { PARAMETERS = 16, COLUMNS = 24, NUMBER_SIZE = 32, GRACE_MS = 2000 };

/* One lock for all that migrate, in any process: the letters "ape" and the schema's table. */
static const char advisory_lock[] = "SELECT pg_advisory_xact_lock(6386789, 1)";

typedef struct session {
    ape__sql base;
    PGconn *connection;
    uint32_t timeout_ms; /* of one statement, as the server has been told too */
} session;

typedef struct verdict {
    const char *state; /* beginning of an SQLSTATE */
    ape_status status;
} verdict;

/* What goes by itself, or when somebody has mended the server. */
static const verdict verdicts[] = {
    { "08", APE_ERR_UNAVAILABLE },    /* connection */
    { "53", APE_ERR_UNAVAILABLE },    /* disk full, too many connections */
    { "57014", APE_ERR_TIMEOUT },     /* statement_timeout */
    { "57", APE_ERR_UNAVAILABLE },    /* shutting down */
    { "58", APE_ERR_UNAVAILABLE },    /* input or output */
    { "25006", APE_ERR_UNAVAILABLE }, /* read-only: a standby, for now */
    { "40", APE_ERR_UNAVAILABLE },    /* deadlock, serialization */
    { "55", APE_ERR_UNAVAILABLE },    /* lock not available */
    { "42501", APE_ERR_UNAVAILABLE }, /* no privilege */
    { "22", APE_ERR_INVALID },        /* data */
    { "23", APE_ERR_INVALID },        /* constraint */
};

static ape_status status_of(const char *state)
{
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
        if (strncmp(state, verdicts[i].state, strlen(verdicts[i].state)) == 0)
            return verdicts[i].status;
    return APE_ERR_INTERNAL;
}

static ape_status fail_away(session *s, const char *reason, ape_error *err)
{
    s->base.broken = true;
    return ape__fail(err, APE_ERR_UNAVAILABLE, "PostgreSQL is away: %s", reason);
}

static ape_status fail_result(session *s, const PGresult *result, ape_error *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    ape_status st;

    if (!state || PQstatus(s->connection) != CONNECTION_OK)
        return fail_away(s, message ? message : "the connection was lost", err);
    st = status_of(state);
    if (st == APE_ERR_UNAVAILABLE)
        s->base.broken = true;
    return ape__fail(err, st, "PostgreSQL: %s (%s)", message ? message : "?", state);
}

/* Wait until the socket can be read, or written too where there is more to send. */
static bool wait_for(session *s, bool sending, uint64_t deadline)
{
    uint64_t now = ape__now_ms(NULL);
    struct pollfd fd = { .fd = PQsocket(s->connection),
                         .events = (short)(sending ? POLLIN | POLLOUT : POLLIN) };

    if (now >= deadline)
        return false;
    return poll(&fd, 1, (int)(deadline - now)) > 0 || errno == EINTR;
}

/* The next result, or NULL; late or lost, the connection counts as broken. */
static ape_status next_result(session *s, uint64_t deadline, PGresult **out, ape_error *err)
{
    int unsent;

    while ((unsent = PQflush(s->connection)) == 1 || PQisBusy(s->connection)) {
        if (!wait_for(s, unsent == 1, deadline))
            return fail_away(s, "no answer in time", err);
        if (!PQconsumeInput(s->connection))
            return fail_away(s, "the connection was lost", err);
    }
    *out = PQgetResult(s->connection);
    return APE_OK;
}

static int64_t read_integer(const char *bytes)
{
    uint64_t raw;

    memcpy(&raw, bytes, sizeof(raw));
    return (int64_t)be64toh(raw);
}

/* Results come in binary: exact, whatever the locale. */
static ape__sql_value column(const PGresult *result, int row, int at)
{
    const char *bytes = PQgetvalue(result, row, at);
    int64_t raw;
    double real;

    if (PQgetisnull(result, row, at))
        return ape__sql_text(NULL);
    switch (PQftype(result, at)) {
    case INT8:
        return ape__sql_integer(read_integer(bytes));
    case FLOAT8:
        raw = read_integer(bytes);
        memcpy(&real, &raw, sizeof(real));
        return ape__sql_real(real);
    default:
        return ape__sql_text(bytes);
    }
}

static ape_status hand_over(const PGresult *result, ape__sql_row on_row, void *user, ape_error *err)
{
    ape__sql_value columns[COLUMNS];
    int count = PQnfields(result) < COLUMNS ? PQnfields(result) : COLUMNS;
    ape_status st = APE_OK;

    for (int row = 0; row < PQntuples(result) && st == APE_OK; row++) {
        for (int i = 0; i < count; i++)
            columns[i] = column(result, row, i);
        st = on_row(user, columns, (size_t)count, err);
    }
    return st;
}

static ape_status take_result(session *s, const PGresult *result, ape__sql_row on_row, void *user,
                              ape_error *err)
{
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
        return on_row ? hand_over(result, on_row, user, err) : APE_OK;
    case PGRES_COMMAND_OK:
        return APE_OK;
    default:
        return fail_result(s, result, err);
    }
}

static ape_status receive(session *s, ape__sql_row on_row, void *user, ape_error *err)
{
    uint64_t deadline = ape__now_ms(NULL) + s->timeout_ms + GRACE_MS;
    ape_status st = APE_OK, next;
    PGresult *result = NULL;

    for (;;) {
        ape_error *unsaid = st == APE_OK ? err : NULL;

        next = next_result(s, deadline, &result, unsaid);
        if (next != APE_OK)
            return st != APE_OK ? st : next;
        if (!result)
            return st;
        next = take_result(s, result, on_row, user, unsaid);
        st = st != APE_OK ? st : next;
        PQclear(result);
    }
}

static const char *parameter_text(const ape__sql_value *v, char number[NUMBER_SIZE])
{
    switch (v->type) {
    case APE__SQL_INTEGER:
        snprintf(number, NUMBER_SIZE, "%lld", (long long)v->integer);
        return number;
    case APE__SQL_REAL:
        ape__format_double(number, v->real);
        return number;
    case APE__SQL_TEXT:
        return v->text;
    case APE__SQL_NULL:
        break;
    }
    return NULL;
}

/* Said outright: PostgreSQL cannot guess the type of a parameter that a statement skips. */
static Oid parameter_type(const ape__sql_value *v)
{
    if (v->type == APE__SQL_INTEGER)
        return INT8;
    return v->type == APE__SQL_REAL ? FLOAT8 : TEXT;
}

static ape_status send(session *s, const ape__sql_item *item, ape_error *err)
{
    const char *parameters[PARAMETERS];
    char numbers[PARAMETERS][NUMBER_SIZE];
    Oid types[PARAMETERS];

    if (item->count > PARAMETERS)
        return ape__fail(err, APE_ERR_INTERNAL, "too many parameters");
    for (size_t i = 0; i < item->count; i++) {
        parameters[i] = parameter_text(&item->values[i], numbers[i]);
        types[i] = parameter_type(&item->values[i]);
    }
    if (!PQsendQueryParams(s->connection, item->statement, (int)item->count, types, parameters,
                           NULL, NULL, 1))
        return fail_away(s, "the connection was lost", err);
    return APE_OK;
}

static ape_status run(ape__sql *sql, const char *text, const ape__sql_value *values, size_t count,
                      ape__sql_row on_row, void *user, ape_error *err)
{
    session *s = (session *)sql;
    const ape__sql_item item = { text, values, count };
    ape_status st = send(s, &item, err);

    return st == APE_OK ? receive(s, on_row, user, err) : st;
}

/* Up to the answer to the Sync, which says that all before it is committed. */
static ape_status receive_pipeline(session *s, ape_error *err)
{
    uint64_t deadline = ape__now_ms(NULL) + s->timeout_ms + GRACE_MS;
    ape_status st = APE_OK;

    for (bool at_end = false; !at_end;) {
        ape_error *unsaid = st == APE_OK ? err : NULL;
        PGresult *result = NULL;
        ape_status next = next_result(s, deadline, &result, unsaid);

        if (next != APE_OK)
            return st != APE_OK ? st : next;
        if (!result && PQstatus(s->connection) != CONNECTION_OK)
            return st != APE_OK ? st : fail_away(s, "the connection was lost", err);
        if (!result) /* the end of one statement's results */
            continue;
        at_end = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        if (!at_end && PQresultStatus(result) != PGRES_PIPELINE_ABORTED)
            next = take_result(s, result, NULL, NULL, unsaid);
        st = st != APE_OK ? st : next;
        PQclear(result);
    }
    return st;
}

/* What stands before a Sync is one transaction without being told to. */
static ape_status run_together(ape__sql *sql, const ape__sql_item *items, size_t count,
                               ape_error *err)
{
    session *s = (session *)sql;
    ape_status st = APE_OK;

    if (!PQenterPipelineMode(s->connection))
        return fail_away(s, "the connection was lost", err);
    for (size_t i = 0; i < count && st == APE_OK; i++)
        st = send(s, &items[i], err);
    if (st == APE_OK && !PQpipelineSync(s->connection))
        st = fail_away(s, "the connection was lost", err);
    if (st == APE_OK)
        st = receive_pipeline(s, err);
    if (!PQexitPipelineMode(s->connection))
        s->base.broken = true;
    return st;
}

static ape_status migrate(ape__sql *sql, ape_error *err)
{
    ape_status st = ape__sql_execute(sql, sql->kind->begin_writing, err);

    if (st == APE_OK)
        st = ape__sql_execute(sql, advisory_lock, err);
    if (st == APE_OK)
        st = ape__sql_migrate(sql, ape__schema_postgres, ape__schema_size, err);
    return ape__sql_finish(sql, st, err);
}

static void close_session(ape__sql *sql)
{
    session *s = (session *)sql;

    PQfinish(s->connection);
    ape__free(sql->host, s, sizeof(*s));
}

static const ape__sql_kind kind = {
    .name = "postgres",
    .begin_writing = "BEGIN",
    .run = run,
    .run_together = run_together,
    .migrate = migrate,
    .close = close_session,
};

typedef struct conninfo {
    const char *keys[20];
    const char *values[20];
    size_t count;
} conninfo;

static void add(conninfo *info, const char *key, const char *value)
{
    if (!value)
        return;
    info->keys[info->count] = key;
    info->values[info->count++] = value;
}

/* What comes later wins, so the URL stands after our defaults. */
static void describe(const ape__postgres_target *t, const char *options, conninfo *info)
{
    *info = (conninfo){ .count = 0 };
    add(info, "connect_timeout", "5");
    add(info, "keepalives_idle", "10");
    add(info, "keepalives_interval", "5");
    add(info, "keepalives_count", "3");
    add(info, "fallback_application_name", "libape");
    add(info, "client_encoding", "UTF8");
    add(info, "options", options);
    add(info, "dbname", t->conninfo ? t->conninfo : t->database);
    if (t->conninfo)
        return;
    add(info, "host", t->host);
    add(info, "port", t->port);
    add(info, "user", t->user);
    add(info, "password", t->password);
    add(info, "sslmode", t->sslmode);
}

/* libpq's own words; they name user, host and database, never the password. One line. */
static ape_status fail_connect(PGconn *connection, ape_error *err)
{
    const char *message = PQerrorMessage(connection);

    return ape__fail(err, APE_ERR_UNAVAILABLE, "PostgreSQL is away: %.*s",
                     (int)strcspn(message, "\n"), message);
}

static void say_nothing(void *user, const char *message)
{
    (void)user, (void)message;
}

ape_status ape__postgres_open(ape_host *host, const ape__postgres_target *target, ape__sql **out,
                              ape_error *err)
{
    session *s = ape__alloc(host, sizeof(*s));
    char options[80];
    conninfo info;

    if (!s)
        return ape__fail_no_memory(err);
    s->base = (ape__sql){ .kind = &kind, .host = host };
    s->timeout_ms = target->statement_timeout_ms;
    snprintf(options, sizeof(options), "-c statement_timeout=%u -c lock_timeout=%u",
             target->statement_timeout_ms, target->statement_timeout_ms);
    describe(target, options, &info);
    s->connection = PQconnectdbParams(info.keys, info.values, 1);
    if (PQstatus(s->connection) != CONNECTION_OK || PQsetnonblocking(s->connection, 1) != 0) {
        ape_status st = fail_connect(s->connection, err);

        close_session(&s->base);
        return st;
    }
    PQsetNoticeProcessor(s->connection, say_nothing, NULL);
    *out = &s->base;
    return APE_OK;
}

ape_status ape__postgres_check(const ape__postgres_target *target, ape_error *err)
{
    PQconninfoOption *options;
    char *reason = NULL;

    if (!target->conninfo)
        return APE_OK;
    options = PQconninfoParse(target->conninfo, &reason);
    PQfreemem(reason);
    if (!options)
        return ape__fail(err, APE_ERR_INVALID,
                         "DATABASE_URL: libpq cannot read it; a password with special characters "
                         "must be percent-encoded, and parameters must be those of libpq");
    PQconninfoFree(options);
    return APE_OK;
}

#else

ape_status ape__postgres_open(ape_host *host, const ape__postgres_target *target, ape__sql **out,
                              ape_error *err)
{
    (void)host, (void)target, (void)out;
    return ape__fail(err, APE_ERR_UNSUPPORTED, "this libape was built without PostgreSQL");
}

ape_status ape__postgres_check(const ape__postgres_target *target, ape_error *err)
{
    (void)target;
    return ape__fail(err, APE_ERR_UNSUPPORTED, "this libape was built without PostgreSQL");
}

#endif
