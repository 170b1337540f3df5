/* SPDX-License-Identifier: MIT */
#ifndef APE_CLI_BACKTEST_H
#define APE_CLI_BACKTEST_H

#include "cli.h"

/** Fill in defaults yourself; no function knows them. */
typedef struct backtest_options {
    const char *ticker;   /* NULL: all of the data, taking turns */
    const char *data_dir; /* NULL: as the settings say */
    uint32_t count;       /* forecasts */
    uint32_t days;        /* from a forecast to its target */
    double within;        /* the share of prices held may be this far from the corridor's own */
    bool json;
} backtest_options;

/**
 * Make forecasts as of days long past, look up what became of them, and print the track record.
 * Every forecast goes the whole way of a question, and is kept and checked in a store of its own.
 *
 * @return EXIT_DONE; EXIT_FAILED after a complaint, or where the corridors are not as good as they
 *         say
 */
int backtest(const backtest_options *options);

#endif /* APE_CLI_BACKTEST_H */
