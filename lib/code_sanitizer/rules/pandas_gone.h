/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_PANDAS_GONE_H
#define APE_CODE_SANITIZER_PANDAS_GONE_H

#include "code_sanitizer/fixer.h"

/* What pandas had once. */
void ape__check_gone(ape__fixer *f, const ape__node *node);

/* Shapes that do not fit: a series where a number must stand, text among numbers, two lengths. */
void ape__check_shapes(ape__fixer *f, const ape__node *node);

#endif /* APE_CODE_SANITIZER_PANDAS_GONE_H */
