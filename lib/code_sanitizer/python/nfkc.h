/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_NFKC_H
#define APE_CODE_SANITIZER_NFKC_H

#include "code_sanitizer/python/ast.h"

/**
 * The form in which Python compares a name: Unicode's normal form KC, so that names
 * written with full-width, mathematical or accented letters are what they look like.
 *
 * @param text  a name, which may be all of a source: the work grows linearly
 * @return the text itself if it is in that form already, as all of ASCII is; in the
 *         arena otherwise; empty if memory is out
 */
ape__name ape__nfkc(ape__arena *arena, const char *text, uint32_t size);

#endif /* APE_CODE_SANITIZER_NFKC_H */
