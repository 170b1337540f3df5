/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_QUOTA_H
#define APE_LLM_CLIENT_QUOTA_H

#include <stddef.h>
#include <stdint.h>

/** What providers limit, each for a minute or so. */
typedef enum ape__llm_measure {
    APE__LLM_REQUESTS,
    APE__LLM_TOKENS, /* in and out together */
    APE__LLM_INPUT_TOKENS,
    APE__LLM_OUTPUT_TOKENS,
} ape__llm_measure;

enum { APE__LLM_MEASURES = 4 };

/** So much of each measure; in what was used, -1: unknown. */
typedef struct ape__llm_amounts {
    int64_t of[APE__LLM_MEASURES];
} ape__llm_amounts;

/** What a provider's headers say of one measure; -1: nothing. */
typedef struct ape__llm_told {
    int64_t limit;
    int64_t left;
    int64_t reset_ms; /* until all of the limit is there again */
} ape__llm_told;

typedef struct ape__llm_meter {
    double limit; /* a minute, as the settings have it; 0: none */
    double left;  /* of the limit, at at_ms; below 0 where more was used than was asked for */
    uint64_t at_ms;
    double told_left; /* by the provider at told_at_ms; it counts until told_until_ms */
    double told_rate; /* at which it fills up again, for a ms; 0: all at once, in the end */
    uint64_t told_at_ms, told_until_ms;
} ape__llm_meter;

/**
 * What one key may still ask for: by the settings, and by what the provider said.
 * Times are in ms on the host's clock. Not safe for threads by itself.
 */
typedef struct ape__llm_quota {
    ape__llm_meter meters[APE__LLM_MEASURES];
    uint64_t rests_until_ms; /* after it was turned away */
} ape__llm_quota;

/** @param rpm, tpm  requests and tokens a minute; 0: no limit of our own */
void ape__llm_quota_init(ape__llm_quota *quota, int64_t rpm, int64_t tpm, uint64_t now_ms);

/** Until so much can be had; 0: now. More than the limit of a minute is let through
 *  when all of the limit is there: waiting longer would not help. */
uint64_t ape__llm_quota_wait_ms(const ape__llm_quota *quota, const ape__llm_amounts *wanted,
                                uint64_t now_ms);
void ape__llm_quota_take(ape__llm_quota *quota, const ape__llm_amounts *wanted, uint64_t now_ms);

/** A request that took @p taken has ended: what it used in truth. */
void ape__llm_quota_settle(ape__llm_quota *quota, const ape__llm_amounts *taken,
                           const ape__llm_amounts *used);

/** What the head of a reply said; from then on it is what counts. */
void ape__llm_quota_tell(ape__llm_quota *quota, const ape__llm_told told[APE__LLM_MEASURES],
                         uint64_t now_ms);

void ape__llm_told_init(ape__llm_told told[APE__LLM_MEASURES]);

/** Take one line of a head in, if it is of this kind; @p wall_ms is for dates. */
void ape__llm_told_read(ape__llm_told told[APE__LLM_MEASURES], const char *name, const char *value,
                        int64_t wall_ms);

#endif /* APE_LLM_CLIENT_QUOTA_H */
