/* SPDX-License-Identifier: MIT */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

/** What the command line says; everything else is in the settings. */
typedef struct config {
    char host[64];
    uint16_t port;
    const char *dotenv_path;
    const char *tls_certificate; /* PEM files, both or none: plain text */
    const char *tls_key;
    uint32_t http_threads;
    uint32_t worker_threads;
    uint32_t queue_places;
    uint32_t job_threads;
    uint32_t connections;
    uint32_t rate_quota; /* 0: no limit */
    uint32_t rate_window_s;
    uint32_t drain_delay_ms; /* not ready any more, but still accepting */
    uint32_t drain_ms;       /* then, for what is in flight */
    bool print_help;
    bool print_version;
} config;

/** @return false after a message on stderr that says what is wrong. */
bool config_parse(config *out, int argc, char **argv);

void config_print_help(void);

/** True for 127.0.0.0/8, ::1 and localhost. */
bool config_is_loopback(const char *host);

#endif /* SERVER_CONFIG_H */
