/* SPDX-License-Identifier: MIT */
#include "session.h"

static ape_market *market_from(const ape_settings *settings, const char *data_dir, int *status)
{
    ape_market_options opts;
    ape_market *market;
    ape_error err;

    ape_market_options_init(&opts, sizeof(opts));
    opts.data_dir = data_dir ? data_dir : ape_settings_get(settings, "APE_DATA_DIR");
    if (ape_market_new(NULL, &opts, &market, &err) == APE_OK)
        return market;
    complain(&err);
    *status = EXIT_FAILED;
    return NULL;
}

ape_market *open_market(const char *data_dir, int *status)
{
    ape_settings *settings = load_settings();
    ape_market *market = NULL;

    *status = EXIT_FAILED;
    if (settings)
        market = market_from(settings, data_dir, status);
    ape_settings_free(settings);
    return market;
}

static ape_orchestrator *orchestrator_from(const ape_settings *settings, const char *data_dir,
                                           ape_store *store, ape_code_sanitizer *sanitizer,
                                           int *status)
{
    ape_orchestrator_options opts;
    ape_orchestrator *orchestrator = NULL;
    ape_error err;

    ape_orchestrator_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    opts.store = store;
    opts.sanitizer = sanitizer;
    opts.market = market_from(settings, data_dir, status);
    if (!opts.market)
        return NULL;
    if (ape_orchestrator_new(NULL, &opts, &orchestrator, &err) != APE_OK) {
        complain(&err);
        *status = EXIT_FAILED;
    }
    ape_market_free(opts.market);
    return orchestrator;
}

ape_orchestrator *open_orchestrator(const char *data_dir, ape_store *store,
                                    ape_code_sanitizer *sanitizer, int *status)
{
    ape_settings *settings = load_settings();
    ape_orchestrator *orchestrator = NULL;

    *status = EXIT_FAILED;
    if (settings)
        orchestrator = orchestrator_from(settings, data_dir, store, sanitizer, status);
    ape_settings_free(settings);
    return orchestrator;
}

static ape_store *store_from(const ape_settings *settings, const char *folder, int *status)
{
    ape_store_options opts;
    ape_store *store;
    ape_error err;

    ape_store_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    opts.state_dir = folder;
    if (ape_store_new(NULL, &opts, &store, &err) == APE_OK)
        return store;
    complain(&err);
    *status = EXIT_FAILED;
    return NULL;
}

ape_store *open_store(int *status)
{
    ape_settings *settings = load_settings();
    ape_store *store = NULL;

    *status = EXIT_FAILED;
    if (settings)
        store = store_from(settings, NULL, status);
    ape_settings_free(settings);
    return store;
}

ape_store *open_store_in(const char *folder, int *status)
{
    return store_from(NULL, folder, status);
}

static ape_sandbox *sandbox_from(const ape_settings *settings, const char *data_dir, int *status)
{
    ape_market *market = market_from(settings, data_dir, status);
    ape_sandbox *sandbox = NULL;
    ape_sandbox_options opts;
    ape_error err;

    if (!market)
        return NULL;
    ape_sandbox_options_init(&opts, sizeof(opts));
    opts.python_path = ape_settings_get(settings, "APE_PYTHON");
    if (ape_sandbox_new(NULL, market, &opts, &sandbox, &err) != APE_OK)
        *status = complain(&err);
    ape_market_free(market);
    return sandbox;
}

ape_sandbox *open_sandbox(const char *data_dir, int *status)
{
    ape_settings *settings = load_settings();
    ape_sandbox *sandbox = NULL;

    *status = EXIT_FAILED;
    if (settings)
        sandbox = sandbox_from(settings, data_dir, status);
    ape_settings_free(settings);
    return sandbox;
}

static ape_price_feed *feed_from(ape_settings *settings, const char *data_dir, const char *sources,
                                 int *status)
{
    ape_price_feed_options opts;
    ape_price_feed *feed = NULL;
    ape_status st = APE_OK;
    ape_error err;

    ape_price_feed_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    opts.data_dir = data_dir ? data_dir : ape_settings_get(settings, "APE_DATA_DIR");
    if (sources)
        st = ape_settings_set(settings, "APE_DATA_SOURCES", sources, &err);
    if (st == APE_OK)
        st = ape_price_feed_new(NULL, &opts, &feed, &err);
    if (st != APE_OK)
        *status = complain(&err);
    return feed;
}

ape_price_feed *open_feed(const char *data_dir, const char *sources, int *status)
{
    ape_settings *settings = load_settings();
    ape_price_feed *feed = NULL;

    *status = EXIT_FAILED;
    if (settings)
        feed = feed_from(settings, data_dir, sources, status);
    ape_settings_free(settings);
    return feed;
}
