/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_ENGINE_H
#define APE_LLM_CLIENT_ENGINE_H

#include "llm_client/attempt.h"

/**
 * One thread that does all the I/O: libcurl's multi interface on epoll. Attempts
 * are handed to it and come back decided.
 */
typedef struct ape__llm_engine ape__llm_engine;

/** Something to be done on the engine's thread, in memory of whoever wants it done. */
typedef struct ape__llm_job {
    struct ape__llm_job *next;
    void (*run)(struct ape__llm_job *job);
} ape__llm_job;

/** A job for later. */
typedef struct ape__llm_timer {
    struct ape__llm_timer *next;
    uint64_t due_ms;
    bool is_set;
    void (*on_due)(struct ape__llm_timer *timer);
} ape__llm_timer;

struct ape__llm_slot;

/** An attempt on its way over the network. */
typedef struct ape__llm_task {
    ape__llm_attempt attempt;
    const char *url; /* borrowed until on_done, as the keys */
    const char *key; /* NULL: none */
    const char *key_format;
    const char *more_header;
    const char *ca_file;         /* NULL: the system's certificates */
    bool wants_fresh_connection; /* curl must not send it again by itself */
    ape__buffer body;
    uint64_t deadline_ms;
    void (*on_done)(struct ape__llm_task *task); /* on the engine's thread; may free the task */
    void *user;

    ape__llm_engine *engine;
    struct ape__llm_slot *slot;
    struct ape__llm_task *next, *previous; /* in the engine's list */
    bool is_decided;
    uint64_t began_us, ended_us, busy_us; /* busy: within our own code meanwhile */
} ape__llm_task;

ape_status ape__llm_engine_new(ape_host *host, ape__llm_engine **out, ape_error *err);

/** Ends the thread, also from that thread itself. No task may be under way. */
void ape__llm_engine_free(ape__llm_engine *engine);

/** True in a process that forked after the engine was made: its thread is not here. */
bool ape__llm_engine_is_lost(const ape__llm_engine *engine);

void ape__llm_engine_post(ape__llm_engine *engine, ape__llm_job *job);

/* Only on the engine's thread. */

/** Send a task; on_done comes later, or within where that fails. */
void ape__llm_engine_start(ape__llm_engine *engine, ape__llm_task *task);

/** Decide a task that was started as cancelled, if it is not decided yet; on_done comes within. */
void ape__llm_engine_cancel(ape__llm_task *task);
void ape__llm_engine_set_timer(ape__llm_engine *engine, ape__llm_timer *timer, uint64_t due_ms);
void ape__llm_engine_unset_timer(ape__llm_engine *engine, ape__llm_timer *timer);

/** The clock of all of this: real, for it is real sockets that are waited for. */
uint64_t ape__llm_now_us(void);
uint64_t ape__llm_now_ms(void);

#endif /* APE_LLM_CLIENT_ENGINE_H */
