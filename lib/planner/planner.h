/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_PLANNER_H
#define APE_PLANNER_PLANNER_H

#include <ape/host.h>
#include <ape/text.h>

/**
 * The builtin planner: like a language model, text in, text out, but by rules.
 *
 * @param user_message  lines "As-of date: YYYY-MM-DD" and "Question: ..." among
 *                      others, which are ignored; without a "Question:" line all of
 *                      it is the question. Without a date, today (UTC) by the host's
 *                      wall clock. Any bytes are welcome.
 * @param out           set on success: a fenced Python program that prints one JSON object
 * @return APE_OK; APE_ERR_REFUSED where the question is not understood, or could mean
 *         two things (err->message says what and what is known); APE_ERR_NO_MEMORY.
 */
ape_status ape__planner_answer(ape_host *host, const char *user_message, size_t size,
                               ape_text **out, ape_error *err);

#endif /* APE_PLANNER_PLANNER_H */
