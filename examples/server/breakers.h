/* SPDX-License-Identifier: MIT */
#ifndef SERVER_BREAKERS_H
#define SERVER_BREAKERS_H

#include <ape/ape.h>

/** The circuit breakers that this server shares with others over its bus. */
typedef struct breakers breakers;

/** NULL: out of memory. */
breakers *breakers_new(ape_bus *bus);

/** After the client that was given to breakers_share(), and before the bus. */
void breakers_free(breakers *b);

/** Share the breakers of a client, as long as it lives, if the settings want that; else no
 *  longer. */
void breakers_share(breakers *b, ape_llm_client *client, const ape_settings *settings);

#endif /* SERVER_BREAKERS_H */
