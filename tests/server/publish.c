/* SPDX-License-Identifier: MIT */
#include <ape/ape.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * publish CHANNEL COUNT BURST PAUSE_MS
 *
 * Publish numbered messages of 100 bytes to the Redis of REDIS_URL, BURST at a time with a pause
 * after each: COUNT of them; with 0, until standard input ends. Prints how many.
 */

enum { SIZE = 100, FLUSH_MS = 30000 };

static bool publish(ape_bus *bus, const char *channel, long number)
{
    char data[SIZE + 1];
    int used = snprintf(data, sizeof(data), "{\"n\":%ld,\"x\":\"", number);
    ape_error err;

    memset(data + used, 'x', (size_t)(SIZE - used));
    memcpy(data + SIZE - 2, "\"}", 3);
    if (ape_bus_publish(bus, channel, data, SIZE, &err) == APE_OK)
        return true;
    fprintf(stderr, "publish: %s\n", err.message);
    return false;
}

/* Waits; true if standard input has ended. */
static bool told_to_end(int ms)
{
    struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
    char byte;

    return poll(&in, 1, ms) == 1 && read(STDIN_FILENO, &byte, 1) <= 0;
}

static int publish_all(ape_bus *bus, char **argv)
{
    const long count = strtol(argv[2], NULL, 10), burst = strtol(argv[3], NULL, 10);
    const int pause_ms = (int)strtol(argv[4], NULL, 10);
    long number = 0;
    ape_error err;

    while (count == 0 || number < count) {
        if (!publish(bus, argv[1], number))
            return 1;
        number++;
        if (number % burst == 0 && told_to_end(pause_ms) && count == 0)
            break;
    }
    if (ape_bus_flush(bus, FLUSH_MS, &err) != APE_OK)
        return 1;
    printf("%ld\n", number);
    return 0;
}

int main(int argc, char **argv)
{
    ape_host *host = NULL;
    ape_settings *settings = NULL;
    ape_bus_options options;
    ape_bus *bus = NULL;
    ape_error err;
    int result;

    ape_bus_options_init(&options, sizeof(options));
    if (argc != 5 || ape_host_new(NULL, &host, &err) != APE_OK ||
        ape_settings_new(host, NULL, &settings, &err) != APE_OK) {
        fputs("usage: publish CHANNEL COUNT BURST PAUSE_MS\n", stderr);
        return 2;
    }
    options.settings = settings;
    if (ape_bus_new(host, &options, &bus, &err) != APE_OK) {
        fprintf(stderr, "publish: %s\n", err.message);
        return 1;
    }
    result = publish_all(bus, argv);
    ape_bus_free(bus);
    ape_settings_free(settings);
    ape_host_free(host);
    return result;
}
