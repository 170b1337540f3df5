/* SPDX-License-Identifier: MIT */
#ifndef APE_CLI_JSON_H
#define APE_CLI_JSON_H

#include <cjson/cJSON.h>

#include <ape/text.h>

/** A member of an object; NULL if there is none. */
const cJSON *json_member(const cJSON *object, const char *name);

/** A text member; "-" if there is none. */
const char *json_text(const cJSON *object, const char *name);

/** A number member; NaN if there is none. */
double json_number(const cJSON *object, const char *name);

/** Print a text and a line's end, and free it. */
void print_text(ape_text *text);

#endif /* APE_CLI_JSON_H */
