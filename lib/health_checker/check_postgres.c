/* SPDX-License-Identifier: MIT */
#include <ape/health_checker.h>

#include "health_checker/internal.h"

#if APE_HAVE_POSTGRES

#include <libpq-fe.h>
#include <poll.h>
#include <string.h>

typedef struct server {
    ape_host *host; /* the checker's; outlives this */
    char *address;
    size_t address_size;
    PGconn *connection; /* kept while it works */
} server;

static void disconnect(server *s)
{
    PQfinish(s->connection);
    s->connection = NULL;
}

static bool fail(server *s, ape_health_result *result, const char *timed_out)
{
    const char *said = PQerrorMessage(s->connection);

    ape__health_fail(result, "%s", timed_out ? timed_out : *said ? said : "connection lost");
    return false;
}

static bool connect_to(server *s, uint64_t deadline_ms, ape_health_result *result)
{
    static const char *const keywords[] = { "dbname", "fallback_application_name", NULL };
    const char *const values[] = { s->address, "ape health check", NULL };
    PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;

    s->connection = PQconnectStartParams(keywords, values, 1);
    if (PQstatus(s->connection) == CONNECTION_BAD)
        return fail(s, result, NULL);
    while (wanted != PGRES_POLLING_OK) {
        short events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;

        if (!ape__wait_ready(PQsocket(s->connection), events, deadline_ms))
            return fail(s, result, "no connection in time");
        wanted = PQconnectPoll(s->connection);
        if (wanted == PGRES_POLLING_FAILED)
            return fail(s, result, NULL);
    }
    return PQsetnonblocking(s->connection, 1) == 0 || fail(s, result, NULL);
}

static bool flush(server *s, uint64_t deadline_ms, ape_health_result *result)
{
    int left;

    while ((left = PQflush(s->connection)) > 0) {
        if (!ape__wait_ready(PQsocket(s->connection), POLLIN | POLLOUT, deadline_ms))
            return fail(s, result, "the query could not be sent in time");
        if (!PQconsumeInput(s->connection))
            return fail(s, result, NULL);
    }
    return left == 0 || fail(s, result, NULL);
}

/* All results of the query; the last is NULL. */
static bool read_results(server *s, uint64_t deadline_ms, ape_health_result *result)
{
    for (;;) {
        PGresult *got;
        bool good;

        while (PQisBusy(s->connection)) {
            if (!ape__wait_ready(PQsocket(s->connection), POLLIN, deadline_ms))
                return fail(s, result, "no answer to a query in time");
            if (!PQconsumeInput(s->connection))
                return fail(s, result, NULL);
        }
        got = PQgetResult(s->connection);
        if (!got)
            return true;
        good = PQresultStatus(got) == PGRES_TUPLES_OK;
        PQclear(got);
        if (!good)
            return fail(s, result, NULL);
    }
}

static bool query(server *s, uint64_t deadline_ms, ape_health_result *result)
{
    return (PQsendQuery(s->connection, "SELECT 1") || fail(s, result, NULL)) &&
           flush(s, deadline_ms, result) && read_results(s, deadline_ms, result);
}

/* A kept connection may have been closed by a restart: that is worth a second try. */
static void probe_postgres(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    server *s = user;
    uint64_t deadline_ms = ape__deadline_now_ms() + timeout_ms;
    bool kept = s->connection != NULL;
    ape_health_result ignored;

    if (kept && query(s, deadline_ms, &ignored))
        return;
    if (kept)
        disconnect(s);
    if (!connect_to(s, deadline_ms, result) || !query(s, deadline_ms, result))
        disconnect(s);
}

static void server_free(void *user)
{
    server *s = user;

    PQfinish(s->connection);
    if (s->address)
        ape__wipe(s->address, strlen(s->address));
    ape__free(s->host, s->address, s->address_size);
    ape__free(s->host, s, sizeof(*s));
}

/* libpq's own words may hold a piece of the address. */
static ape_status check_address(const char *address, ape_error *err)
{
    PQconninfoOption *parsed = PQconninfoParse(address, NULL);

    if (!parsed)
        return ape__fail(err, APE_ERR_INVALID,
                         "the address is neither a postgresql:// URL nor \"name=value ...\"");
    PQconninfoFree(parsed);
    return APE_OK;
}

ape_status ape_health_checker_add_postgres(ape_health_checker *checker, const char *name,
                                           const char *address,
                                           const ape_health_check_options *opts, ape_error *err)
{
    ape_status st;
    server *s;

    if (!checker || !address)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "address" : "checker");
    st = check_address(address, err);
    if (st != APE_OK)
        return st;
    s = ape__alloc(checker->host, sizeof(*s));
    if (!s)
        return ape__fail_no_memory(err);
    s->host = checker->host;
    s->address_size = strlen(address) + 1;
    s->address = ape__strdup(checker->host, address);
    if (!s->address) {
        server_free(s);
        return ape__fail_no_memory(err);
    }
    return ape__health_checker_add_built_in(checker, name, "datastore", opts, probe_postgres, s,
                                            server_free, err);
}

#else

ape_status ape_health_checker_add_postgres(ape_health_checker *checker, const char *name,
                                           const char *address,
                                           const ape_health_check_options *opts, ape_error *err)
{
    (void)checker, (void)name, (void)address, (void)opts;
    return ape__fail(err, APE_ERR_UNSUPPORTED, "built without libpq");
}

#endif
