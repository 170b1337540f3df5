/* SPDX-License-Identifier: MIT */
#ifndef SERVER_TOKEN_H
#define SERVER_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ape/settings.h>

enum {
    TOKEN_SIZE = 1024,  /* a longer one is refused unread */
    TOKEN_SUBJECT = 65, /* with the NUL */
};

/**
 * Write an HS256 token of this server: {"alg": "HS256", "typ": TYPE} and {"iss":
 * "ape", "aud": "ape", "sub", "iat", "exp"}.
 *
 * @param type  what it is good for, as "ape-access+jwt": one kind is never taken
 *              for another
 * @return false if SECRET_KEY is not set
 */
bool token_issue(const ape_settings *settings, const char *type, const char *subject, int64_t now_s,
                 uint32_t ttl_s, char out[TOKEN_SIZE]);

/** As token_issue(), but with claims that are given as JSON. False also if they are too long. */
bool token_sign(const ape_settings *settings, const char *type, const char *claims, size_t size,
                char out[TOKEN_SIZE]);

/**
 * Check a token by the rules of RFC 8725: the algorithm is ours and not the
 * token's, type, issuer, audience and times must fit, the signature is compared in
 * constant time.
 *
 * @param subject  the token's, on success
 */
bool token_check(const ape_settings *settings, const char *type, const char *token, size_t size,
                 int64_t now_s, char subject[TOKEN_SUBJECT]);

/** Compare without telling by the time where they differ. */
bool equal_in_constant_time(const void *a, const void *b, size_t size);

#endif /* SERVER_TOKEN_H */
