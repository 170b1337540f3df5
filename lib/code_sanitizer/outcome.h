/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_OUTCOME_H
#define APE_CODE_SANITIZER_OUTCOME_H

#include "code_sanitizer/job.h"

/** What a finished job came to, as a handle of its own. */
ape_status ape__outcome_new(const ape__job *job, ape_host *host, const char *raw, size_t size,
                            ape_sanitized_code **out, ape_error *err);

#endif /* APE_CODE_SANITIZER_OUTCOME_H */
