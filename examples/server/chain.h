/* SPDX-License-Identifier: MIT */
#ifndef SERVER_CHAIN_H
#define SERVER_CHAIN_H

#include <ape/settings.h>

typedef void (*chain_visitor)(void *user, const char *provider);

/** The providers of the chain, in order of preference. */
void chain_for_each(const ape_settings *settings, chain_visitor visit, void *user);

#endif /* SERVER_CHAIN_H */
