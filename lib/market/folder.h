/* SPDX-License-Identifier: MIT */
#ifndef APE_MARKET_FOLDER_H
#define APE_MARKET_FOLDER_H

#include <stdatomic.h>

#include "core/buffer.h"
#include "market/series.h"

enum { APE__TICKER_SIZE = 32 }; /* with its NUL */

/** What is known of a ticker: its prices, and its actions or NULL. */
typedef struct ape__ticker_data {
    ape__series *series;
    ape__actions *actions;
} ape__ticker_data;

/** A ticker of the folder. Its files are read when first asked for, then kept; one
 *  from memory has none, and is there from the start. */
typedef struct ape__folder_entry {
    char ticker[APE__TICKER_SIZE];
    _Atomic(ape__ticker_data *) data;
} ape__folder_entry;

typedef struct ape__folder {
    ape_host *host; /* borrowed */
    char *path;     /* NULL: tickers from memory alone */
    size_t count;
    size_t capacity;
    ape__folder_entry *entries; /* sorted by ticker */
} ape__folder;

/** 1 to 31 of A-Z a-z 0-9 . ^ = _ -, no dot in front: a name, never a path. */
bool ape__ticker_valid(const char *ticker, size_t size);

/** Name of the file that is locked while a ticker's files are replaced, in the folder. */
#define APE__FOLDER_LOCK ".ape-lock"

/** List a folder. */
ape_status ape__folder_open(ape_host *host, const char *path, ape__folder *out, ape_error *err);
void ape__folder_clear(ape__folder *folder);

/** Put in a ticker that is not there yet, with no file behind it. Takes what it is given,
 *  if it does not fail. */
bool ape__folder_insert(ape__folder *folder, const char *ticker, const ape__ticker_data *data);

/** The entry of a ticker, or NULL. */
ape__folder_entry *ape__folder_find(const ape__folder *folder, const char *ticker);

/** What is known of a ticker; lives as long as the folder. */
ape_status ape__folder_load(const ape__folder *folder, ape__folder_entry *entry,
                            const ape__ticker_data **out, ape_error *err);

/** Date of the last line of a ticker's file, without reading the rest; false if
 *  that line has none. */
bool ape__folder_last_date(const ape__folder *folder, const ape__folder_entry *entry,
                           ape__date *out);

#endif /* APE_MARKET_FOLDER_H */
