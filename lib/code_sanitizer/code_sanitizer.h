/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_CODE_SANITIZER_H
#define APE_CODE_SANITIZER_CODE_SANITIZER_H

#include <ape/code_sanitizer.h>

/** Share a sanitizer; ape_code_sanitizer_free() gives the share up. */
ape_code_sanitizer *ape__code_sanitizer_ref(ape_code_sanitizer *sanitizer);

#endif /* APE_CODE_SANITIZER_CODE_SANITIZER_H */
