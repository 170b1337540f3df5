/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_PANDAS_TABLES_H
#define APE_CODE_SANITIZER_PANDAS_TABLES_H

#include "code_sanitizer/config.h"
#include "code_sanitizer/infer/value.h"

/** The spelling of a frequency that this pandas takes; NULL if it takes it as it is. */
const char *ape__frequency_for(ape__name frequency, ape__target pandas, ape__arena *arena);

#endif /* APE_CODE_SANITIZER_PANDAS_TABLES_H */
