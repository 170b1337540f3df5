/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_PROGRAM_H
#define APE_PLANNER_PROGRAM_H

#include "core/buffer.h"
#include "planner/question.h"

/** Write the Python program that answers a question. */
void ape__plan_write_program(ape__buffer *out, const ape__plan_question *question);

#endif /* APE_PLANNER_PROGRAM_H */
