/* SPDX-License-Identifier: MIT */
#include "llm_client/classify.h"

#include <string.h>

ape_llm_class ape__llm_class_of_status(int status)
{
    switch (status) {
    case 400:
    case 405:
    case 415:
    case 422:
        return APE_LLM_REQUEST;
    case 401:
    case 403:
    case 407:
        return APE_LLM_KEY;
    case 402:
        return APE_LLM_QUOTA;
    case 404:
    case 410:
        return APE_LLM_MODEL;
    case 413:
        return APE_LLM_CONTEXT;
    case 429:
        return APE_LLM_RATE_LIMITED;
    case 503:
    case 529:
        return APE_LLM_OVERLOADED;
    default:
        return status >= 500 || status == 408 || status == 409 ? APE_LLM_SERVER
               : status >= 400                                 ? APE_LLM_REQUEST
                                                               : APE_LLM_NOT_AN_ANSWER;
    }
}

/* Words in the codes, types and messages of providers, the telling ones first. What
 * matters is that no money left looks like a rate limit to those who only see 429. */
static const struct {
    const char *word;
    bool in_message; /* else in code and type only */
    ape_llm_class class_;
} words[] = {
    { "insufficient_quota", false, APE_LLM_QUOTA },
    { "credit_balance", false, APE_LLM_QUOTA },
    { "spend_limit", false, APE_LLM_QUOTA },
    { "usage_limit", false, APE_LLM_QUOTA },
    { "billing", false, APE_LLM_QUOTA },
    { "quota_exceeded", false, APE_LLM_QUOTA },
    { "insufficient balance", true, APE_LLM_QUOTA },
    { "insufficient credits", true, APE_LLM_QUOTA },
    { "credit balance is too low", true, APE_LLM_QUOTA },
    { "spend limit", true, APE_LLM_QUOTA },
    { "exceeded your current quota", true, APE_LLM_QUOTA },
    { "context_length", false, APE_LLM_CONTEXT },
    { "request_too_large", false, APE_LLM_CONTEXT },
    { "maximum context length", true, APE_LLM_CONTEXT },
    { "prompt is too long", true, APE_LLM_CONTEXT },
    { "content_filter", false, APE_LLM_DECLINED },
    { "content_policy", false, APE_LLM_DECLINED },
    { "responsibleai", false, APE_LLM_DECLINED },
    { "moderation_blocked", false, APE_LLM_DECLINED },
    { "content management policy", true, APE_LLM_DECLINED },
    { "model_not_found", false, APE_LLM_MODEL },
    { "not_found_error", false, APE_LLM_MODEL },
    { "invalid_api_key", false, APE_LLM_KEY },
    { "authentication", false, APE_LLM_KEY },
    { "permission", false, APE_LLM_KEY },
    { "rate_limit", false, APE_LLM_RATE_LIMITED },
    { "slow_down", false, APE_LLM_RATE_LIMITED },
    { "too_many_requests", false, APE_LLM_RATE_LIMITED },
    { "overloaded", false, APE_LLM_OVERLOADED },
};

typedef struct details {
    const char *code;
    const char *type;
    const char *message;
    const char *detail_code; /* Anthropic's error.details.error_code */
} details;

static bool holds(const char *text, const char *word)
{
    return text && strcasestr(text, word);
}

static bool match(const details *d, size_t i)
{
    const char *word = words[i].word;

    return holds(d->code, word) || holds(d->type, word) || holds(d->detail_code, word) ||
           (words[i].in_message && holds(d->message, word));
}

static ape_llm_class class_of(const details *d, int status)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (match(d, i))
            return words[i].class_;
    if (holds(d->type, "invalid_request") && status < 400)
        return APE_LLM_REQUEST;
    return status >= 400 ? ape__llm_class_of_status(status) : APE_LLM_SERVER;
}

/* Members of the error, wherever it keeps them. */
static details read_details(const cJSON *root, const cJSON *error)
{
    details d = { 0 };

    d.message = cJSON_GetStringValue(error);
    if (cJSON_IsObject(error)) {
        d.code = ape__json_get_string(error, "code");
        d.type = ape__json_get_string(error, "type");
        d.message = ape__json_get_string(error, "message");
        d.detail_code = ape__json_get_string(ape__json_get_object(error, "details"), "error_code");
    }
    if (!d.code)
        d.code = ape__json_get_string(error, "status"); /* Gemini: RESOURCE_EXHAUSTED */
    if (!d.message)
        d.message = ape__json_get_string(root, "message");
    return d;
}

/* OpenRouter and Gemini put the HTTP status into the error's code. */
static int status_within(const cJSON *error, int status)
{
    double number;

    if (status < 400 && ape__json_get_number(error, "code", &number) && number >= 400 &&
        number < 600)
        return (int)number;
    return status;
}

bool ape__llm_take_error(ape__llm_reply *reply, int status, const cJSON *root)
{
    const cJSON *error;
    details d;

    if (cJSON_IsArray(root))
        root = cJSON_GetArrayItem(root, 0);
    error = ape__json_get(root, "error");
    if (!error || cJSON_IsNull(error)) {
        if (status < 400 || !cJSON_IsObject(root))
            return false;
        error = root;
    }
    d = read_details(root, error);
    ape__llm_reply_fail(reply, class_of(&d, status_within(error, status)),
                        d.message ? d.message
                        : d.type  ? d.type
                                  : d.code);
    return true;
}
