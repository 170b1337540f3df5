/* SPDX-License-Identifier: MIT */
#ifndef APE_TESTS_LLM_SERVER_H
#define APE_TESTS_LLM_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** A server of faults, as its own process; it ends when this one does. */
typedef struct chaos_server {
    pid_t pid;
    int input; /* its end is the server's */
    char url[64];
    const char *ca_file; /* NULL, or what to believe its certificate by */
} chaos_server;

/** False if it cannot be started, which is a reason to skip. */
bool chaos_server_start(chaos_server *server, const char *script);
void chaos_server_stop(chaos_server *server);

/** How often a model was asked; -1 if the server does not say. */
int chaos_server_count(const chaos_server *server, const char *model);

#endif /* APE_TESTS_LLM_SERVER_H */
