/* SPDX-License-Identifier: MIT */
#include <ape/health_checker.h>

#include "health_checker/internal.h"

#if APE_HAVE_SQLITE

#include <sqlite3.h>

typedef struct database {
    ape_host *host; /* the checker's; outlives this */
    char *path;
} database;

/* Opened anew each time: a file that was replaced is seen, and nothing stays locked. */
static void probe_sqlite(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    const database *d = user;
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(d->path, &db, SQLITE_OPEN_READONLY, NULL);

    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(db, (int)timeout_ms);
        code = sqlite3_exec(db, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
    }
    if (code != SQLITE_OK)
        ape__health_fail(result, "%s", db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    sqlite3_close(db);
}

static void database_free(void *user)
{
    database *d = user;

    ape__strfree(d->host, d->path);
    ape__free(d->host, d, sizeof(*d));
}

ape_status ape_health_checker_add_sqlite(ape_health_checker *checker, const char *name,
                                         const char *path, const ape_health_check_options *opts,
                                         ape_error *err)
{
    database *d;

    if (!checker || !path)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "path" : "checker");
    d = ape__alloc(checker->host, sizeof(*d));
    if (!d)
        return ape__fail_no_memory(err);
    d->host = checker->host;
    d->path = ape__strdup(checker->host, path);
    if (!d->path) {
        database_free(d);
        return ape__fail_no_memory(err);
    }
    return ape__health_checker_add_built_in(checker, name, "datastore", opts, probe_sqlite, d,
                                            database_free, err);
}

#else

ape_status ape_health_checker_add_sqlite(ape_health_checker *checker, const char *name,
                                         const char *path, const ape_health_check_options *opts,
                                         ape_error *err)
{
    (void)checker, (void)name, (void)path, (void)opts;
    return ape__fail(err, APE_ERR_UNSUPPORTED, "built without SQLite");
}

#endif
