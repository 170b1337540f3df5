/* SPDX-License-Identifier: MIT */
#ifndef SERVER_AUTH_H
#define SERVER_AUTH_H

#include <ape/settings.h>

#include "token.h"

#define TOKEN_TYPE_ACCESS "ape-access+jwt"

/** Who may call: API_KEYS, of which only SHA-256 digests are kept. */
typedef struct auth auth;

/** Read API_KEYS: KEY or NAME:KEY, separated by commas. @return NULL without memory. */
auth *auth_new(const ape_settings *settings);
void auth_free(auth *keys);

/** False: no key is set, everybody may call. */
bool auth_required(const auth *keys);

/**
 * Find who presents a credential: an API key, or a token that a holder of one was
 * given.
 *
 * @param name  the key's name, or the token's subject
 */
bool auth_check(const auth *keys, const ape_settings *settings, const char *credential, size_t size,
                int64_t now_s, char name[TOKEN_SUBJECT]);

#endif /* SERVER_AUTH_H */
