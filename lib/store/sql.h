/* SPDX-License-Identifier: MIT */
#ifndef APE_STORE_SQL_H
#define APE_STORE_SQL_H

#include <ape/host.h>

#include "core/error.h"

/*
 * One session with a database, SQLite or PostgreSQL, behind one table of
 * functions. Statements are written once for both: parameters are $1, $2, ..., types
 * are text, bigint and double precision.
 */

typedef enum ape__sql_type {
    APE__SQL_NULL,
    APE__SQL_INTEGER,
    APE__SQL_REAL,
    APE__SQL_TEXT,
} ape__sql_type;

typedef struct ape__sql_value {
    ape__sql_type type;
    int64_t integer;
    double real;
    const char *text; /* borrowed, NUL-ended, UTF-8 */
} ape__sql_value;

static inline ape__sql_value ape__sql_integer(int64_t integer)
{
    return (ape__sql_value){ .type = APE__SQL_INTEGER, .integer = integer };
}

static inline ape__sql_value ape__sql_real(double real)
{
    return (ape__sql_value){ .type = APE__SQL_REAL, .real = real };
}

/** NULL becomes the database's NULL. */
static inline ape__sql_value ape__sql_text(const char *text)
{
    return (ape__sql_value){ .type = text ? APE__SQL_TEXT : APE__SQL_NULL, .text = text };
}

/** Called for each row, in order; values live during the call. Anything but APE_OK ends the
 *  statement and is what it returns. */
typedef ape_status (*ape__sql_row)(void *user, const ape__sql_value *columns, size_t count,
                                   ape_error *err);

typedef struct ape__sql ape__sql;

typedef struct ape__sql_item {
    const char *statement;
    const ape__sql_value *values;
    size_t count;
} ape__sql_item;

typedef struct ape__sql_kind {
    const char *name;          /* "sqlite", "postgres" */
    const char *begin_writing; /* a transaction that will write */
    /** Run one statement. APE_ERR_UNAVAILABLE: the database is away, and whether a write
     *  happened is not known. */
    ape_status (*run)(ape__sql *sql, const char *statement, const ape__sql_value *values,
                      size_t count, ape__sql_row on_row, void *user, ape_error *err);
    /** Run statements whose rows do not matter, in one transaction and few round trips. */
    ape_status (*run_together)(ape__sql *sql, const ape__sql_item *items, size_t count,
                               ape_error *err);
    /** Bring the schema up to date. */
    ape_status (*migrate)(ape__sql *sql, ape_error *err);
    void (*close)(ape__sql *sql);
} ape__sql_kind;

struct ape__sql {
    const ape__sql_kind *kind;
    ape_host *host; /* borrowed */
    bool broken;    /* must be closed, and a new one opened */
};

/** Run a statement without parameters and rows. */
ape_status ape__sql_execute(ape__sql *sql, const char *statement, ape_error *err);

/** Run a statement that gives one integer; 0 where it gives no row. */
ape_status ape__sql_scalar(ape__sql *sql, const char *statement, int64_t *out, ape_error *err);

/** COMMIT if @p st is APE_OK, else ROLLBACK; returns what came of it. */
ape_status ape__sql_finish(ape__sql *sql, ape_status st, ape_error *err);

/**
 * Apply those of @p steps that the database has not seen yet, each step some statements
 * separated by ";". To be called within a transaction that excludes others.
 */
ape_status ape__sql_migrate(ape__sql *sql, const char *const *steps, size_t count, ape_error *err);

/** Where a connection comes from. */
typedef struct ape__sql_source {
    ape_status (*open)(ape_host *host, void *user, ape__sql **out, ape_error *err);
    void *user;
} ape__sql_source;

/**
 * Open or create a SQLite file: WAL, full synchronous. A corrupt file is moved aside and a
 * new one is begun; the log says so.
 */
ape_status ape__sqlite_open(ape_host *host, const char *path, const char *const *steps,
                            size_t step_count, ape__sql **out, ape_error *err);

typedef struct ape__postgres_target {
    const char *conninfo; /* a URL, or NULL to take the parts */
    const char *host, *port, *user, *password, *database, *sslmode;
    uint32_t statement_timeout_ms;
} ape__postgres_target;

ape_status ape__postgres_open(ape_host *host, const ape__postgres_target *target, ape__sql **out,
                              ape_error *err);

/** True for a URL that libpq understands; the reason never shows it. */
ape_status ape__postgres_check(const ape__postgres_target *target, ape_error *err);

#endif /* APE_STORE_SQL_H */
