/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_JSON_OUTPUT_H
#define APE_CODE_SANITIZER_JSON_OUTPUT_H

#include "code_sanitizer/fixer.h"

/* What json.dumps is given, if the call is one. */
void ape__check_json(ape__fixer *f, const ape__node *call);

/* True if a print prints JSON. */
bool ape__prints_json(ape__fixer *f, const ape__node *print);

/* What is printed beside JSON, or in its place; after all prints were seen. */
void ape__finish_json(ape__fixer *f);

#endif /* APE_CODE_SANITIZER_JSON_OUTPUT_H */
