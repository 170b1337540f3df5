/* SPDX-License-Identifier: MIT */
#ifndef SERVER_CHAT_H
#define SERVER_CHAT_H

#include "chat_request.h"

/**
 * Ask the chain, and answer when it has. On the request's thread of HTTP, which does
 * not wait.
 *
 * A stream begins with the first text. Until then the chain goes on to its next
 * provider unseen; after it, what was sent cannot be unsaid: if that provider fails, the
 * stream ends with an error and without [DONE].
 *
 * @param asked  taken over
 */
void chat_start(request *r, ape_llm_request *asked, const chat_form *form);

#endif /* SERVER_CHAT_H */
