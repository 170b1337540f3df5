/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_CLASSES_H
#define APE_LLM_CLIENT_CLASSES_H

#include <ape/llm_client.h>

/** What an attempt says of its provider, to the circuit breaker. */
typedef enum ape__llm_blame {
    APE__LLM_HEALTHY,      /* it answered */
    APE__LLM_SICK,         /* a failure */
    APE__LLM_BUSY,         /* it asks for a pause, or else a failure */
    APE__LLM_CLOSED_TO_US, /* nothing will change soon: rest at once */
    APE__LLM_NOBODY,       /* nothing */
} ape__llm_blame;

ape__llm_blame ape__llm_class_blame(ape_llm_class class_);

/** What a class means, in words for people; NULL for APE_LLM_OK. */
const char *ape__llm_class_meaning(ape_llm_class class_);

/** True if the provider may have worked, and will ask for money. */
bool ape__llm_class_may_be_billed(ape_llm_class class_);

#endif /* APE_LLM_CLIENT_CLASSES_H */
