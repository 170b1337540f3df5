/* SPDX-License-Identifier: MIT */
#include <ape/llm_client.h>

#include "llm_client/classes.h"

static const struct {
    const char *name;
    const char *meaning; /* for people */
    ape_llm_action action;
    ape__llm_blame blame;
    bool may_be_billed;
} classes[] = {
    [APE_LLM_OK] = { "ok", NULL, APE_LLM_TAKE, APE__LLM_HEALTHY, true },
    [APE_LLM_CONNECT] = { "connect", "no connection", APE_LLM_RETRY, APE__LLM_SICK, false },
    [APE_LLM_TLS] = { "tls", "TLS failed, or the certificate is not to be trusted", APE_LLM_GO_ON,
                      APE__LLM_SICK, false },
    [APE_LLM_LOST] = { "lost", "the connection broke", APE_LLM_RETRY, APE__LLM_SICK, true },
    [APE_LLM_CONNECT_TIMEOUT] = { "connect_timeout", "no connection in time", APE_LLM_ELSEWHERE,
                                  APE__LLM_SICK, false },
    [APE_LLM_HEADERS_TIMEOUT] = { "headers_timeout", "no answer began in time", APE_LLM_ELSEWHERE,
                                  APE__LLM_SICK, true },
    [APE_LLM_FIRST_CONTENT_TIMEOUT] = { "first_content_timeout", "no text came in time",
                                        APE_LLM_ELSEWHERE, APE__LLM_SICK, true },
    [APE_LLM_IDLE_TIMEOUT] = { "idle_timeout", "the text stopped coming", APE_LLM_ELSEWHERE,
                               APE__LLM_SICK, true },
    [APE_LLM_TOTAL_TIMEOUT] = { "total_timeout", "the deadline of the request passed", APE_LLM_END,
                                APE__LLM_NOBODY, true },
    [APE_LLM_CRAWLING] = { "crawling", "the text came too slowly", APE_LLM_ELSEWHERE, APE__LLM_SICK,
                           true },
    [APE_LLM_CUT] = { "cut", "the answer ended without its terminal marker", APE_LLM_ELSEWHERE,
                      APE__LLM_SICK, true },
    [APE_LLM_MALFORMED] = { "malformed", "the stream broke its format", APE_LLM_ELSEWHERE,
                            APE__LLM_SICK, true },
    [APE_LLM_NOT_AN_ANSWER] = { "not_an_answer", "what came is no completion", APE_LLM_ELSEWHERE,
                                APE__LLM_SICK, false },
    [APE_LLM_EMPTY] = { "empty", "the completion is empty", APE_LLM_ELSEWHERE, APE__LLM_SICK,
                        true },
    [APE_LLM_LENGTH] = { "length", "the completion is longer than allowed", APE_LLM_GO_ON,
                         APE__LLM_HEALTHY, true },
    [APE_LLM_ODD_FINISH] = { "odd_finish", "it ended for an unknown reason", APE_LLM_ELSEWHERE,
                             APE__LLM_HEALTHY, true },
    [APE_LLM_TOO_LARGE] = { "too_large", "the answer is larger than is taken", APE_LLM_GO_ON,
                            APE__LLM_HEALTHY, true },
    [APE_LLM_DECLINED] = { "declined", "the model declined to answer", APE_LLM_END,
                           APE__LLM_HEALTHY, true },
    [APE_LLM_RATE_LIMITED] = { "rate_limited", "too many requests", APE_LLM_RETRY, APE__LLM_BUSY,
                               false },
    [APE_LLM_OVERLOADED] = { "overloaded", "the service is overloaded", APE_LLM_RETRY,
                             APE__LLM_BUSY, false },
    [APE_LLM_SERVER] = { "server", "the service failed", APE_LLM_RETRY, APE__LLM_SICK, true },
    [APE_LLM_QUOTA] = { "quota", "the account has no credit or quota left", APE_LLM_GO_ON,
                        APE__LLM_CLOSED_TO_US, false },
    [APE_LLM_KEY] = { "key", "the key is not accepted", APE_LLM_GO_ON, APE__LLM_CLOSED_TO_US,
                      false },
    [APE_LLM_MODEL] = { "model", "there is no such model", APE_LLM_GO_ON, APE__LLM_CLOSED_TO_US,
                        false },
    [APE_LLM_CONTEXT] = { "context", "the request is too long for the model", APE_LLM_GO_ON,
                          APE__LLM_NOBODY, false },
    [APE_LLM_REQUEST] = { "request", "the service finds the request wrong", APE_LLM_GO_ON,
                          APE__LLM_NOBODY, false },
    [APE_LLM_RESTING] = { "resting", "the circuit breaker is open", APE_LLM_GO_ON, APE__LLM_NOBODY,
                          false },
    [APE_LLM_NO_KEY] = { "no_key", "no key is set", APE_LLM_GO_ON, APE__LLM_NOBODY, false },
    [APE_LLM_NOT_UNDERSTOOD] = { "not_understood", "the question is not understood", APE_LLM_GO_ON,
                                 APE__LLM_NOBODY, false },
    [APE_LLM_JUDGED] = { "judged", "the answer was not accepted", APE_LLM_GO_ON, APE__LLM_HEALTHY,
                         true },
    [APE_LLM_CANCELLED] = { "cancelled", "the caller stopped it", APE_LLM_END, APE__LLM_NOBODY,
                            true },
    [APE_LLM_INTERNAL] = { "internal", "out of memory, or a bug", APE_LLM_END, APE__LLM_NOBODY,
                           true },
    [APE_LLM_BUDGET] = { "budget", "the budget has not enough money left", APE_LLM_GO_ON,
                         APE__LLM_NOBODY, false },
};

enum { CLASSES = sizeof(classes) / sizeof(classes[0]) };

const char *ape_llm_class_name(ape_llm_class class_)
{
    return class_ >= 0 && class_ < CLASSES ? classes[class_].name : "unknown";
}

const char *ape__llm_class_meaning(ape_llm_class class_)
{
    return class_ >= 0 && class_ < CLASSES ? classes[class_].meaning : NULL;
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
