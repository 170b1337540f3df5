/* SPDX-License-Identifier: MIT */
#ifndef APE_HEALTH_CHECKER_INTERNAL_H
#define APE_HEALTH_CHECKER_INTERNAL_H

#include <ape/health_checker.h>

#include <pthread.h>
#include <stdatomic.h>

#include "core/error.h"
#include "core/memory.h"

enum {
    APE__CHECKS_MAX = 64,
    APE__CHECK_NAME_SIZE = 41,
    APE__HEALTH_MESSAGE_SIZE = sizeof(((ape_health_result *)0)->message),
};

/** What is known of a check; copied out as a whole for whoever asks. */
typedef struct ape__check_state {
    ape_health_status status;
    uint32_t successes; /* in a row */
    uint32_t failures;  /* in a row */
    double latency_ms;
    int64_t since_wall_ms; /* of the status; 0: never checked */
    int64_t checked_wall_ms;
    char last_error[APE__HEALTH_MESSAGE_SIZE];
} ape__check_state;

typedef struct ape__check {
    ape_health_checker *checker;
    char name[APE__CHECK_NAME_SIZE];
    const char *component; /* "datastore", "system", "component": static */
    ape_health_check_options opts;
    ape_health_probe probe;
    void *user;
    void (*user_free)(void *user);
    ape_histogram *seconds; /* the metrics are NULL without a registry */
    ape_counter *passed;
    ape_counter *failed;

    /* The checker's lock guards what follows. */
    ape__check_state state;
    uint64_t due_ms;
    uint64_t started_ms;
    bool running;
    bool overdue;   /* the run that is going on was failed already */
    bool removed;   /* the last thread that is busy with it frees it */
    uint32_t users; /* threads that are busy with it */
} ape__check;

struct ape_health_checker {
    ape_host *host;
    ape_health_checker_options opts;
    ape_metric_family *status_family; /* NULL without a registry */
    ape_metric_family *seconds_family;
    ape_metric_family *runs_family;

    atomic_bool draining;
    atomic_int status; /* over all checks */
    _Atomic uint64_t last_beat_ms;

    pthread_mutex_t lock; /* guards what follows; never held while anything is called */
    pthread_cond_t work;  /* for idle workers and the scheduler */
    pthread_cond_t done;  /* a thread ended */
    ape__check *checks[APE__CHECKS_MAX];
    size_t check_count;
    uint32_t removed_count; /* checks that were removed, and somebody is still busy with */
    uint32_t workers;       /* that exist */
    uint32_t idle;
    bool has_scheduler;
    bool closing;
    bool abandoned; /* the owner has gone; the last worker frees the checker */
    pthread_t scheduler;
};

/** A change of status, to be told once the lock is given back. */
typedef struct ape__health_change {
    ape__check *check;
    ape_health_status from, to;
    char message[APE__HEALTH_MESSAGE_SIZE];
} ape__health_change;

/* state.c */
/** Enter the outcome of a run; with the lock held. True if the status changed. */
bool ape__check_record(ape__check *check, const ape_health_result *result, double latency_ms,
                       int64_t wall_ms, ape__health_change *change);
/** Tell of a change, and count the run; without the lock. */
void ape__check_announce(ape__check *check, const ape_health_result *result, double latency_ms,
                         const ape__health_change *change);
/** Status over all checks; with the lock held. */
ape_health_status ape__checks_status(const ape_health_checker *checker);

/* run.c */
/** The check that has been due longest, marked as running; NULL if none is. With the
 *  lock held. */
ape__check *ape__check_take_due(ape_health_checker *checker, uint64_t now_ms);
/** Run a check that was taken; without the lock. */
void ape__check_run(ape__check *check);
/** Fail a run whose time is over, if there is one; takes the lock. */
bool ape__check_fail_overdue(ape_health_checker *checker, uint64_t now_ms);
/** Milliseconds until a check is due or overdue; with the lock held. */
uint32_t ape__checks_wait_ms(const ape_health_checker *checker, uint64_t now_ms);

/* threads.c */
ape_status ape__health_threads_start(ape_health_checker *checker, ape_error *err);
/** End all threads; false if a hung worker stays behind with the checker. */
bool ape__health_threads_stop(ape_health_checker *checker);

/* health_checker.c */
void ape__health_checker_destroy(ape_health_checker *checker);

/* check.c */
/** Free a check that nobody can find any more; without the lock. */
void ape__check_free(ape__check *check);
/** No longer busy with a check: frees it if it was removed and nobody else is. Takes the lock. */
void ape__check_release(ape__check *check);
/** As ape_health_checker_add(); frees @p user also on failure. */
ape_status ape__health_checker_add_built_in(ape_health_checker *checker, const char *name,
                                            const char *component,
                                            const ape_health_check_options *opts,
                                            ape_health_probe probe, void *user,
                                            void (*user_free)(void *user), ape_error *err);

/* redact.c */
/** Make a message fit to be shown: one line, passwords and keys cut out. */
void ape__redact(char *message, size_t size);

/* wait.c */
/** Milliseconds of the system's monotonic clock: sockets know no other. */
uint64_t ape__deadline_now_ms(void);
/** Wait until a descriptor is ready; false if the deadline passes first. */
bool ape__wait_ready(int fd, short events, uint64_t deadline_ms);
void ape__health_fail(ape_health_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* APE_HEALTH_CHECKER_INTERNAL_H */
