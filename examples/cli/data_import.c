/* SPDX-License-Identifier: MIT */
#include "data.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char actions_end[] = ".actions.csv";

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);

    return size >= tail && strcmp(text + size - tail, end) == 0;
}

/* "AAPL" of "there/AAPL.csv"; an empty text where it does not fit. */
static void name_of(const char *path, char *out, size_t size)
{
    const char *name = strrchr(path, '/');
    const char *dot;
    size_t length;

    name = name ? name + 1 : path;
    dot = strrchr(name, '.');
    length = dot ? (size_t)(dot - name) : strlen(name);
    if (length >= size)
        length = 0;
    memcpy(out, name, length);
    out[length] = '\0';
}

/* The file of actions that lies beside, to be freed; NULL: none. */
static char *beside(const char *path)
{
    size_t size = strlen(path);
    char *found;

    if (!ends_with(path, ".csv"))
        return NULL;
    found = malloc(size + sizeof(actions_end));
    if (!found)
        return NULL;
    memcpy(found, path, size - 4);
    memcpy(found + size - 4, actions_end, sizeof(actions_end));
    if (access(found, F_OK) == 0)
        return found;
    free(found);
    return NULL;
}

static int put(ape_price_feed *feed, const ape_price_feed_import *import, bool json)
{
    ape_text *outcome;
    ape_error err;

    if (ape_price_feed_put(feed, import, &outcome, &err) != APE_OK)
        return complain(&err);
    if (json)
        puts(ape_text_data(outcome));
    else
        print_outcome(ape_text_data(outcome));
    ape_text_free(outcome);
    return EXIT_DONE;
}

static int import_file(ape_price_feed *feed, const data_arguments *args, const char *path)
{
    ape_price_feed_import import;
    char name[64], *found = NULL, *prices, *actions = NULL;
    int status = EXIT_FAILED;

    ape_price_feed_import_init(&import, sizeof(import));
    name_of(path, name, sizeof(name));
    import.ticker = args->ticker ? args->ticker : name;
    import.replace = args->request.replace;
    if (args->format)
        import.format = args->format;
    if (!args->actions && strcmp(import.format, "csv") == 0)
        found = beside(path);
    prices = read_file(path, &import.prices_size);
    if (prices && (args->actions || found))
        actions = read_file(args->actions ? args->actions : found, &import.actions_size);
    if (prices && (actions || (!args->actions && !found))) {
        import.prices = prices;
        import.actions = actions;
        status = put(feed, &import, args->json);
    }
    free(prices);
    free(actions);
    free(found);
    return status;
}

int data_import(const data_arguments *args)
{
    int status = EXIT_DONE, own;
    ape_price_feed *feed;

    if (args->word_count < 1)
        return usage_error(&command_data, "name the files to import");
    if (args->word_count > 1 && (args->ticker || args->actions))
        return usage_error(&command_data, "--ticker and --actions go with one file");
    feed = open_feed(args->data_dir, NULL, &own);
    if (!feed)
        return own;
    for (int i = 0; i < args->word_count; i++) {
        if (args->word_count > 1 && ends_with(args->words[i], actions_end))
            continue; /* goes with its prices */
        own = import_file(feed, args, args->words[i]);
        if (own != EXIT_DONE)
            status = own;
    }
    ape_price_feed_free(feed);
    return status;
}
