/* SPDX-License-Identifier: MIT */
#include "store/schema.h"

/*
 * TEXT sorts by bytes in both databases, so that pages follow each other alike. KEY
 * numbers rows in the order of their arrival. Times are milliseconds since 1970, dates
 * are text: 2022-12-28.
 */
#define STEP_1(KEY, TEXT)                                                                          \
    "CREATE TABLE queries ("                                                                       \
    " arrival " KEY ","                                                                            \
    " id " TEXT " NOT NULL UNIQUE,"                                                                \
    " question " TEXT " NOT NULL,"                                                                 \
    " status " TEXT " NOT NULL,"                                                                   \
    " answer " TEXT " NOT NULL,"                                                                   \
    " created_ms bigint NOT NULL,"                                                                 \
    " updated_ms bigint NOT NULL);"                                                                \
    "CREATE INDEX queries_created ON queries (created_ms, id);"                                    \
    "CREATE TABLE predictions ("                                                                   \
    " arrival " KEY ","                                                                            \
    " id " TEXT " NOT NULL UNIQUE,"                                                                \
    " query_id " TEXT ","                                                                          \
    " ticker " TEXT " NOT NULL,"                                                                   \
    " created_ms bigint NOT NULL,"                                                                 \
    " as_of " TEXT " NOT NULL,"                                                                    \
    " target_date " TEXT " NOT NULL,"                                                              \
    " low double precision NOT NULL,"                                                              \
    " base double precision NOT NULL,"                                                             \
    " high double precision NOT NULL,"                                                             \
    " confidence double precision NOT NULL,"                                                       \
    " actual double precision,"                                                                    \
    " outcome " TEXT ","                                                                           \
    " checked_ms bigint);"                                                                         \
    "CREATE INDEX predictions_created ON predictions (created_ms, id);"                            \
    "CREATE INDEX predictions_ticker ON predictions (ticker, created_ms, id);"                     \
    "CREATE INDEX predictions_target ON predictions (ticker, target_date, created_ms, id);"        \
    "CREATE INDEX predictions_pending ON predictions (target_date, id) WHERE outcome IS NULL;"     \
    "CREATE TABLE track_record ("                                                                  \
    " ticker " TEXT " NOT NULL,"                                                                   \
    " target_date " TEXT " NOT NULL,"                                                              \
    " confidence double precision NOT NULL,"                                                       \
    " hits bigint NOT NULL,"                                                                       \
    " nears bigint NOT NULL,"                                                                      \
    " misses bigint NOT NULL,"                                                                     \
    " error_sum double precision NOT NULL,"                                                        \
    " absolute_error_sum double precision NOT NULL,"                                               \
    " PRIMARY KEY (ticker, target_date, confidence));"                                             \
    "CREATE TABLE outbox_applied (outbox " TEXT " PRIMARY KEY, sequence bigint NOT NULL)"

const char *const ape__schema_sqlite[] = { STEP_1("integer PRIMARY KEY AUTOINCREMENT", "text") };
const char *const ape__schema_postgres[] = { STEP_1(
    "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "text COLLATE \"C\"") };
const size_t ape__schema_size = sizeof(ape__schema_sqlite) / sizeof(ape__schema_sqlite[0]);

/* The file where writes wait while PostgreSQL is away. What PostgreSQL will not take at all
 * is set aside with the reason. */
const char *const ape__schema_outbox[] = {
    "CREATE TABLE waiting ("
    " sequence integer PRIMARY KEY AUTOINCREMENT,"
    " operation text NOT NULL);"
    "CREATE TABLE set_aside ("
    " sequence integer PRIMARY KEY,"
    " operation text NOT NULL,"
    " reason text NOT NULL);"
    "CREATE TABLE identity (id text NOT NULL)",
};
const size_t ape__schema_outbox_size = sizeof(ape__schema_outbox) / sizeof(ape__schema_outbox[0]);
