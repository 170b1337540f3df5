/* SPDX-License-Identifier: MIT */
#ifndef APE_ORCHESTRATOR_SENTENCE_H
#define APE_ORCHESTRATOR_SENTENCE_H

#include "orchestrator/gate.h"

/**
 * The one sentence of a verified or undefined answer, put together from checked
 * facts alone; in Russian if the question has Cyrillic letters. Values are shown
 * with six significant digits, and two decimals at least.
 */
void ape__sentence_write(ape__buffer *sentence, const ape__facts *facts, const char *question,
                         size_t question_size);

#endif /* APE_ORCHESTRATOR_SENTENCE_H */
