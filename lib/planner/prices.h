/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_PRICES_H
#define APE_PLANNER_PRICES_H

#include "core/buffer.h"
#include "planner/question.h"

/** What is asked of the market. */
typedef struct ape__plan_asked {
    char start[11];
    char end[11];
    uint32_t closes; /* only the last so many; 0: all */
    uint32_t fewest; /* closes without which there is no value */
} ape__plan_asked;

ape__plan_asked ape__plan_ask_prices(const ape__plan_question *question);

/** True if the second ticker is "the market", whose symbol the program looks for. */
bool ape__plan_has_market(const ape__plan_question *question);

/** Write the part of a program that puts the prices into `close`. */
void ape__plan_write_prices(ape__buffer *out, const ape__plan_question *question,
                            const ape__plan_asked *asked);

#endif /* APE_PLANNER_PRICES_H */
