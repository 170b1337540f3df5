/* SPDX-License-Identifier: MIT */
#ifndef SERVER_NEGOTIATE_H
#define SERVER_NEGOTIATE_H

#include <stdbool.h>

/**
 * How much a client wants a media type, by RFC 9110's rules: the most specific range
 * that fits decides.
 *
 * @param accept  value of Accept; NULL or empty: everything is welcome
 * @param type    as "application/json"
 * @return 0 (not at all) to 1000
 */
int negotiate_quality(const char *accept, const char *type);

/** True if the type itself is in the list, and wanted. */
bool negotiate_names(const char *accept, const char *type);

/** True if a list, as that of Prefer or Connection, has this token, with or without parameters. */
bool negotiate_has_token(const char *list, const char *token);

#endif /* SERVER_NEGOTIATE_H */
