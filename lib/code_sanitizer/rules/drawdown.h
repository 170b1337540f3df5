/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_DRAWDOWN_H
#define APE_CODE_SANITIZER_DRAWDOWN_H

#include "code_sanitizer/fixer.h"

/* Drawdowns that are taken of returns, not of prices. */
void ape__check_drawdown(ape__fixer *f, const ape__node *node);

#endif /* APE_CODE_SANITIZER_DRAWDOWN_H */
