/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate.h"
#include "limits.h"
#include "log.h"
#include "problem.h"
#include "respond.h"
#include "routes.h"
#include "tls.h"

struct http {
    server *server;
    struct MHD_Daemon *daemon;
    tls tls;
};

static void run_on_worker(void *argument)
{
    request *r = argument;

    r->on_worker(r);
    http_resume(r);
}

void http_resume(request *r)
{
    MHD_resume_connection(r->connection);
}

void http_suspend(request *r)
{
    r->deferred = true;
    deadline_set(r->deadline, 0);
    MHD_suspend_connection(r->connection);
}

void http_defer(request *r, void (*function)(request *r))
{
    r->on_worker = function;
    http_suspend(r);
    if (workers_submit(r->server->workers, run_on_worker, r))
        return;
    problem(r, 503, "every worker is busy and the queue is full; try again");
    http_resume(r);
}

static enum MHD_Result dispatch(request *r)
{
    if (!gate_pass_body(r))
        return respond(r);
    if (r->route->flags & ROUTE_BLOCKING)
        http_defer(r, r->route->handler);
    else
        r->route->handler(r);
    return r->deferred ? MHD_YES : respond(r);
}

static deadline *deadline_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static void set_body_deadline(request *r)
{
    const char *length = request_header(r, "Content-Length");
    uint64_t size = length ? strtoull(length, NULL, 10) : LIMIT_BODY_BYTES;

    if (r->route->flags & ROUTE_JSON)
        deadline_set(r->deadline, LIMIT_BODY_MS + size * 1000 / 1024);
}

static enum MHD_Result begin(request *r, const char *url, const char *method)
{
    r->begun = true;
    r->method = method;
    r->path = url;
    r->parts = server_parts(r->server);
    r->deadline = deadline_of(r->connection);
    request_take_id(r);
    ape_gauge_add(r->server->metrics.in_flight, 1);
    r->answered = respond_preflight(r) || !gate_pass(r);
    if (!r->answered)
        set_body_deadline(r);
    /* The library closes the connection after an answer in its first call: right for a
       body that nobody will read, a waste where there is none. */
    return r->answered && gate_has_body(r) ? respond(r) : MHD_YES;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    request *r = *context;

    (void)cls;
    (void)connection;
    (void)version;
    if (!r)
        return MHD_NO;
    if (!r->begun)
        return begin(r, url, method);
    if (*upload_size > 0) {
        request_append(r, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return r->answered || r->deferred ? respond(r) : dispatch(r);
}

static void *on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    return request_new(cls, connection, target);
}

static void write_log(const request *r)
{
    ape_log_level level =
        r->route && (r->route->flags & ROUTE_QUIET) ? APE_LOG_DEBUG : APE_LOG_INFO;
    cJSON *more;

    if (!log_wants(level))
        return;
    more = cJSON_CreateObject();
    cJSON_AddStringToObject(more, "request_id", r->id);
    cJSON_AddStringToObject(more, "method", r->method);
    cJSON_AddStringToObject(more, "path", r->path);
    cJSON_AddNumberToObject(more, "status", r->reply.status);
    cJSON_AddNumberToObject(more, "ms", (double)(request_elapsed_us(r) / 10) / 100);
    cJSON_AddStringToObject(more, "client", r->client);
    log_line(level, "http", "request", more);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    request *r = *context;

    (void)cls;
    (void)connection;
    (void)code;
    *context = NULL;
    if (!r)
        return;
    if (r->begun) {
        ape_gauge_add(r->server->metrics.in_flight, -1);
        http_metrics_count(&r->server->metrics, r->route ? r->route->pattern : "none",
                           r->route ? r->method : "none", r->reply.status,
                           (double)request_elapsed_us(r) / 1e6);
        write_log(r);
        deadline_rest(r->deadline, LIMIT_IDLE_MS);
    }
    request_free(r);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    server *s = cls;
    const union MHD_ConnectionInfo *info;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        deadline_remove(s->deadlines, *context);
        ape_gauge_add(s->metrics.connections, -1);
        return;
    }
    ape_gauge_add(s->metrics.connections, 1);
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context = deadline_add(s->deadlines, info->connect_fd, LIMIT_HEADER_MS);
}

__attribute__((format(printf, 2, 0))) static void on_library_log(void *cls, const char *format,
                                                                 va_list arguments)
{
    char text[300];

    (void)cls;
    if (!log_wants(APE_LOG_DEBUG))
        return;
    vsnprintf(text, sizeof(text), format, arguments);
    text[strcspn(text, "\n")] = '\0';
    log_line(APE_LOG_DEBUG, "http", text, NULL);
}

static struct MHD_Daemon *start_daemon(server *s, const tls *t, int listen_fd)
{
    const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                           MHD_ALLOW_UPGRADE | MHD_USE_ERROR_LOG | MHD_USE_ITC |
                           (t->certificate ? MHD_USE_TLS : 0u);
    struct MHD_OptionItem secure[TLS_OPTIONS + 1] = { { MHD_OPTION_END, 0, NULL } };
    struct MHD_OptionItem options[] = {
        { MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_library_log, NULL },
        { MHD_OPTION_LISTEN_SOCKET, listen_fd, NULL },
        { MHD_OPTION_CONNECTION_MEMORY_LIMIT, LIMIT_CONNECTION_BYTES, NULL },
        { MHD_OPTION_CONNECTION_LIMIT, s->config.connections, NULL },
        { MHD_OPTION_CONNECTION_TIMEOUT, LIMIT_IDLE_MS / 1000, NULL },
        { MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
        { MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, s },
        { MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, s },
        { MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, s },
        { s->config.http_threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END,
          s->config.http_threads, NULL },
        { MHD_OPTION_END, 0, NULL },
    };

    secure[tls_options(t, secure)] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_ARRAY, secure,
                            MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

http *http_start(server *s, int listen_fd)
{
    http *h = calloc(1, sizeof(*h));

    if (!h)
        return NULL;
    h->server = s;
    if (tls_read(&h->tls, &s->config))
        h->daemon = start_daemon(s, &h->tls, listen_fd);
    if (h->daemon)
        return h;
    tls_clear(&h->tls);
    free(h);
    return NULL;
}

/* Clients that the system has let in, and the library has not seen yet. */
static void take_those_who_wait(http *h, int listen_fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    int fd;

    while ((fd = accept4(listen_fd, (struct sockaddr *)&address, &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
        if (MHD_add_connection(h->daemon, fd, (struct sockaddr *)&address, size) != MHD_YES)
            return;
        size = sizeof(address);
    }
}

void http_quiesce(http *h)
{
    int listen_fd = MHD_quiesce_daemon(h->daemon);

    if (listen_fd == -1)
        return;
    take_those_who_wait(h, listen_fd);
    /* Left open, it would let in clients whom nobody hears. */
    close(listen_fd);
    deadlines_end_resting(h->server->deadlines);
}

bool http_has_connections(http *h)
{
    return ape_gauge_value(h->server->metrics.connections) > 0;
}

unsigned http_in_flight(http *h)
{
    return (unsigned)ape_gauge_value(h->server->metrics.in_flight);
}

void http_stop(http *h)
{
    if (!h)
        return;
    MHD_stop_daemon(h->daemon);
    tls_clear(&h->tls);
    free(h);
}
