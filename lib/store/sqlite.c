/* SPDX-License-Identifier: MIT */
#include "store/sql.h"

#if APE_HAVE_SQLITE

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/host.h"
#include "core/memory.h"

enum { BUSY_MS = 5000, STATEMENTS = 32, COLUMNS = 24, QUICK_CHECK_BYTES = 64 << 20 };

typedef struct cached {
    char *text;
    sqlite3_stmt *statement;
    uint64_t last_use;
} cached;

typedef struct session {
    ape__sql base;
    sqlite3 *db;
    cached cache[STATEMENTS];
    uint64_t uses;
    const char *const *steps;
    size_t step_count;
} session;

static ape_status fail(session *s, int code, ape_error *err)
{
    const char *reason = sqlite3_errmsg(s->db);

    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ape__fail(err, APE_ERR_UNAVAILABLE,
                         "the SQLite file is locked by another process; try again");
    case SQLITE_NOMEM:
        return ape__fail_no_memory(err);
    case SQLITE_FULL:
        return ape__fail_detail(err, APE_ERR_IO, ENOSPC,
                                "the disk of the SQLite file is full; free some space");
    case SQLITE_READONLY:
        return ape__fail_detail(err, APE_ERR_IO, EROFS,
                                "the SQLite file or its folder cannot be written");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return ape__fail_detail(err, APE_ERR_IO, sqlite3_system_errno(s->db), "SQLite: %s", reason);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ape__fail(err, APE_ERR_FORMAT, "the SQLite file is corrupt: %s", reason);
    case SQLITE_CONSTRAINT:
        return ape__fail(err, APE_ERR_INVALID, "SQLite: %s", reason);
    default:
        return ape__fail_detail(err, APE_ERR_INTERNAL, code, "SQLite: %s", reason);
    }
}

static void drop(session *s, cached *c)
{
    sqlite3_finalize(c->statement);
    ape__strfree(s->base.host, c->text);
    *c = (cached){ 0 };
}

/* The slot of a statement; the one unused longest if it is new. */
static cached *look_up(session *s, const char *text)
{
    cached *oldest = &s->cache[0];

    for (size_t i = 0; i < STATEMENTS; i++) {
        if (s->cache[i].text && strcmp(s->cache[i].text, text) == 0)
            return &s->cache[i];
        if (s->cache[i].last_use < oldest->last_use)
            oldest = &s->cache[i];
    }
    drop(s, oldest);
    return oldest;
}

static ape_status prepare(session *s, const char *text, sqlite3_stmt **out, ape_error *err)
{
    cached *c = look_up(s, text);
    int code;

    c->last_use = ++s->uses;
    if (!c->statement) {
        c->text = ape__strdup(s->base.host, text);
        if (!c->text)
            return ape__fail_no_memory(err);
        code = sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, &c->statement, NULL);
        if (code != SQLITE_OK) {
            drop(s, c);
            return fail(s, code, err);
        }
    }
    *out = c->statement;
    return APE_OK;
}

static int bind_value(sqlite3_stmt *statement, int at, const ape__sql_value *v)
{
    switch (v->type) {
    case APE__SQL_INTEGER:
        return sqlite3_bind_int64(statement, at, v->integer);
    case APE__SQL_REAL:
        return sqlite3_bind_double(statement, at, v->real);
    case APE__SQL_TEXT:
        return sqlite3_bind_text(statement, at, v->text, -1, SQLITE_STATIC);
    case APE__SQL_NULL:
        break;
    }
    return sqlite3_bind_null(statement, at);
}

static int bind_all(sqlite3_stmt *statement, const ape__sql_value *values, size_t count)
{
    int code = SQLITE_OK;

    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        char name[24];
        int at;

        snprintf(name, sizeof(name), "$%zu", i + 1);
        at = sqlite3_bind_parameter_index(statement, name);
        if (at > 0)
            code = bind_value(statement, at, &values[i]);
    }
    return code;
}

static ape__sql_value column(sqlite3_stmt *statement, int at)
{
    switch (sqlite3_column_type(statement, at)) {
    case SQLITE_INTEGER:
        return ape__sql_integer(sqlite3_column_int64(statement, at));
    case SQLITE_FLOAT:
        return ape__sql_real(sqlite3_column_double(statement, at));
    case SQLITE_NULL:
        return ape__sql_text(NULL);
    default:
        return ape__sql_text((const char *)sqlite3_column_text(statement, at));
    }
}

static ape_status hand_over(sqlite3_stmt *statement, ape__sql_row on_row, void *user,
                            ape_error *err)
{
    ape__sql_value columns[COLUMNS];
    int count = sqlite3_column_count(statement);

    for (int i = 0; i < count && i < COLUMNS; i++)
        columns[i] = column(statement, i);
    return on_row(user, columns, (size_t)(count < COLUMNS ? count : COLUMNS), err);
}

static ape_status run(ape__sql *sql, const char *text, const ape__sql_value *values, size_t count,
                      ape__sql_row on_row, void *user, ape_error *err)
{
    session *s = (session *)sql;
    sqlite3_stmt *statement = NULL;
    ape_status st = prepare(s, text, &statement, err);
    int code;

    if (st != APE_OK)
        return st;
    code = bind_all(statement, values, count);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW && on_row)
            st = hand_over(statement, on_row, user, err);
        if (st != APE_OK)
            break;
    }
    if (st == APE_OK && code != SQLITE_DONE)
        st = fail(s, code, err);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return st;
}

static ape_status run_together(ape__sql *sql, const ape__sql_item *items, size_t count,
                               ape_error *err)
{
    ape_status st;

    if (count == 1)
        return run(sql, items[0].statement, items[0].values, items[0].count, NULL, NULL, err);
    st = ape__sql_execute(sql, sql->kind->begin_writing, err);
    if (st != APE_OK)
        return st;
    for (size_t i = 0; i < count && st == APE_OK; i++)
        st = run(sql, items[i].statement, items[i].values, items[i].count, NULL, NULL, err);
    return ape__sql_finish(sql, st, err);
}

static ape_status migrate(ape__sql *sql, ape_error *err)
{
    session *s = (session *)sql;
    ape_status st = ape__sql_execute(sql, sql->kind->begin_writing, err);

    if (st != APE_OK)
        return st;
    return ape__sql_finish(sql, ape__sql_migrate(sql, s->steps, s->step_count, err), err);
}

static void close_session(ape__sql *sql)
{
    session *s = (session *)sql;

    for (size_t i = 0; i < STATEMENTS; i++)
        drop(s, &s->cache[i]);
    sqlite3_close(s->db);
    ape__free(sql->host, s, sizeof(*s));
}

static const ape__sql_kind kind = {
    .name = "sqlite",
    .begin_writing = "BEGIN IMMEDIATE",
    .run = run,
    .run_together = run_together,
    .migrate = migrate,
    .close = close_session,
};

/* Its first row is "ok", or the first thing that is wrong. */
static ape_status read_verdict(void *user, const ape__sql_value *columns, size_t count,
                               ape_error *err)
{
    (void)user;
    if (count == 1 && columns[0].type == APE__SQL_TEXT && strcmp(columns[0].text, "ok") != 0)
        return ape__fail(err, APE_ERR_FORMAT, "the SQLite file is corrupt: %s", columns[0].text);
    return APE_OK;
}

static ape_status configure(session *s, const char *path, ape_error *err)
{
    static const char *const pragmas[] = { "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
                                           "PRAGMA foreign_keys=ON", "PRAGMA trusted_schema=OFF" };
    ape_status st = APE_OK;
    struct stat file;

    for (size_t i = 0; i < sizeof(pragmas) / sizeof(pragmas[0]) && st == APE_OK; i++)
        st = ape__sql_execute(&s->base, pragmas[i], err);
    if (st == APE_OK && stat(path, &file) == 0 && file.st_size < QUICK_CHECK_BYTES)
        st = run(&s->base, "PRAGMA quick_check(1)", NULL, 0, read_verdict, NULL, err);
    return st;
}

static ape_status open_once(ape_host *host, const char *path, const char *const *steps,
                            size_t step_count, ape__sql **out, ape_error *err)
{
    session *s = ape__alloc(host, sizeof(*s));
    ape_status st;
    int code;

    if (!s)
        return ape__fail_no_memory(err);
    s->base = (ape__sql){ .kind = &kind, .host = host };
    s->steps = steps;
    s->step_count = step_count;
    code = sqlite3_open_v2(path, &s->db,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                               SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE,
                           NULL);
    if (code == SQLITE_OK)
        sqlite3_busy_timeout(s->db, BUSY_MS);
    st = code == SQLITE_OK ? configure(s, path, err) : fail(s, code, err);
    if (st == APE_OK)
        st = migrate(&s->base, err);
    if (st != APE_OK) {
        close_session(&s->base);
        return st;
    }
    *out = &s->base;
    return APE_OK;
}

static void move_one(const char *path, const char *ending, int64_t ms, char *to, size_t to_size)
{
    char from[4096];

    snprintf(from, sizeof(from), "%s%s", path, ending);
    snprintf(to, to_size, "%s.corrupt-%lld%s", path, (long long)ms, ending);
    (void)rename(from, to);
}

/* The log of what was not yet in the file goes with it: they belong together. */
static void move_aside(ape_host *host, const char *path)
{
    char to[4160];
    int64_t ms = ape__wall_ms(host);

    move_one(path, "-wal", ms, to, sizeof(to));
    move_one(path, "-shm", ms, to, sizeof(to));
    move_one(path, "", ms, to, sizeof(to));
    ape__log(host, APE_LOG_ERROR, "store", "%s is corrupt; it is now %s, and a new file is begun",
             path, to);
}

ape_status ape__sqlite_open(ape_host *host, const char *path, const char *const *steps,
                            size_t step_count, ape__sql **out, ape_error *err)
{
    ape_error reason;
    ape_status st = open_once(host, path, steps, step_count, out, &reason);

    if (st == APE_ERR_FORMAT) {
        move_aside(host, path);
        st = open_once(host, path, steps, step_count, out, &reason);
    }
    if (st != APE_OK && err) {
        *err = reason;
        return ape__fail_detail(err, st, reason.detail, "%s: %s", path, reason.message);
    }
    return st;
}

#else

ape_status ape__sqlite_open(ape_host *host, const char *path, const char *const *steps,
                            size_t step_count, ape__sql **out, ape_error *err)
{
    (void)host, (void)path, (void)steps, (void)step_count, (void)out;
    return ape__fail(err, APE_ERR_UNSUPPORTED, "this libape was built without SQLite");
}

#endif
