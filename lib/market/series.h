/* SPDX-License-Identifier: MIT */
#ifndef APE_MARKET_SERIES_H
#define APE_MARKET_SERIES_H

#include "core/date.h"
#include "core/error.h"
#include "core/memory.h"

typedef enum ape__column {
    APE__OPEN,
    APE__HIGH,
    APE__LOW,
    APE__CLOSE,
    APE__ADJ_CLOSE,
    APE__VOLUME,
    APE__COLUMN_COUNT
} ape__column;

/** One ticker's whole file: dates ascending, a column NULL where the file has none. */
typedef struct ape__series {
    ape_host *host; /* borrowed */
    size_t rows;
    size_t capacity;
    ape__date *dates;
    double *values[APE__COLUMN_COUNT]; /* NaN: no figure for that day */
} ape__series;

/** One ticker's dividends and splits, ascending by ex-date. */
typedef struct ape__action {
    ape__date date;
    double dividend; /* per share, 0: none */
    double split;    /* new shares for one old, 0: none */
} ape__action;

typedef struct ape__actions {
    ape_host *host; /* borrowed */
    size_t count;
    size_t capacity;
    bool lists_dividends; /* false: the file speaks of splits only */
    ape__action *items;
} ape__actions;

/** Parse a price file. @p name is for messages: "AAPL.csv: line 17: ...". */
ape_status ape__series_parse(ape_host *host, const char *name, const char *text, size_t size,
                             ape__series **out, ape_error *err);
void ape__series_free(ape__series *series);

/** Parse an actions file: Date and at least one of Dividends and Stock Splits. */
ape_status ape__actions_parse(ape_host *host, const char *name, const char *text, size_t size,
                              ape__actions **out, ape_error *err);
void ape__actions_free(ape__actions *actions);

/** First row later than a date; the number of rows where there is none. */
size_t ape__series_upper_bound(const ape__series *series, ape__date date);

#endif /* APE_MARKET_SERIES_H */
