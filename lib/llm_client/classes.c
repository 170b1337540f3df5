/* SPDX-License-Identifier: MIT */
#include <ape/llm_client.h>

#include "llm_client/classes.h"

static const struct {
    const char *name;
    ape_llm_action action;
    ape__llm_blame blame;
    bool may_be_billed;
} classes[] = {
    [APE_LLM_OK] = { "ok", APE_LLM_TAKE, APE__LLM_HEALTHY, true },
    [APE_LLM_CONNECT] = { "connect", APE_LLM_RETRY, APE__LLM_SICK, false },
    [APE_LLM_TLS] = { "tls", APE_LLM_GO_ON, APE__LLM_SICK, false },
    [APE_LLM_LOST] = { "lost", APE_LLM_RETRY, APE__LLM_SICK, true },
    [APE_LLM_CONNECT_TIMEOUT] = { "connect_timeout", APE_LLM_ELSEWHERE, APE__LLM_SICK, false },
    [APE_LLM_HEADERS_TIMEOUT] = { "headers_timeout", APE_LLM_ELSEWHERE, APE__LLM_SICK, true },
    [APE_LLM_FIRST_CONTENT_TIMEOUT] = { "first_content_timeout", APE_LLM_ELSEWHERE, APE__LLM_SICK,
                                        true },
    [APE_LLM_IDLE_TIMEOUT] = { "idle_timeout", APE_LLM_ELSEWHERE, APE__LLM_SICK, true },
    [APE_LLM_TOTAL_TIMEOUT] = { "total_timeout", APE_LLM_END, APE__LLM_NOBODY, true },
    [APE_LLM_CRAWLING] = { "crawling", APE_LLM_ELSEWHERE, APE__LLM_SICK, true },
    [APE_LLM_CUT] = { "cut", APE_LLM_ELSEWHERE, APE__LLM_SICK, true },
    [APE_LLM_MALFORMED] = { "malformed", APE_LLM_ELSEWHERE, APE__LLM_SICK, true },
    [APE_LLM_NOT_AN_ANSWER] = { "not_an_answer", APE_LLM_ELSEWHERE, APE__LLM_SICK, false },
    [APE_LLM_EMPTY] = { "empty", APE_LLM_ELSEWHERE, APE__LLM_SICK, true },
    [APE_LLM_LENGTH] = { "length", APE_LLM_GO_ON, APE__LLM_HEALTHY, true },
    [APE_LLM_ODD_FINISH] = { "odd_finish", APE_LLM_ELSEWHERE, APE__LLM_HEALTHY, true },
    [APE_LLM_TOO_LARGE] = { "too_large", APE_LLM_GO_ON, APE__LLM_HEALTHY, true },
    [APE_LLM_DECLINED] = { "declined", APE_LLM_END, APE__LLM_HEALTHY, true },
    [APE_LLM_RATE_LIMITED] = { "rate_limited", APE_LLM_RETRY, APE__LLM_BUSY, false },
    [APE_LLM_OVERLOADED] = { "overloaded", APE_LLM_RETRY, APE__LLM_BUSY, false },
    [APE_LLM_SERVER] = { "server", APE_LLM_RETRY, APE__LLM_SICK, true },
    [APE_LLM_QUOTA] = { "quota", APE_LLM_GO_ON, APE__LLM_CLOSED_TO_US, false },
    [APE_LLM_KEY] = { "key", APE_LLM_GO_ON, APE__LLM_CLOSED_TO_US, false },
    [APE_LLM_MODEL] = { "model", APE_LLM_GO_ON, APE__LLM_CLOSED_TO_US, false },
    [APE_LLM_CONTEXT] = { "context", APE_LLM_GO_ON, APE__LLM_NOBODY, false },
    [APE_LLM_REQUEST] = { "request", APE_LLM_GO_ON, APE__LLM_NOBODY, false },
    [APE_LLM_RESTING] = { "resting", APE_LLM_GO_ON, APE__LLM_NOBODY, false },
    [APE_LLM_NO_KEY] = { "no_key", APE_LLM_GO_ON, APE__LLM_NOBODY, false },
    [APE_LLM_NOT_UNDERSTOOD] = { "not_understood", APE_LLM_GO_ON, APE__LLM_NOBODY, false },
    [APE_LLM_JUDGED] = { "judged", APE_LLM_GO_ON, APE__LLM_HEALTHY, true },
    [APE_LLM_CANCELLED] = { "cancelled", APE_LLM_END, APE__LLM_NOBODY, true },
    [APE_LLM_INTERNAL] = { "internal", APE_LLM_END, APE__LLM_NOBODY, true },
};

enum { CLASSES = sizeof(classes) / sizeof(classes[0]) };

const char *ape_llm_class_name(ape_llm_class class_)
{
    return class_ >= 0 && class_ < CLASSES ? classes[class_].name : "unknown";
}

ape_llm_action ape_llm_class_action(ape_llm_class class_)
{
    return class_ >= 0 && class_ < CLASSES ? classes[class_].action : APE_LLM_END;
}

ape__llm_blame ape__llm_class_blame(ape_llm_class class_)
{
    return classes[class_].blame;
}

bool ape__llm_class_may_be_billed(ape_llm_class class_)
{
    return classes[class_].may_be_billed;
}
