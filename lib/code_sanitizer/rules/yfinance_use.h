/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_YFINANCE_USE_H
#define APE_CODE_SANITIZER_YFINANCE_USE_H

#include "code_sanitizer/fixer.h"

/* What programs do with the prices that they fetched. */
void ape__visit_yfinance_use(ape__fixer *f, ape__node *node);

#endif /* APE_CODE_SANITIZER_YFINANCE_USE_H */
