/* SPDX-License-Identifier: MIT */
#include "websockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "ws_event.h"
#include "ws_protocol.h"

enum {
    EVENTS_AT_ONCE = 256,
    TICK_MS = 1000,
    WAITING_THREADS = 4,
    WAITING_PLACES = 65536,
    RESUME_TTL_S = 86400,
    CLOSE_GOING_AWAY = 1001,
};

/* A socket on its way to the loop. */
typedef struct newcomer {
    struct newcomer *next;
    int fd;
    ws_ciphered ciphered;
    char client_id[WS_CLIENT_ID];
} newcomer;

struct websockets {
    server *server;
    pthread_t thread;
    int epoll;
    int wake;
    ws_hub *hub;
    ws_owner owner;
    workers *waiting; /* for what may wait for Redis */
    atomic_size_t count;
    pthread_mutex_t lock; /* guards the four below */
    newcomer *newcomers;
    ws_event *first_event;
    ws_event **last_event;
    bool stop;
    atomic_bool close_all;
    ws_connection list; /* a ring; this one is nobody's */
    ws_connection *dirty;
    uint64_t now_ms;
    uint64_t next_tick_ms;
};

static void wake_up(websockets *all)
{
    const uint64_t one = 1;

    while (write(all->wake, &one, sizeof(one)) == -1 && errno == EINTR)
        ;
}

static void post(void *user, ws_event *event)
{
    websockets *all = user;
    bool first;

    pthread_mutex_lock(&all->lock);
    first = !all->first_event;
    event->next = NULL;
    *all->last_event = event;
    all->last_event = &event->next;
    pthread_mutex_unlock(&all->lock);
    /* One wake-up for all that is waiting: what comes together is written together. */
    if (first)
        wake_up(all);
}

static bool run_waiting(void *user, void (*job)(void *), void *argument)
{
    websockets *all = user;

    return workers_submit(all->waiting, job, argument);
}

static void mark_dirty(void *user, ws_connection *c)
{
    websockets *all = user;

    if (c->dirty)
        return;
    c->dirty = true;
    c->next_dirty = all->dirty;
    all->dirty = c;
}

static void on_text(void *user, ws_connection *c, const char *text, size_t size)
{
    websockets *all = user;
    parts *p = server_parts(all->server);

    ws_protocol_take(all->hub, p->settings, c, text, size, all->now_ms);
    parts_free(p);
    mark_dirty(all, c);
}

/* Presence may wait for Redis, so it is told on another thread. */
typedef struct presence {
    ape_bus *bus;
    bool joins;
    char client_id[WS_CLIENT_ID];
} presence;

static void tell_presence(void *argument)
{
    presence *p = argument;
    ape_error err;
    ape_status st;

    if (p->joins)
        st = ape_bus_join(p->bus, NULL, p->client_id, NULL, &err);
    else
        st = ape_bus_leave(p->bus, NULL, p->client_id, &err);
    if (st != APE_OK)
        log_line(APE_LOG_DEBUG, "websocket", err.message, NULL);
    free(p);
}

static void change_presence(websockets *all, const char *client_id, bool joins)
{
    presence *p = calloc(1, sizeof(*p));

    if (!p)
        return;
    p->bus = all->server->bus;
    p->joins = joins;
    memcpy(p->client_id, client_id, sizeof(p->client_id));
    if (!workers_submit(all->waiting, tell_presence, p))
        free(p);
}

/* A client that came back is there although an older socket of its ends. */
static bool is_there_otherwise(const websockets *all, const ws_connection *gone)
{
    for (const ws_connection *c = all->list.next; c != &all->list; c = c->next)
        if (c != gone && strcmp(c->client_id, gone->client_id) == 0)
            return true;
    return false;
}

static void forget_dirty(websockets *all, ws_connection *c)
{
    ws_connection **at = &all->dirty;

    if (!c->dirty)
        return;
    while (*at != c)
        at = &(*at)->next_dirty;
    *at = c->next_dirty;
}

static void destroy(websockets *all, ws_connection *c)
{
    ws_hub_leave(all->hub, c);
    forget_dirty(all, c);
    /* The HTTP library may still have its descriptor of the socket open: closing ours would
       then leave the socket in the set, with a pointer to what is gone. */
    epoll_ctl(all->epoll, EPOLL_CTL_DEL, c->fd, NULL);
    if (!is_there_otherwise(all, c))
        change_presence(all, c->client_id, false);
    c->previous->next = c->next;
    c->next->previous = c->previous;
    ws_connection_free(c);
    atomic_fetch_sub(&all->count, 1);
    ape_gauge_add(all->server->metrics.websockets, -1);
}

/* Write, ask epoll for the rest, or end. */
static void settle(websockets *all, ws_connection *c)
{
    struct epoll_event wanted = { .data.ptr = c };
    bool waits;

    if (!c->dead)
        ws_connection_flush(c, all->now_ms);
    if (c->dead) {
        destroy(all, c);
        return;
    }
    waits = c->output.first != NULL;
    if (waits == c->wants_write)
        return;
    wanted.events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN;
    c->wants_write = waits;
    epoll_ctl(all->epoll, EPOLL_CTL_MOD, c->fd, &wanted);
}

static void settle_dirty(websockets *all)
{
    while (all->dirty) {
        ws_connection *c = all->dirty;

        all->dirty = c->next_dirty;
        c->dirty = false;
        settle(all, c);
    }
}

static void welcome(websockets *all, ws_connection *c)
{
    parts *p = server_parts(all->server);
    char token[TOKEN_SIZE];
    bool issued = token_issue(p->settings, TOKEN_TYPE_RESUME, c->client_id, (int64_t)time(NULL),
                              RESUME_TTL_S, token);

    ws_protocol_welcome(c, issued ? token : NULL, all->now_ms);
    parts_free(p);
}

static void admit(websockets *all, const newcomer *n)
{
    ws_connection *c =
        ws_connection_new(&all->owner, n->fd, n->ciphered, n->client_id, all->now_ms);
    struct epoll_event wanted = { .events = EPOLLIN, .data.ptr = c };

    if (!c) {
        ws_connection_close_socket(n->fd, n->ciphered);
        return;
    }
    c->next = all->list.next;
    c->previous = &all->list;
    c->next->previous = c;
    all->list.next = c;
    atomic_fetch_add(&all->count, 1);
    ape_gauge_add(all->server->metrics.websockets, 1);
    change_presence(all, c->client_id, true);
    if (epoll_ctl(all->epoll, EPOLL_CTL_ADD, c->fd, &wanted) != 0)
        c->dead = true;
    welcome(all, c);
    if (atomic_load(&all->close_all))
        ws_connection_close(c, CLOSE_GOING_AWAY, "the server ends; resume at another", all->now_ms);
    settle(all, c);
}

static void take_newcomers(websockets *all, newcomer *n)
{
    while (n) {
        newcomer *next = n->next;

        admit(all, n);
        free(n);
        n = next;
    }
}

static void take_events(websockets *all, ws_event *event)
{
    while (event) {
        ws_event *next = event->next;
        size_t sent = ws_hub_deliver(all->hub, event, all->now_ms);

        if (sent > 0)
            (void)ape_counter_add(all->server->metrics.websocket_sent, (double)sent);
        event = next;
    }
}

/* What other threads left. @return false: stop */
static bool take_inbox(websockets *all)
{
    newcomer *newcomers;
    ws_event *events;
    uint64_t count;
    bool stop;

    while (read(all->wake, &count, sizeof(count)) == -1 && errno == EINTR)
        ;
    pthread_mutex_lock(&all->lock);
    newcomers = all->newcomers;
    events = all->first_event;
    stop = all->stop;
    all->newcomers = NULL;
    all->first_event = NULL;
    all->last_event = &all->first_event;
    pthread_mutex_unlock(&all->lock);
    take_newcomers(all, newcomers);
    take_events(all, events);
    return !stop;
}

static void tick(websockets *all)
{
    ws_connection *next;

    for (ws_connection *c = all->list.next; c != &all->list; c = next) {
        next = c->next;
        if (atomic_load_explicit(&all->close_all, memory_order_relaxed))
            ws_connection_close(c, CLOSE_GOING_AWAY, "the server ends; resume at another",
                                all->now_ms);
        if (ws_connection_tick(c, all->now_ms))
            ape_counter_inc(all->server->metrics.websocket_slow);
        if (c->dead || c->output.first)
            settle(all, c);
    }
    all->next_tick_ms = all->now_ms + TICK_MS;
}

static bool handle(websockets *all, const struct epoll_event *event)
{
    ws_connection *c = event->data.ptr;

    if (!c)
        return take_inbox(all);
    if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        ws_connection_read(c, all->now_ms);
    mark_dirty(all, c);
    return true;
}

static void *loop(void *argument)
{
    websockets *all = argument;
    struct epoll_event events[EVENTS_AT_ONCE];
    bool goes_on = true;

    while (goes_on) {
        int count = epoll_wait(all->epoll, events, EVENTS_AT_ONCE, TICK_MS);

        all->now_ms = clock_ms();
        for (int i = 0; i < count; i++)
            goes_on &= handle(all, &events[i]);
        settle_dirty(all);
        if (all->now_ms >= all->next_tick_ms || atomic_load(&all->close_all))
            tick(all);
    }
    while (all->list.next != &all->list)
        destroy(all, all->list.next);
    return NULL;
}

static bool open_files(websockets *all)
{
    struct epoll_event wanted = { .events = EPOLLIN };

    all->epoll = epoll_create1(EPOLL_CLOEXEC);
    all->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return all->epoll != -1 && all->wake != -1 &&
           epoll_ctl(all->epoll, EPOLL_CTL_ADD, all->wake, &wanted) == 0;
}

static bool start(websockets *all)
{
    const ws_hub_owner owner = { all, all->server->bus, post, run_waiting, mark_dirty };

    all->owner = (ws_owner){ all, on_text };
    all->hub = ws_hub_new(&owner);
    all->waiting = workers_new(WAITING_THREADS, WAITING_PLACES);
    return all->hub && all->waiting && open_files(all) &&
           pthread_create(&all->thread, NULL, loop, all) == 0;
}

bool websockets_start(server *s)
{
    websockets *all = calloc(1, sizeof(*all));

    if (all) {
        all->server = s;
        all->last_event = &all->first_event;
        all->list.next = all->list.previous = &all->list;
        all->epoll = all->wake = -1;
        all->now_ms = clock_ms();
        pthread_mutex_init(&all->lock, NULL);
        if (start(all)) {
            s->websockets = all;
            return true;
        }
    }
    free(all);
    log_line(APE_LOG_ERROR, "server", "the WebSocket thread cannot be started", NULL);
    return false;
}

void websockets_adopt(websockets *all, int fd, ws_ciphered ciphered, const char *client_id)
{
    newcomer *n = calloc(1, sizeof(*n));

    if (!n) {
        ws_connection_close_socket(fd, ciphered);
        return;
    }
    n->fd = fd;
    n->ciphered = ciphered;
    snprintf(n->client_id, sizeof(n->client_id), "%s", client_id);
    pthread_mutex_lock(&all->lock);
    n->next = all->newcomers;
    all->newcomers = n;
    pthread_mutex_unlock(&all->lock);
    wake_up(all);
}

size_t websockets_count(websockets *all)
{
    return all ? atomic_load(&all->count) : 0;
}

void websockets_close_all(websockets *all)
{
    if (!all)
        return;
    atomic_store(&all->close_all, true);
    wake_up(all);
}

void websockets_free(websockets *all)
{
    if (!all)
        return;
    pthread_mutex_lock(&all->lock);
    all->stop = true;
    pthread_mutex_unlock(&all->lock);
    wake_up(all);
    pthread_join(all->thread, NULL);
    workers_free(all->waiting);
    take_events(all, all->first_event);
    ws_hub_free(all->hub);
    close(all->epoll);
    close(all->wake);
    pthread_mutex_destroy(&all->lock);
    free(all);
}
