/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_COMPLETION_H
#define APE_LLM_CLIENT_COMPLETION_H

#include "llm_client/attempt.h"

/** One line of the journal. Names are copied: chains come and go. */
typedef struct ape__llm_entry {
    char provider[64];
    char model[96];
    char note[APE__LLM_NOTE_SIZE];
    char request_id[80];
    ape_llm_class class_;
    ape__llm_phase phase; /* in which it was decided */
    bool was_asked;       /* false for those that were passed over */
    bool is_local;
    int status; /* of HTTP; 0: none */
    uint64_t ms;
    uint64_t first_content_ms; /* 0: none came */
    uint64_t bytes;
    uint64_t content_bytes;
    ape__llm_usage usage;
    int64_t cost;            /* millionths of a dollar; -1: unknown */
    ape__llm_usage estimate; /* where it may be billed and did not tell its usage; else unknown */
    int64_t estimated_cost;
    bool is_hedge;
} ape__llm_entry;

struct ape_llm_completion {
    ape_host *host;
    ape__buffer text;
    bool has_text;
    char provider[64];
    char model[96];
    char finish[40];
    ape__llm_entry *entries;
    size_t count, capacity;
    size_t answer; /* the entry that gave the text, counted from 1; 0: none */
    bool is_from_cache;
    ape__buffer feedback;
    uint64_t total_us;
    uint64_t overhead_us; /* of total: all but the wait for providers */
};

ape_status ape__llm_completion_new(ape_host *host, ape_llm_completion **out, ape_error *err);

/** A new, zeroed line of the journal, or NULL without memory. */
ape__llm_entry *ape__llm_completion_add(ape_llm_completion *completion);

/** What an attempt cost, known or else estimated; 0 where nothing is billed, -1: unknown. */
int64_t ape__llm_entry_cost(const ape__llm_entry *entry);

/** True if nobody asks for money for it. */
bool ape__llm_entry_is_free(const ape__llm_entry *entry);

/** Tokens of all attempts that may be billed; -1 for each kind that one of them did not tell. */
ape__llm_usage ape__llm_completion_usage(const ape_llm_completion *completion);

#endif /* APE_LLM_CLIENT_COMPLETION_H */
