/* SPDX-License-Identifier: MIT */
#ifndef APE_SANDBOX_PROTOCOL_H
#define APE_SANDBOX_PROTOCOL_H

#include <stdint.h>

/*
 * What the library and its helper process say to each other: packets of fixed
 * size over SOCK_SEQPACKET, between two programs of one build on one machine.
 *
 *     library                       ape-vee
 *     HELLO                   ->
 *                             <-    READY (or why not)
 *     RUN + channel,code,broker ->
 *     on the channel of the run:
 *                             <-    STARTED
 *     CANCEL, or closing it   ->
 *                             <-    DONE + result memfd
 *
 * The broker's end of a run goes through the helper unread: the run asks the
 * library for prices, and gets what was known on its as-of date.
 */
enum {
    APE__VEE_PROTOCOL = 1,
    APE__VEE_FD = 3, /* where the helper finds its socket */
    APE__VEE_PATH_SIZE = 1024,
};

typedef enum ape__vee_type {
    APE__VEE_HELLO = 0x41504501,
    APE__VEE_READY,
    APE__VEE_RUN,
    APE__VEE_STARTED,
    APE__VEE_CANCEL,
    APE__VEE_DONE,
} ape__vee_type;

typedef struct ape__vee_hello {
    uint32_t type;
    uint32_t protocol;
    char version[16]; /* of libape: both sides are of one release */
    int32_t min_level;
    uint32_t standbys;               /* processes kept ready */
    char python[APE__VEE_PATH_SIZE]; /* empty: look for one */
    char data[APE__VEE_PATH_SIZE];   /* what no run may read; empty: nothing on disk */
} ape__vee_hello;

/* What is in force, as the self-test proved it. */
enum {
    APE__MECHANISM_USER_NAMESPACE = 1 << 0,
    APE__MECHANISM_MOUNT_NAMESPACE = 1 << 1,
    APE__MECHANISM_PID_NAMESPACE = 1 << 2,
    APE__MECHANISM_NETWORK_NAMESPACE = 1 << 3,
    APE__MECHANISM_IPC_NAMESPACE = 1 << 4,
    APE__MECHANISM_UTS_NAMESPACE = 1 << 5,
    APE__MECHANISM_CGROUP_NAMESPACE = 1 << 6,
    APE__MECHANISM_PRIVATE_ROOT = 1 << 7,
    APE__MECHANISM_SECCOMP = 1 << 8,
    APE__MECHANISM_LANDLOCK = 1 << 9,
    APE__MECHANISM_NO_NEW_PRIVILEGES = 1 << 10,
    APE__MECHANISM_NO_CAPABILITIES = 1 << 11,
    APE__MECHANISM_RESOURCE_LIMITS = 1 << 12,
    APE__MECHANISM_MEMORY_GUARD = 1 << 13,
    APE__MECHANISM_FIXED_CLOCK = 1 << 14,
    APE__MECHANISM_SEEDED_RANDOMNESS = 1 << 15,
    APE__MECHANISM_COUNT = 16,
};

typedef struct ape__vee_ready {
    uint32_t type;
    int32_t status; /* an ape_status; if not APE_OK only message counts */
    int32_t level;
    uint32_t mechanisms;
    int32_t landlock_abi;
    char filter_sha256[68];
    char python[32];
    char numpy[32];
    char pandas[32];
    char message[240]; /* of a failure; else why the level is not higher, or "" */
} ape__vee_ready;

typedef struct ape__vee_run {
    uint32_t type;
    uint32_t wall_ms;
    uint32_t cpu_ms;
    uint32_t memory_mb;
    uint32_t output_bytes;
    uint32_t seed;
    int64_t as_of_seconds; /* since 1970-01-01 UTC: the clock of the run */
} ape__vee_run;

enum { APE__VEE_RUN_FDS = 3 }; /* channel, code, broker */

typedef struct ape__vee_note { /* STARTED, CANCEL */
    uint32_t type;
} ape__vee_note;

typedef struct ape__vee_done {
    uint32_t type;
    int32_t reason;    /* an ape_sandbox_reason */
    int32_t exit_code; /* -1: did not get that far */
    int32_t signal;
    uint32_t truncated;
    uint32_t pad;
    uint64_t wall_us;
    uint64_t cpu_us;
    uint64_t peak_bytes;
    uint64_t stdout_size; /* the memfd holds stdout, then stderr */
    uint64_t stderr_size;
} ape__vee_done;

/*
 * Prices, over the stream between a run and the library. The request comes from
 * code that nobody trusts. Little endian, as the machine is.
 */
enum { APE__BROKER_MAGIC = 0x50455031, APE__BROKER_SYMBOL_SIZE = 64 };

typedef struct ape__broker_request {
    uint32_t magic;
    int32_t start; /* days since 1970-01-01, both included */
    int32_t end;
    char symbol[APE__BROKER_SYMBOL_SIZE]; /* padded with NULs */
} ape__broker_request;

/**
 * Then: message_size bytes of text; or int32 dates[rows], padded to 8 bytes;
 * double for each row, column after column of those in columns (bits of
 * ape__column); and for each action int32 date, int32 pad, double dividend,
 * double split.
 */
typedef struct ape__broker_reply {
    uint32_t magic;
    int32_t status; /* an ape_status */
    uint32_t rows;
    uint32_t columns;
    uint32_t action_count;
    uint32_t message_size;
} ape__broker_reply;

#endif /* APE_SANDBOX_PROTOCOL_H */
