/* SPDX-License-Identifier: MIT */
#ifndef SERVER_PREDICTIONS_H
#define SERVER_PREDICTIONS_H

#include "server.h"

/**
 * Keep the prediction that an answer holds, if it is one: before anybody sees the
 * answer.
 *
 * @return the answer with its prediction_id, for the caller to free(); NULL: there is
 *         no prediction, or it could not be kept
 */
char *predictions_keep(server *s, const char *query_id, const ape_answer *answer);

/** Keep a query's answer. */
void predictions_keep_query(server *s, const char *answer);

#endif /* SERVER_PREDICTIONS_H */
