/* SPDX-License-Identifier: MIT */
#ifndef SERVER_PROBLEM_H
#define SERVER_PROBLEM_H

#include "request.h"

/**
 * Answer with an RFC 9457 problem document. Under /v1 it has the member that
 * OpenAI's clients read besides. What was answered before is dropped.
 *
 * @param detail  for the caller: cause and remedy; nothing about the inside
 */
__attribute__((format(printf, 3, 4))) void problem(request *r, unsigned status, const char *detail,
                                                   ...);

/** 422 that names a field. */
__attribute__((format(printf, 3, 4))) void problem_field(request *r, const char *field,
                                                         const char *detail, ...);

/** What a function of the library returned, as a problem. */
void problem_status(request *r, ape_status status, const ape_error *err);

/** HTTP status that fits a status of the library. */
unsigned problem_http_status(ape_status status);

/** The document, for streams and for extra members; NULL without memory. */
cJSON *problem_document(const request *r, unsigned status, const char *detail);

/** Answer with a document; it is freed. */
void problem_send(request *r, unsigned status, cJSON *document);

/** "Not Found". Static storage. */
const char *problem_title(unsigned status);

#endif /* SERVER_PROBLEM_H */
