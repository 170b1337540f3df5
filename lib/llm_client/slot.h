/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_SLOT_H
#define APE_LLM_CLIENT_SLOT_H

#include <curl/curl.h>

#include "llm_client/engine.h"

/**
 * A curl handle with what it needs for one transfer. It outlives its task by a
 * moment where the answer is complete but the connection is not yet at rest, so
 * that the connection can be used again.
 */
typedef struct ape__llm_slot {
    struct ape__llm_slot *next;
    CURL *easy;
    struct curl_slist *headers;
    ape__buffer body;
    ape__llm_task *task; /* NULL: nobody listens any more */
    uint64_t linger_ms;  /* until when it may finish by itself */
} ape__llm_slot;

ape__llm_slot *ape__llm_slot_new(ape_host *host);
void ape__llm_slot_free(ape_host *host, ape__llm_slot *slot);

/** Make the handle ready for the task; takes the task's body. False: out of memory. */
bool ape__llm_slot_prepare(ape__llm_slot *slot, ape__llm_task *task);

/** Ready for another task. */
void ape__llm_slot_reset(ape__llm_slot *slot);

/** What a failed transfer means. */
ape_llm_class ape__llm_class_of_curl(CURLcode code);

#endif /* APE_LLM_CLIENT_SLOT_H */
