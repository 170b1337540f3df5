/* SPDX-License-Identifier: MIT */
#ifndef APE_BUS_REDIS_H
#define APE_BUS_REDIS_H

#include "bus/bus.h"

#if APE_HAVE_REDIS

/*
 * Two threads. The writer takes what was published, in order, and adds it to the streams in
 * pipelines; what is not acknowledged is sent again, and readers know it by its id. The reader
 * follows the streams of all channels that have subscriptions, from a position it keeps, so that
 * a lost connection loses no message.
 *
 *     ape:s:CHANNEL   stream; ids are 0-1, 0-2, ...; fields i (message id), r (run of Redis), d
 * (data) ape:bus:epoch   a text made once; gone after a flush of the database ws:connections  hash;
 * ws:connections:expiry sorted set: members and until when ape:m:CHANNEL   the same for a channel
 */
enum { APE__KEY = APE__CHANNEL_NAME + 32, APE__BACKOFF_FIRST_MS = 20, APE__BACKOFF_MS = 2000 };

/** A message on its way to Redis. */
typedef struct ape__outgoing {
    struct ape__outgoing *next;
    char channel[APE__CHANNEL_NAME];
    bool local; /* delivered here already */
    uint64_t counter;
    ape__message *message;
} ape__outgoing;

enum { APE__EXPIRY_SLOTS = 1024 };

struct ape__redis {
    ape_bus *bus;
    ape__redis_target target;
    ape__link_pool pool;
    char node[20]; /* this process, in message ids */

    pthread_mutex_t lock; /* guards what follows; taken before the hub's */
    pthread_cond_t changed;
    ape__outgoing *first, *last;
    size_t queued;
    uint64_t counter;
    bool stopping;
    bool writer_up, reader_up;
    bool members_due;
    char reason[200];
    uint64_t *locals; /* counters delivered here before Redis had them, ascending */
    size_t local_count, local_capacity;
    long long reader_client; /* to wake the reader by CLIENT UNBLOCK; 0: none */
    uint64_t reconnects;

    pthread_t writer, reader;
    bool has_writer, has_reader;

    /* The writer's alone. */
    struct {
        uint64_t hash, at_ms;
    } expiries[APE__EXPIRY_SLOTS];
};

void ape__redis_key(char out[APE__KEY], const char *prefix, const char *name);

/** Rest, or until the bus is freed; doubles the time with jitter. False: it is being freed. */
bool ape__redis_rest(ape__redis *redis, uint32_t *backoff_ms);
bool ape__redis_stopping(ape__redis *redis);

/** The epoch as Redis has it now: made if there is none. */
ape_status ape__redis_read_epoch(ape__redis *redis, ape__link *link, char out[64], ape_error *err);

/** A message of a stream; NULL: no memory, or not of the bus' making. */
ape__message *ape__redis_read_entry(ape__redis *redis, const redisReply *entry, const char *epoch);

/** Counter of a message of this process, 0 for another's. */
uint64_t ape__redis_own_counter(const ape__redis *redis, const char *id);

/** True if the message was delivered here while Redis was away; forgets that. With the lock. */
bool ape__redis_take_local(ape__redis *redis, const char *id);

/**
 * True if the channel has seen a message of that process and number, or a later one: it was sent
 * twice. Else notes it. With the hub's lock.
 */
bool ape__channel_has_seen(ape__channel *channel, const char *id, bool note);

/** Deliver what waits to the subscriptions here, once. With the lock. */
void ape__redis_deliver_waiting(ape__redis *redis);

/** Rename a stream's key if it holds another type: it is not ours to delete. */
void ape__redis_move_aside(ape__redis *redis, ape__link *link, const char *key);

void *ape__redis_run_writer(void *redis);
void *ape__redis_run_reader(void *redis);

/** Tell Redis who is here; for the writer. */
ape_status ape__redis_send_members(ape__redis *redis, ape__link *link, bool all, ape_error *err);

#endif

#endif /* APE_BUS_REDIS_H */
