/* SPDX-License-Identifier: MIT */
#ifndef SERVER_CHAIN_H
#define SERVER_CHAIN_H

#include <ape/settings.h>
#include <stdbool.h>

typedef void (*chain_visitor)(void *user, const char *provider);

/** The providers of the chain, in order of preference. */
void chain_for_each(const ape_settings *settings, chain_visitor visit, void *user);

/** Is there a provider of this name? */
bool chain_has(const ape_settings *settings, const char *name);

#endif /* SERVER_CHAIN_H */
