/* SPDX-License-Identifier: MIT */
#include "store/sql.h"

#include <string.h>

#include "core/memory.h"

ape_status ape__sql_execute(ape__sql *sql, const char *statement, ape_error *err)
{
    return sql->kind->run(sql, statement, NULL, 0, NULL, NULL, err);
}

static ape_status take_integer(void *user, const ape__sql_value *columns, size_t count,
                               ape_error *err)
{
    (void)err;
    if (count > 0 && columns[0].type == APE__SQL_INTEGER)
        *(int64_t *)user = columns[0].integer;
    return APE_OK;
}

ape_status ape__sql_scalar(ape__sql *sql, const char *statement, int64_t *out, ape_error *err)
{
    *out = 0;
    return sql->kind->run(sql, statement, NULL, 0, take_integer, out, err);
}

ape_status ape__sql_finish(ape__sql *sql, ape_status st, ape_error *err)
{
    if (st == APE_OK)
        st = ape__sql_execute(sql, "COMMIT", err);
    if (st != APE_OK && !sql->broken)
        (void)ape__sql_execute(sql, "ROLLBACK", NULL);
    return st;
}

static ape_status run_step(ape__sql *sql, const char *step, ape_error *err)
{
    ape_status st = APE_OK;

    while (*step && st == APE_OK) {
        size_t size = strcspn(step, ";");
        char *statement = ape__strndup(sql->host, step, size);

        if (!statement)
            return ape__fail_no_memory(err);
        st = ape__sql_execute(sql, statement, err);
        ape__strfree(sql->host, statement);
        step += size + (step[size] == ';');
    }
    return st;
}

ape_status ape__sql_migrate(ape__sql *sql, const char *const *steps, size_t count, ape_error *err)
{
    int64_t version;
    ape_status st;

    st = ape__sql_execute(sql, "CREATE TABLE IF NOT EXISTS ape_schema (version bigint NOT NULL)",
                          err);
    if (st == APE_OK)
        st = ape__sql_scalar(sql, "SELECT MAX(version) FROM ape_schema", &version, err);
    if (st != APE_OK)
        return st;
    if (version > (int64_t)count)
        return ape__fail(err, APE_ERR_UNSUPPORTED,
                         "the database has schema %lld, made by a newer libape; this one knows %zu",
                         (long long)version, count);
    for (size_t i = (size_t)version; i < count && st == APE_OK; i++) {
        const ape__sql_value next = ape__sql_integer((int64_t)i + 1);

        st = run_step(sql, steps[i], err);
        if (st == APE_OK)
            st = sql->kind->run(sql, "INSERT INTO ape_schema (version) VALUES ($1)", &next, 1, NULL,
                                NULL, err);
    }
    return st;
}
