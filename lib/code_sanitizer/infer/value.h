/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_VALUE_H
#define APE_CODE_SANITIZER_VALUE_H

#include "code_sanitizer/arena.h"
#include "code_sanitizer/python/ast.h"

/** What an expression is, as far as it is sure. */
typedef enum ape__kind {
    KIND_UNKNOWN,
    KIND_NONE,
    KIND_MODULE,   /* name: "numpy.random" */
    KIND_EXTERNAL, /* function or class of a module; name: "pandas.DataFrame" */
    KIND_METHOD,   /* of the receiver; name: "std" */
    KIND_FUNCTION, /* of the program; node: its FUNCTION or LAMBDA */
    KIND_TICKER,   /* yfinance.Ticker */
    KIND_FRAME,    /* of unknown columns */
    KIND_DOWNLOAD, /* download of one ticker: columns on two levels; source: the call */
    KIND_COLUMN,   /* one column of it: still a frame, of one column */
    KIND_ROW,      /* a reduction of that: a series of length one */
    KIND_HISTORY,  /* Ticker.history(): seven columns; source: the call */
    KIND_FLAT,     /* prices of one ticker, columns on one level */
    KIND_MULTI,    /* download of several tickers */
    KIND_SERIES,
    KIND_WINDOW, /* rolling(), ewm(), expanding(), resample() of the receiver */
    KIND_INDEX,
    KIND_ARRAY,
    KIND_INDEXER, /* .iloc, .loc of the receiver */
    KIND_SCALAR,  /* of numpy */
    KIND_FLOAT,
    KIND_INT,
    KIND_BOOL,
    KIND_STRING,
    KIND_DICT,
    KIND_LIST, /* also tuples; element: what they hold */
    KIND_TIME, /* datetime, date, Timestamp: naive */
} ape__kind;

/** Where numbers come from. */
enum {
    ORIGIN_MARKET = 1,
    ORIGIN_LITERAL = 2,
    ORIGIN_RANDOM = 4,
    ORIGIN_CLOCK = 8,
    ORIGIN_UNKNOWN = 16,
};

enum {
    VALUE_DISPERSION = 1, /* a standard deviation or variance: zero where nothing moves */
    VALUE_MAY_BE_ZERO = 2,
    VALUE_FILTERED = 4, /* what a condition left over: may be empty */
    VALUE_DIFFERENCE = 8,
    VALUE_TZ_AWARE = 16,
    VALUE_LEADING_NAN = 32,
    VALUE_ONE_TICKER = 64,   /* a string, or list of one, that names one ticker */
    VALUE_HAS_NUMBERS = 128, /* a dict or list: numbers are in it */
    VALUE_NUMPY_INT = 256,   /* json.dumps refuses it */
    VALUE_DERIVED = 512,     /* no longer what the call returned, but made of it */
    VALUE_BOOLEAN = 1024,    /* a mask */
    VALUE_WALL_TIME = 2048,
    VALUE_RANDOM_ONLY = 4096,
};

typedef struct ape__value ape__value;
struct ape__value {
    ape__kind kind;
    uint32_t origin;
    uint32_t flags;
    const char *name;
    ape__node *node;
    ape__node *source, *source2; /* calls of yfinance that it is made of */
    const ape__value *receiver;
    const ape__value *element;
    const ape__node *literal; /* the CONSTANT it is, if it is one */
};

extern const ape__value ape__value_unknown;

/** What is true of both; unknown where they differ. */
const ape__value *ape__value_join(ape__arena *arena, const ape__value *one, const ape__value *two);

/** A frame, a series or an array: arithmetic goes element by element. */
bool ape__value_is_many(const ape__value *value);

/** A number, surely a single one. */
bool ape__value_is_number(const ape__value *value);

#endif /* APE_CODE_SANITIZER_VALUE_H */
