/* SPDX-License-Identifier: MIT */
#include "llm_client/chain.h"

bool ape__llm_provider_is_local(const ape__llm_provider *provider)
{
    return provider->wire == NULL;
}

bool ape__llm_provider_lacks_key(const ape__llm_provider *provider)
{
    return provider->key_count == 0;
}

/* With the lock. */
static ape__llm_key *soonest(ape__llm_provider *p, const ape__llm_amounts *wanted, uint64_t now_ms,
                             uint64_t *wait_ms)
{
    ape__llm_key *best = NULL;

    *wait_ms = UINT64_MAX;
    for (size_t i = 0; i < p->key_count; i++) {
        uint64_t wait = ape__llm_quota_wait_ms(&p->keys[i].quota, wanted, now_ms);

        if (wait >= *wait_ms)
            continue;
        best = &p->keys[i];
        *wait_ms = wait;
    }
    return best;
}

ape__llm_key *ape__llm_provider_take_key(ape__llm_provider *provider,
                                         const ape__llm_amounts *wanted, uint64_t now_ms,
                                         uint64_t *wait_ms)
{
    ape__llm_key *key;

    pthread_mutex_lock(&provider->lock);
    key = soonest(provider, wanted, now_ms, wait_ms);
    if (key && *wait_ms == 0)
        ape__llm_quota_take(&key->quota, wanted, now_ms);
    pthread_mutex_unlock(&provider->lock);
    return key;
}

void ape__llm_provider_settle(ape__llm_provider *provider, ape__llm_key *key,
                              const ape__llm_amounts *taken, const ape__llm_amounts *used,
                              const ape__llm_told told[APE__LLM_MEASURES], uint64_t now_ms)
{
    pthread_mutex_lock(&provider->lock);
    ape__llm_quota_settle(&key->quota, taken, used);
    ape__llm_quota_tell(&key->quota, told, now_ms);
    pthread_mutex_unlock(&provider->lock);
}

bool ape__llm_provider_rest_key(ape__llm_provider *provider, ape__llm_key *key, uint64_t until_ms,
                                uint64_t now_ms)
{
    const ape__llm_amounts nothing = { { 0 } };
    uint64_t wait_ms;

    pthread_mutex_lock(&provider->lock);
    key->quota.rests_until_ms = until_ms;
    soonest(provider, &nothing, now_ms, &wait_ms);
    pthread_mutex_unlock(&provider->lock);
    return wait_ms == 0;
}

void ape__llm_provider_note_pace(ape__llm_provider *provider, uint64_t first_content_ms)
{
    pthread_mutex_lock(&provider->lock);
    ape__llm_pace_add(&provider->pace, first_content_ms);
    pthread_mutex_unlock(&provider->lock);
}

uint64_t ape__llm_provider_p95_ms(ape__llm_provider *provider)
{
    uint64_t ms;

    pthread_mutex_lock(&provider->lock);
    ms = ape__llm_pace_p95_ms(&provider->pace);
    pthread_mutex_unlock(&provider->lock);
    return ms;
}
