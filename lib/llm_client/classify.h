/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_CLASSIFY_H
#define APE_LLM_CLIENT_CLASSIFY_H

#include "llm_client/reply.h"

/** Class of an HTTP status, where the body says nothing. */
ape_llm_class ape__llm_class_of_status(int status);

/**
 * If a JSON value is an error in any of the known shapes, fail the reply with it.
 *
 * @param status  HTTP status; below 400 where the error came under a success
 * @return true if it was an error
 */
bool ape__llm_take_error(ape__llm_reply *reply, int status, const cJSON *root);

#endif /* APE_LLM_CLIENT_CLASSIFY_H */
