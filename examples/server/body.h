/* SPDX-License-Identifier: MIT */
#ifndef SERVER_BODY_H
#define SERVER_BODY_H

#include "request.h"

/**
 * The body as a JSON object: UTF-8, nothing after it, no member twice. A missing
 * body, where the route allows that, is an empty object. Free it with cJSON_Delete().
 *
 * @param members  names that may be there, ended by NULL; NULL: any
 * @return NULL if the request was answered with a problem
 */
cJSON *body_object(request *r, const char *const *members);

/* Each reads one member; null is as good as missing. @return false if the request was
   answered with a problem that names the member. */
bool body_string(request *r, const cJSON *object, const char *name, bool required, size_t max,
                 const char **out);
bool body_integer(request *r, const cJSON *object, const char *name, int64_t min, int64_t max,
                  int64_t *out);
bool body_bool(request *r, const cJSON *object, const char *name, bool *out);

/** A string member that is a date. */
bool body_date(request *r, const cJSON *object, const char *name, const char **out);

/* The same for query parameters. */
bool parameter_integer(request *r, const char *name, int64_t min, int64_t max, int64_t *out);
bool parameter_date(request *r, const char *name, const char **out);

/** True for a day of the calendar, as 2022-12-28. */
bool is_date(const char *text);

/** True for 1 to 31 of A-Z a-z 0-9 . ^ = _ -, no dot in front. */
bool is_ticker(const char *text);

bool utf8_valid(const char *text, size_t size);

#endif /* SERVER_BODY_H */
