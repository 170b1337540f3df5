/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_CACHE_H
#define APE_LLM_CLIENT_CACHE_H

#include <pthread.h>

#include "llm_client/chain.h"
#include "llm_client/completion.h"

enum { APE__CACHE_KEY = 65 };

typedef struct ape__llm_cached ape__llm_cached;

/** Whole completions by what was asked, the ones used last kept longest. */
typedef struct ape__llm_cache {
    ape_host *host;
    pthread_mutex_t lock;
    ape__llm_cached *first, *last; /* by their use, the newest first */
    size_t count;
} ape__llm_cache;

void ape__llm_cache_init(ape__llm_cache *cache, ape_host *host);
void ape__llm_cache_clear(ape__llm_cache *cache);

/** All that decides what is sent, as a digest: messages, parameters, providers and
 *  models. False: no memory. */
bool ape__llm_cache_key(const ape__llm_chain *chain, const ape_llm_request *request,
                        char out[APE__CACHE_KEY]);

/** Fill @p out with text, provider, model and finish; false: not there, or too old. */
bool ape__llm_cache_get(ape__llm_cache *cache, const char *key, uint64_t now_ms,
                        ape_llm_completion *out);

/** Keep a completion until @p expires_ms. What finds no memory is not kept. */
void ape__llm_cache_put(ape__llm_cache *cache, const char *key, const ape_llm_completion *from,
                        const ape__llm_cache_limits *limits, uint64_t expires_ms);

void ape__llm_cache_drop(ape__llm_cache *cache, const char *key);

#endif /* APE_LLM_CLIENT_CACHE_H */
