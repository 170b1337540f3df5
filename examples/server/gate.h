/* SPDX-License-Identifier: MIT */
#ifndef SERVER_GATE_H
#define SERVER_GATE_H

#include "request.h"

/**
 * Everything that is checked before a body is read: framing, sizes, route, host and
 * origin, credentials, rate limit, type and length of the body.
 *
 * @return false if the request was answered
 */
bool gate_pass(request *r);

/** True if a body follows, or claims to. */
bool gate_has_body(const request *r);

/** Check the body once it is whole. @return false if the request was answered. */
bool gate_pass_body(request *r);

/** True if pages of this origin may call: our own, or one of CORS_ORIGINS. */
bool gate_origin_allowed(const request *r, const char *origin);

#endif /* SERVER_GATE_H */
