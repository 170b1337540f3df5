/* SPDX-License-Identifier: MIT */
#include "open_bus.h"

#include <time.h>

#include "servers.h"

void test_rest_ms(long ms)
{
    const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

ape_bus *test_open_bus(ape_host *host, const char *url)
{
    ape_settings_options settings_options;
    ape_bus_options opts;
    ape_settings *settings;
    ape_bus *bus;

    ape_settings_options_init(&settings_options, sizeof(settings_options));
    settings_options.ignore_environment = 1;
    test_expect(ape_settings_new(NULL, &settings_options, &settings, NULL) == APE_OK &&
                    ape_settings_set(settings, "REDIS_URL", url, NULL) == APE_OK,
                "-");
    ape_bus_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    test_expect(ape_bus_new(host, &opts, &bus, NULL) == APE_OK, "-");
    ape_settings_free(settings);
    return bus;
}
