/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_ATTEMPT_H
#define APE_LLM_CLIENT_ATTEMPT_H

#include "llm_client/chain.h"
#include "llm_client/sse.h"

typedef enum ape__llm_phase {
    APE__LLM_CONNECTING,
    APE__LLM_WAITING,   /* for the head of the reply */
    APE__LLM_READING,   /* no content yet */
    APE__LLM_STREAMING, /* content comes */
    APE__LLM_ENDING,    /* it said that it is whole; usage may follow */
    APE__LLM_DECIDED,
} ape__llm_phase;

/** "connect", "headers", "first_content", "stream", "end", "done". */
const char *ape__llm_phase_name(ape__llm_phase phase);

/**
 * One call to one provider, without I/O: whoever owns a connection tells what
 * happened and when, and asks when to look again. Once phase is DECIDED, result
 * and reply stand and nothing changes them. Times are in ms on one clock that
 * never goes back.
 */
typedef struct ape__llm_attempt {
    ape_host *host;
    const ape__llm_wire *wire;
    ape__llm_limits limits;
    uint64_t deadline_ms; /* of the whole request */

    ape__llm_phase phase;
    ape__llm_phase reached; /* the phase it was decided in */
    ape_llm_class result;
    ape__llm_reply reply;
    uint64_t began_ms;
    uint64_t phase_ms; /* when the phase began, or content came last */
    uint64_t first_ms; /* when content came first; 0: not yet */
    uint64_t ended_ms;
    uint64_t floor_ms;                     /* since when the throughput is measured */
    uint64_t floor_from;                   /* and from how many bytes on */
    uint64_t bytes;                        /* of the body */
    int status;                            /* of HTTP; 0: none yet */
    int64_t retry_after_ms;                /* -1: it did not say */
    int should_retry;                      /* x-should-retry: 1, 0, or -1: it did not say */
    ape__llm_told told[APE__LLM_MEASURES]; /* by rate limit headers */
    char request_id[80];
    char content_type[64];

    enum { APE__BODY_UNKNOWN, APE__BODY_SSE, APE__BODY_JSON, APE__BODY_OTHER } body_kind;
    ape__sse sse;
    ape__buffer body; /* what is no event stream */
} ape__llm_attempt;

void ape__llm_attempt_init(ape__llm_attempt *attempt, ape_host *host, const ape__llm_wire *wire,
                           const ape__llm_limits *limits);
void ape__llm_attempt_clear(ape__llm_attempt *attempt);

void ape__llm_attempt_begin(ape__llm_attempt *attempt, uint64_t now_ms, uint64_t deadline_ms);
void ape__llm_attempt_connected(ape__llm_attempt *attempt, uint64_t now_ms);

/** One line of the head, "HTTP/1.1 200 OK" or "name: value", without its end. */
void ape__llm_attempt_header(ape__llm_attempt *attempt, const char *line, size_t size,
                             uint64_t now_ms);
void ape__llm_attempt_bytes(ape__llm_attempt *attempt, const char *bytes, size_t size,
                            uint64_t now_ms);

/** The body ended as HTTP wants it to. */
void ape__llm_attempt_closed(ape__llm_attempt *attempt, uint64_t now_ms);

/** The connection failed; what was understood before may still be whole. */
void ape__llm_attempt_broken(ape__llm_attempt *attempt, ape_llm_class class_, const char *note,
                             uint64_t now_ms);

/** When to call _tick at the latest. */
uint64_t ape__llm_attempt_next_ms(const ape__llm_attempt *attempt);
void ape__llm_attempt_tick(ape__llm_attempt *attempt, uint64_t now_ms);

#endif /* APE_LLM_CLIENT_ATTEMPT_H */
