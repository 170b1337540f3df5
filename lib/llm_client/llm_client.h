/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_LLM_CLIENT_H
#define APE_LLM_CLIENT_LLM_CLIENT_H

#include <ape/llm_client.h>

/** Share a client; ape_llm_client_free() gives the share up. NULL stays NULL. */
ape_llm_client *ape__llm_client_ref(ape_llm_client *client);

#endif /* APE_LLM_CLIENT_LLM_CLIENT_H */
