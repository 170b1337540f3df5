/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "llm_client/chain.h"

static const ape__llm_service services[] = {
    { "builtin", NULL, NULL, NULL, APE__LLM_KEYLESS },
    { "deepseek", &ape__llm_wire_openai, "https://api.deepseek.com", "deepseek-flash", 0 },
    { "anthropic", &ape__llm_wire_anthropic, "https://api.anthropic.com", "claude-sonnet-4-5", 0 },
    { "openai", &ape__llm_wire_openai, "https://api.openai.com/v1", "gpt-4o-mini",
      APE__LLM_MAX_COMPLETION_TOKENS },
    { "gemini", &ape__llm_wire_openai, "https://generativelanguage.googleapis.com/v1beta/openai",
      "gemini-2.5-flash", 0 },
    { "openrouter", &ape__llm_wire_openai, "https://openrouter.ai/api/v1", NULL, 0 },
    { "groq", &ape__llm_wire_openai, "https://api.groq.com/openai/v1", NULL, 0 },
    { "mistral", &ape__llm_wire_openai, "https://api.mistral.ai/v1", NULL,
      APE__LLM_NO_STREAM_OPTIONS },
    { "together", &ape__llm_wire_openai, "https://api.together.xyz/v1", NULL, 0 },
    { "azure", &ape__llm_wire_openai, NULL, NULL,
      APE__LLM_KEY_HEADER | APE__LLM_MAX_COMPLETION_TOKENS },
    { "ollama", &ape__llm_wire_openai, "http://127.0.0.1:11434/v1", NULL,
      APE__LLM_KEYLESS | APE__LLM_PATIENT },
    { "llamacpp", &ape__llm_wire_openai, "http://127.0.0.1:8080/v1", "default",
      APE__LLM_KEYLESS | APE__LLM_PATIENT },
    { "vllm", &ape__llm_wire_openai, "http://127.0.0.1:8000/v1", NULL,
      APE__LLM_KEYLESS | APE__LLM_PATIENT },
};

const ape__llm_service *ape__llm_service_find(const char *name)
{
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
        if (strcmp(services[i].name, name) == 0)
            return &services[i];
    return NULL;
}
