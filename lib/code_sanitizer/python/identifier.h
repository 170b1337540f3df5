/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_IDENTIFIER_H
#define APE_CODE_SANITIZER_IDENTIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** True for a character that may begin a name. */
bool ape__identifier_starts(uint32_t code_point);

/** True for a character that may go on in a name. */
bool ape__identifier_continues(uint32_t code_point);

/** Length in bytes of the name at the start of @p text; 0 if there is none. */
size_t ape__identifier_length(const char *text, size_t size);

#endif /* APE_CODE_SANITIZER_IDENTIFIER_H */
