/* SPDX-License-Identifier: MIT */
#include <ape/health_checker.h>

#include "health_checker/internal.h"

#if APE_HAVE_REDIS

#include <hiredis/hiredis.h>
#include <poll.h>
#include <string.h>

#include "core/url.h"

enum {
    DEFAULT_PORT = 6379,
    TEXT_SIZE = 256, /* of each part of the address */
};

typedef struct server {
    ape_host *host;        /* the checker's; outlives this */
    char place[TEXT_SIZE]; /* host name, or path of a socket */
    uint32_t port;         /* 0: a socket */
    char user[TEXT_SIZE];  /* "" : none */
    char password[TEXT_SIZE];
    redisContext *connection; /* kept while it works */
} server;

static void disconnect(server *s)
{
    if (s->connection)
        redisFree(s->connection);
    s->connection = NULL;
}

static bool fail(server *s, ape_health_result *result)
{
    const redisContext *c = s->connection;

    ape__health_fail(result, "%s", c && c->errstr[0] ? c->errstr : "connection lost");
    return false;
}

static bool send_all(server *s, uint64_t deadline_ms, ape_health_result *result)
{
    int done = 0;

    while (!done) {
        if (!ape__wait_ready(s->connection->fd, POLLOUT, deadline_ms)) {
            ape__health_fail(result, "no connection in time");
            return false;
        }
        if (redisBufferWrite(s->connection, &done) != REDIS_OK)
            return fail(s, result);
    }
    return true;
}

/* The next reply; to be freed. NULL: result says why not. */
static redisReply *receive(server *s, uint64_t deadline_ms, ape_health_result *result)
{
    void *reply = NULL;

    for (;;) {
        if (redisGetReplyFromReader(s->connection, &reply) != REDIS_OK) {
            fail(s, result);
            return NULL;
        }
        if (reply)
            return reply;
        if (!ape__wait_ready(s->connection->fd, POLLIN, deadline_ms)) {
            ape__health_fail(result, "no answer in time");
            return NULL;
        }
        if (redisBufferRead(s->connection) != REDIS_OK) {
            fail(s, result);
            return NULL;
        }
    }
}

/* Send what was appended, and want this status as its reply. */
static bool exchange(server *s, const char *wanted, uint64_t deadline_ms, ape_health_result *result)
{
    redisReply *reply;
    bool good;

    if (!send_all(s, deadline_ms, result))
        return false;
    reply = receive(s, deadline_ms, result);
    if (!reply)
        return false;
    good = reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, wanted) == 0;
    if (!good)
        ape__health_fail(result, "%s",
                         reply->type == REDIS_REPLY_ERROR ? reply->str : "unexpected answer");
    freeReplyObject(reply);
    return good;
}

static bool ping(server *s, uint64_t deadline_ms, ape_health_result *result)
{
    if (redisAppendCommand(s->connection, "PING") != REDIS_OK)
        return fail(s, result);
    return exchange(s, "PONG", deadline_ms, result);
}

static bool connect_to(server *s, uint64_t deadline_ms, ape_health_result *result)
{
    int appended = REDIS_OK;

    s->connection =
        s->port ? redisConnectNonBlock(s->place, (int)s->port) : redisConnectUnixNonBlock(s->place);
    if (!s->connection || s->connection->err)
        return fail(s, result);
    if (!s->password[0])
        return true;
    appended = s->user[0] ? redisAppendCommand(s->connection, "AUTH %s %s", s->user, s->password)
                          : redisAppendCommand(s->connection, "AUTH %s", s->password);
    return appended == REDIS_OK ? exchange(s, "OK", deadline_ms, result) : fail(s, result);
}

/* A kept connection may have been closed by a restart: that is worth a second try. */
static void probe_redis(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    server *s = user;
    uint64_t deadline_ms = ape__deadline_now_ms() + timeout_ms;
    ape_health_result ignored;

    if (s->connection && ping(s, deadline_ms, &ignored))
        return;
    disconnect(s);
    if (!connect_to(s, deadline_ms, result) || !ping(s, deadline_ms, result))
        disconnect(s);
}

static void server_free(void *user)
{
    server *s = user;
    ape_host *host = s->host;

    disconnect(s);
    ape__wipe(s, sizeof(*s));
    ape__free(host, s, sizeof(*s));
}

/* NULL, or what is wrong with the address. */
static const char *take_address(server *s, const char *text)
{
    ape__url url;
    const char *wrong = ape__url_parse(text, &url);
    ape__slice place;

    if (wrong)
        return wrong;
    if (ape__slice_is(url.scheme, "redis")) {
        s->port = url.port ? url.port : DEFAULT_PORT;
        place = url.host;
        if (place.size == 0)
            place = (ape__slice){ "localhost", 9 };
    } else if (ape__slice_is(url.scheme, "unix")) {
        place = (ape__slice){ url.path.at - 1, url.path.size + 1 };
    } else {
        return "the scheme must be redis or unix";
    }
    if (!ape__slice_decode(place, s->place, sizeof(s->place)) ||
        !ape__slice_decode(url.user, s->user, sizeof(s->user)) ||
        !ape__slice_decode(url.password, s->password, sizeof(s->password)))
        return "a part of it is too long or badly encoded";
    return NULL;
}

ape_status ape_health_checker_add_redis(ape_health_checker *checker, const char *name,
                                        const char *url, const ape_health_check_options *opts,
                                        ape_error *err)
{
    const char *wrong;
    server *s;

    if (!checker || !url)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "url" : "checker");
    s = ape__alloc(checker->host, sizeof(*s));
    if (!s)
        return ape__fail_no_memory(err);
    s->host = checker->host;
    wrong = take_address(s, url);
    if (wrong) {
        server_free(s);
        return ape__fail(err, APE_ERR_INVALID, "the address of Redis: %s", wrong);
    }
    return ape__health_checker_add_built_in(checker, name, "datastore", opts, probe_redis, s,
                                            server_free, err);
}

#else

ape_status ape_health_checker_add_redis(ape_health_checker *checker, const char *name,
                                        const char *url, const ape_health_check_options *opts,
                                        ape_error *err)
{
    (void)checker, (void)name, (void)url, (void)opts;
    return ape__fail(err, APE_ERR_UNSUPPORTED, "built without hiredis");
}

#endif
