/* SPDX-License-Identifier: MIT */
#ifndef APE_BUS_LINK_H
#define APE_BUS_LINK_H

#include <ape/host.h>

#include <pthread.h>

#include "core/error.h"

/** Where Redis is. */
typedef struct ape__redis_target {
    char host[256]; /* "": a socket */
    char path[108];
    char user[128];
    char password[256];
    char ca_file[256]; /* whose certificates are believed; "": those of the system */
    int port;
    int database;
    bool tls;
} ape__redis_target;

/** From a URL: redis://user:password@host:port/database, rediss:// the same over TLS,
 *  unix:///path?db=1. */
ape_status ape__redis_target_parse(const char *url, ape__redis_target *out, ape_error *err);

#if APE_HAVE_REDIS

#include <hiredis/hiredis.h>

enum { APE__LINK_TIMEOUT_MS = 2000, APE__LINK_POOL = 16 };

/** One connection. */
typedef struct ape__link {
    redisContext *context;      /* NULL: none */
    struct ape__tunnel *tunnel; /* that carries it, over TLS; else NULL */
    char run_id[17];            /* of the server: another one after each start */
    long long client_id;
} ape__link;

/** Connect, authenticate, look who it is. @return APE_OK; APE_ERR_UNAVAILABLE with the reason. */
ape_status ape__link_open(ape__link *link, const ape__redis_target *target, ape_error *err);
void ape__link_close(ape__link *link);

/**
 * Send one command and wait. NULL: the connection is lost, or Redis said no (the message says
 * which); the link was closed if it cannot be used again.
 */
redisReply *ape__link_command(ape__link *link, ape_error *err, int argc, const char **argv,
                              const size_t *sizes);

/** The same with plain strings, ended by NULL. */
redisReply *ape__link_say(ape__link *link, ape_error *err, ...) __attribute__((sentinel));

/** What an error reply means: APE_ERR_UNAVAILABLE for what passes, APE_ERR_FORMAT for a key of
 *  another type, else APE_ERR_INTERNAL. */
ape_status ape__link_judge(const char *reply, ape_error *err);

/*
 * hiredis writes to sockets that may be closed, and its signal must not reach the host program.
 * Around each use: begin, and end with what begin gave.
 */
typedef struct ape__quiet {
    bool was_blocked;
} ape__quiet;
ape__quiet ape__quiet_begin(void);
void ape__quiet_end(ape__quiet quiet);

/** Links that threads take turns with. */
typedef struct ape__link_pool {
    const ape__redis_target *target; /* borrowed */
    pthread_mutex_t lock;
    ape__link idle[APE__LINK_POOL];
    size_t idle_count;
} ape__link_pool;

void ape__link_pool_init(ape__link_pool *pool, const ape__redis_target *target);
void ape__link_pool_clear(ape__link_pool *pool);
ape_status ape__link_pool_take(ape__link_pool *pool, ape__link *out, ape_error *err);
void ape__link_pool_give(ape__link_pool *pool, ape__link *link);

#endif

#endif /* APE_BUS_LINK_H */
