/* SPDX-License-Identifier: MIT */
/* A market whose folder is fed and reloaded while others read it: every reader sees the old prices
 * or the new ones, never a ticker's prices with another's actions. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ape/market.h>
#include <ape/price_feed.h>

#include "counting_host.h"

enum { READERS = 3, ROUNDS = 60 };

/* As of the 4th a close is 100: as it stands in the first pair of files, and as a 2:1 split on the
   5th that is not known yet makes it of the second. Mixed, it would be 50 or 200. */
static const char whole[] = "Date,Close\n2021-01-04,100\n2021-01-05,101\n";
static const char halved[] = "Date,Close\n2021-01-04,50\n2021-01-05,51\n";
static const char no_split[] = "Date,Dividends,Stock Splits\n";
static const char split[] = "Date,Dividends,Stock Splits\n2021-01-05,0,2\n";

static ape_market *market;
static ape_price_feed *feed;
static atomic_bool stop;
static atomic_int wrong, reads;

static void check(bool holds, const char *what)
{
    if (holds)
        return;
    printf("%s\n", what);
    atomic_fetch_add(&wrong, 1);
}

static void *read_on(void *unused)
{
    while (!atomic_load(&stop)) {
        ape_text *series, *list;
        char date[11];

        if (ape_market_series(market, "T", "2021-01-04", NULL, NULL, &series, NULL) == APE_OK) {
            check(strstr(ape_text_data(series), "\"close\":[100]"), ape_text_data(series));
            ape_text_free(series);
            atomic_fetch_add(&reads, 1);
        }
        check(ape_market_newest_date(market, date, NULL) == APE_OK, "newest date");
        if (ape_market_list(market, &list, NULL) == APE_OK)
            ape_text_free(list);
    }
    return unused;
}

static void put(bool is_split)
{
    ape_price_feed_import import;
    ape_text *outcome;
    ape_error err;

    ape_price_feed_import_init(&import, sizeof(import));
    import.ticker = "T";
    import.replace = 1;
    import.prices = is_split ? halved : whole;
    import.prices_size = strlen(import.prices);
    import.actions = is_split ? split : no_split;
    import.actions_size = strlen(import.actions);
    if (ape_price_feed_put(feed, &import, &outcome, &err) == APE_OK)
        ape_text_free(outcome);
    else
        check(false, err.message);
}

static void open_both(ape_host *host, const char *folder)
{
    ape_price_feed_options feed_opts;
    ape_market_options market_opts;
    ape_error err;

    ape_price_feed_options_init(&feed_opts, sizeof(feed_opts));
    feed_opts.data_dir = folder;
    ape_market_options_init(&market_opts, sizeof(market_opts));
    market_opts.data_dir = folder;
    if (ape_price_feed_new(host, &feed_opts, &feed, &err) != APE_OK)
        abort();
    put(false);
    if (ape_market_new(host, &market_opts, &market, &err) != APE_OK)
        abort();
}

int main(void)
{
    char folder[] = "/tmp/ape-threads-XXXXXX", command[64];
    pthread_t readers[READERS];
    counting_host counting;

    counting_host_init(&counting);
    if (!mkdtemp(folder))
        return 1;
    open_both(counting.host, folder);
    for (int i = 0; i < READERS; i++)
        pthread_create(&readers[i], NULL, read_on, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        put(i % 2 == 0);
        check(ape_market_reload(market, NULL) == APE_OK, "reload");
    }
    atomic_store(&stop, true);
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    check(atomic_load(&reads) > 0, "nobody read anything");
    ape_price_feed_free(feed);
    ape_market_free(market);
    check(counting_host_done(&counting), "something was not given back");
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    check(system(command) == 0, "removing the folder");
    return atomic_load(&wrong) ? 1 : 0;
}
