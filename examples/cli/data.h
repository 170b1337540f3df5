/* SPDX-License-Identifier: MIT */
#ifndef APE_CLI_DATA_H
#define APE_CLI_DATA_H

#include "session.h"

/** What the words and options after "ape data" say. */
typedef struct data_arguments {
    const char *data_dir;
    const char *sources; /* NULL: as set */
    const char *ticker;
    const char *format;
    const char *actions;
    ape_price_feed_request request; /* its tickers are the words */
    char **words;                   /* behind list, fetch or import */
    int word_count;
    bool refresh;
    bool replace;
    bool json;
} data_arguments;

int data_fetch(data_arguments *args);
int data_import(const data_arguments *args);

/** Print a ticker's part of a report, as JSON text, in one line. */
void print_outcome(const char *json);

#endif /* APE_CLI_DATA_H */
