/* SPDX-License-Identifier: MIT */
#ifndef APE_STORE_FIELDS_H
#define APE_STORE_FIELDS_H

#include "core/json.h"
#include "store/sql.h"

/* Checks of what callers hand in; each names the field. */
ape_status ape__check_ticker(const char *ticker, ape_error *err);
ape_status ape__check_date(const char *field, const char *date, ape_error *err);
ape_status ape__check_id(const char *field, const char *id, ape_error *err);

/** 0 becomes 50; APE_ERR_INVALID above 1000. */
ape_status ape__check_limit(uint32_t *limit, ape_error *err);

enum { APE__CURSOR_SIZE = 96 };

/** Place within a list: the time and the id of the last one shown. */
typedef struct ape__cursor {
    int64_t created_ms;
    char id[65];
} ape__cursor;

ape_status ape__cursor_read(const char *text, ape__cursor *out, ape_error *err);
void ape__cursor_write(const ape__cursor *cursor, char out[APE__CURSOR_SIZE]);

/** Milliseconds since 1970 as "2022-12-28T00:00:00.000Z". */
void ape__json_time(ape__json_writer *writer, const char *name, int64_t ms);

/* A column as a member; NULL as null. */
void ape__json_column(ape__json_writer *writer, const char *name, const ape__sql_value *column);

#endif /* APE_STORE_FIELDS_H */
