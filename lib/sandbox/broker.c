/* SPDX-License-Identifier: MIT */
#include "sandbox/broker.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/digest.h"
#include "market/folder.h"
#include "sandbox/wire.h"

enum { REQUEST_LIMIT = 20000, LINEAGE_LIMIT = 4096 };

void ape__broker_init(ape__broker *b, ape_host *host, ape_market *market, ape__date as_of, int fd)
{
    *b = (ape__broker){ .host = host, .market = market, .as_of = as_of, .fd = fd };
    ape__buffer_init(&b->reply, host);
}

void ape__broker_clear(ape__broker *b)
{
    ape__close(&b->fd);
    ape__buffer_clear(&b->reply);
    ape__free(b->host, b->lineage, b->lineage_capacity * sizeof(ape__lineage));
    b->lineage = NULL;
    b->lineage_count = b->lineage_capacity = 0;
}

short ape__broker_events(const ape__broker *b)
{
    if (b->fd < 0)
        return 0;
    return b->reply.size > 0 ? POLLOUT : POLLIN;
}

static void put_refusal(ape__broker *b, ape_status status, const char *message)
{
    const ape__broker_reply header = { .magic = APE__BROKER_MAGIC,
                                       .status = status,
                                       .message_size = (uint32_t)strlen(message) };

    ape__buffer_rewind(&b->reply);
    ape__buffer_append(&b->reply, &header, sizeof(header));
    ape__buffer_puts(&b->reply, message);
}

static void put_columns(ape__broker *b, const ape__prices *prices)
{
    static const char padding[8];
    size_t dates_size = prices->rows * sizeof(ape__date);

    ape__buffer_append(&b->reply, prices->dates, dates_size);
    ape__buffer_append(&b->reply, padding, (8 - dates_size % 8) % 8);
    for (int c = 0; c < APE__COLUMN_COUNT; c++)
        if (prices->values[c])
            ape__buffer_append(&b->reply, prices->values[c], prices->rows * sizeof(double));
}

static void put_actions(ape__broker *b, const ape__prices *prices)
{
    for (size_t i = 0; i < prices->action_count; i++) {
        const ape__action *action = &prices->actions[i];
        const int32_t date[2] = { action->date, 0 };

        ape__buffer_append(&b->reply, date, sizeof(date));
        ape__buffer_append(&b->reply, &action->dividend, sizeof(double));
        ape__buffer_append(&b->reply, &action->split, sizeof(double));
    }
}

static void put_prices(ape__broker *b, const ape__prices *prices)
{
    ape__broker_reply header = { .magic = APE__BROKER_MAGIC,
                                 .status = APE_OK,
                                 .rows = (uint32_t)prices->rows,
                                 .action_count = (uint32_t)prices->action_count };

    for (int c = 0; c < APE__COLUMN_COUNT; c++)
        if (prices->values[c])
            header.columns |= 1u << c;
    ape__buffer_append(&b->reply, &header, sizeof(header));
    put_columns(b, prices);
    put_actions(b, prices);
}

static ape__lineage *next_lineage(ape__broker *b)
{
    if (b->lineage_count == b->lineage_capacity) {
        size_t capacity = b->lineage_capacity ? b->lineage_capacity * 2 : 8;
        ape__lineage *grown =
            ape__resize(b->host, b->lineage, b->lineage_capacity * sizeof(ape__lineage),
                        capacity * sizeof(ape__lineage));

        if (!grown)
            return NULL;
        b->lineage = grown;
        b->lineage_capacity = capacity;
    }
    return &b->lineage[b->lineage_count];
}

/* The same rows asked for twice are noted once. */
static bool is_known(const ape__broker *b, const ape__lineage *fresh)
{
    for (size_t i = 0; i < b->lineage_count; i++)
        if (strcmp(b->lineage[i].symbol, fresh->symbol) == 0 &&
            strcmp(b->lineage[i].sha256, fresh->sha256) == 0)
            return true;
    return false;
}

/* @p prices NULL: the market has no such symbol. */
static void note_lineage(ape__broker *b, const char *symbol, const ape__prices *prices)
{
    ape__lineage *entry;

    if (b->reply.failed)
        return;
    entry = next_lineage(b);
    if (!entry) {
        b->no_memory = true;
        return;
    }
    memset(entry, 0, sizeof(*entry));
    memcpy(entry->symbol, symbol, strlen(symbol));
    if (prices && prices->rows > 0) {
        entry->first = prices->dates[0];
        entry->last = prices->dates[prices->rows - 1];
        entry->rows = prices->rows;
        ape__sha256_hex(b->reply.data + sizeof(ape__broker_reply),
                        b->reply.size - sizeof(ape__broker_reply), entry->sha256);
    }
    if (!is_known(b, entry))
        b->lineage_count++;
}

static void answer_prices(ape__broker *b, const char *symbol)
{
    ape__prices prices;
    ape_error err;
    ape_status st = ape__market_prices(b->market, symbol, b->as_of, b->request.start,
                                       b->request.end, &prices, &err);

    if (st != APE_OK) {
        put_refusal(b, st, err.message);
        if (st == APE_ERR_NO_MEMORY)
            b->no_memory = true;
        else if (st == APE_ERR_NOT_FOUND)
            note_lineage(b, symbol, NULL);
        else
            b->broken = err;
        return;
    }
    put_prices(b, &prices);
    note_lineage(b, symbol, &prices);
    ape__prices_clear(&prices);
}

/* The request is as the run wrote it: nothing in it is taken for granted. */
static void answer(ape__broker *b)
{
    size_t size = strnlen(b->request.symbol, sizeof(b->request.symbol));

    if (b->request.magic != APE__BROKER_MAGIC || ++b->request_count > REQUEST_LIMIT) {
        ape__close(&b->fd);
        return;
    }
    if (!b->market)
        put_refusal(b, APE_ERR_UNAVAILABLE, "this run has no market data");
    else if (b->lineage_count >= LINEAGE_LIMIT)
        put_refusal(b, APE_ERR_LIMIT, "this run has asked for too many price series");
    else if (size == sizeof(b->request.symbol) || !ape__ticker_valid(b->request.symbol, size))
        put_refusal(b, APE_ERR_NOT_FOUND, "that is no ticker");
    else
        answer_prices(b, b->request.symbol);
    if (b->reply.failed) {
        b->no_memory = true;
        ape__close(&b->fd);
    }
}

static void receive(ape__broker *b)
{
    ssize_t got = recv(b->fd, (char *)&b->request + b->request_size,
                       sizeof(b->request) - b->request_size, MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        ape__close(&b->fd);
        return;
    }
    b->request_size += (size_t)got;
    if (b->request_size < sizeof(b->request))
        return;
    b->request_size = 0;
    answer(b);
}

static void send_some(ape__broker *b)
{
    ssize_t sent = send(b->fd, b->reply.data + b->reply_sent, b->reply.size - b->reply_sent,
                        MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (sent < 0) {
        ape__close(&b->fd);
        return;
    }
    b->reply_sent += (size_t)sent;
    if (b->reply_sent < b->reply.size)
        return;
    ape__buffer_rewind(&b->reply);
    b->reply_sent = 0;
}

void ape__broker_serve(ape__broker *b)
{
    if (b->fd >= 0 && b->reply.size == 0)
        receive(b);
    if (b->fd >= 0 && b->reply.size > 0)
        send_some(b);
}
