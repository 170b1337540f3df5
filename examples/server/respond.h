/* SPDX-License-Identifier: MIT */
#ifndef SERVER_RESPOND_H
#define SERVER_RESPOND_H

#include "request.h"

/** Queue the reply of a request, with the header fields that every reply has. On a
 *  thread of HTTP. */
enum MHD_Result respond(request *r);

/** Answer a CORS preflight. @return false if the request is none. */
bool respond_preflight(request *r);

#endif /* SERVER_RESPOND_H */
