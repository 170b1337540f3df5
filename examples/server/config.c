/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OPTION_LISTEN = 256,
    OPTION_ENV_FILE,
    OPTION_TLS_CERTIFICATE,
    OPTION_TLS_KEY,
    OPTION_THREADS,
    OPTION_WORKERS,
    OPTION_QUEUE,
    OPTION_JOBS,
    OPTION_CONNECTIONS,
    OPTION_RATE_LIMIT,
    OPTION_DRAIN_DELAY,
    OPTION_DRAIN,
};

static const struct option long_options[] = {
    { "listen", required_argument, NULL, OPTION_LISTEN },
    { "env-file", required_argument, NULL, OPTION_ENV_FILE },
    { "tls-cert", required_argument, NULL, OPTION_TLS_CERTIFICATE },
    { "tls-key", required_argument, NULL, OPTION_TLS_KEY },
    { "threads", required_argument, NULL, OPTION_THREADS },
    { "workers", required_argument, NULL, OPTION_WORKERS },
    { "queue", required_argument, NULL, OPTION_QUEUE },
    { "jobs", required_argument, NULL, OPTION_JOBS },
    { "connections", required_argument, NULL, OPTION_CONNECTIONS },
    { "rate-limit", required_argument, NULL, OPTION_RATE_LIMIT },
    { "drain-delay-ms", required_argument, NULL, OPTION_DRAIN_DELAY },
    { "drain-ms", required_argument, NULL, OPTION_DRAIN },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'v' },
    { NULL, 0, NULL, 0 },
};

void config_print_help(void)
{
    puts(
        "Usage: ape-server [OPTION]...\n"
        "Serve libape over HTTP and WebSocket, with a web page at /.\n"
        "\n"
        "  --listen HOST:PORT     address (default 127.0.0.1:8000); [::1]:8000 for IPv6\n"
        "  --env-file FILE        settings that the environment does not have (default .env)\n"
        "  --tls-cert FILE, --tls-key FILE\n"
        "                         speak TLS 1.2 and 1.3 with this certificate chain and key (PEM)\n"
        "  --threads N            threads that speak HTTP (default: one for each core, 4 at most)\n"
        "  --workers N            questions and completions at one time (default 8)\n"
        "  --queue N              how many more may wait (default 64)\n"
        "  --jobs N               of the questions that all servers of one Redis share, answered\n"
        "                         here at one time (default 2; 0: none)\n"
        "  --connections N        clients at one time (default 20000)\n"
        "  --rate-limit N/SECONDS requests of one key or address (default 1200/60; 0: no limit)\n"
        "  --drain-delay-ms N     after SIGTERM, not ready but still accepting (default 0)\n"
        "  --drain-ms N           then wait so long for what is in flight (default 25000)\n"
        "  --help, --version\n"
        "\n"
        "SIGTERM drains and ends, a second one ends at once. SIGHUP reads settings and\n"
        "prices again. The settings are in docs/settings.md.");
}

bool config_is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           strncmp(host, "127.", 4) == 0;
}

static bool complain(const char *option, const char *value, const char *remedy)
{
    fprintf(stderr, "ape-server: --%s %s: %s\n", option, value, remedy);
    return false;
}

static bool parse_number(const char *option, const char *text, uint32_t min, uint32_t max,
                         uint32_t *out)
{
    char remedy[64];
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (isdigit((unsigned char)text[0]) && *end == '\0' && value >= min && value <= max) {
        *out = (uint32_t)value;
        return true;
    }
    snprintf(remedy, sizeof(remedy), "give a number from %u to %u", min, max);
    return complain(option, text, remedy);
}

static bool parse_listen(config *c, const char *text)
{
    const char *colon = strrchr(text, ':');
    size_t size = colon ? (size_t)(colon - text) : 0;
    uint32_t port;

    if (size == 0 || size >= sizeof(c->host))
        return complain("listen", text, "give HOST:PORT, as 127.0.0.1:8000");
    if (!parse_number("listen", colon + 1, 0, 65535, &port))
        return false;
    if (text[0] == '[' && text[size - 1] == ']') {
        text++;
        size -= 2;
    }
    memcpy(c->host, text, size);
    c->host[size] = '\0';
    c->port = (uint16_t)port;
    return true;
}

static bool parse_rate(config *c, const char *text)
{
    char quota[16];
    const char *slash = strchr(text, '/');
    size_t size = slash ? (size_t)(slash - text) : strlen(text);

    if (size >= sizeof(quota))
        return complain("rate-limit", text, "give COUNT/SECONDS, as 1200/60, or 0");
    memcpy(quota, text, size);
    quota[size] = '\0';
    if (!parse_number("rate-limit", quota, 0, 1000000, &c->rate_quota))
        return false;
    if (!slash && c->rate_quota != 0)
        return complain("rate-limit", text, "give COUNT/SECONDS, as 1200/60, or 0");
    return !slash || parse_number("rate-limit", slash + 1, 1, 86400, &c->rate_window_s);
}

static bool parse_option(config *c, int option, const char *value)
{
    switch (option) {
    case OPTION_LISTEN:
        return parse_listen(c, value);
    case OPTION_ENV_FILE:
        c->dotenv_path = value;
        return true;
    case OPTION_TLS_CERTIFICATE:
        c->tls_certificate = value;
        return true;
    case OPTION_TLS_KEY:
        c->tls_key = value;
        return true;
    case OPTION_THREADS:
        return parse_number("threads", value, 1, 64, &c->http_threads);
    case OPTION_WORKERS:
        return parse_number("workers", value, 1, 256, &c->worker_threads);
    case OPTION_QUEUE:
        return parse_number("queue", value, 1, 100000, &c->queue_places);
    case OPTION_JOBS:
        return parse_number("jobs", value, 0, 256, &c->job_threads);
    case OPTION_CONNECTIONS:
        return parse_number("connections", value, 10, 1000000, &c->connections);
    case OPTION_RATE_LIMIT:
        return parse_rate(c, value);
    case OPTION_DRAIN_DELAY:
        return parse_number("drain-delay-ms", value, 0, 600000, &c->drain_delay_ms);
    case OPTION_DRAIN:
        return parse_number("drain-ms", value, 0, 600000, &c->drain_ms);
    case 'h':
        c->print_help = true;
        return true;
    case 'v':
        c->print_version = true;
        return true;
    default:
        fputs("Try ape-server --help.\n", stderr);
        return false;
    }
}

static uint32_t default_threads(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores < 1 ? 1 : cores > 4 ? 4 : (uint32_t)cores;
}

bool config_parse(config *out, int argc, char **argv)
{
    int option;

    *out = (config){
        .host = "127.0.0.1",
        .port = 8000,
        .dotenv_path = ".env",
        .http_threads = default_threads(),
        .worker_threads = 8,
        .queue_places = 64,
        .job_threads = 2,
        .connections = 20000,
        .rate_quota = 1200,
        .rate_window_s = 60,
        .drain_ms = 25000,
    };
    while ((option = getopt_long(argc, argv, "hv", long_options, NULL)) != -1)
        if (!parse_option(out, option, optarg))
            return false;
    if (!out->tls_certificate != !out->tls_key)
        return complain(out->tls_key ? "tls-key" : "tls-cert",
                        out->tls_key ? out->tls_key : out->tls_certificate,
                        "--tls-cert and --tls-key go together");
    if (optind == argc)
        return true;
    fprintf(stderr, "ape-server: %s: there are no arguments; try ape-server --help\n",
            argv[optind]);
    return false;
}
