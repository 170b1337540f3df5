/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_CLIENT_H
#define APE_LLM_CLIENT_CLIENT_H

#include <pthread.h>
#include <stdatomic.h>

#include "llm_client/engine.h"
#include "llm_client/llm_client.h"
#include "llm_client/metrics.h"
#include "llm_client/shared.h"

struct ape_llm_client {
    ape_host *host;
    atomic_size_t shares;
    ape__llm_shared shared;
    pthread_mutex_t lock;    /* guards what is below, but for the metrics */
    ape__llm_chain *chain;   /* replaced as a whole */
    ape__llm_engine *engine; /* made when it is first needed */
    ape_llm_on_breaker on_breaker;
    void *on_breaker_user;
    ape__llm_metrics metrics; /* set once, before the client is used */
};

/** The chain as it is now; give the share up with ape__llm_chain_free(). */
ape__llm_chain *ape__llm_client_chain(ape_llm_client *client);

/** @return APE_OK; APE_ERR_STATE in a child of fork; what making it returned. */
ape_status ape__llm_client_engine(ape_llm_client *client, ape__llm_engine **out, ape_error *err);

#endif /* APE_LLM_CLIENT_CLIENT_H */
