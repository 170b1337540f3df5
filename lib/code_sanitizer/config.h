/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_CONFIG_H
#define APE_CODE_SANITIZER_CONFIG_H

#include <ape/code_sanitizer.h>

#include "code_sanitizer/rule.h"
#include "core/memory.h"

/** A version as one number that compares: 1.5.3 is 10503. */
typedef uint32_t ape__target;

#define APE__TARGET(major, minor, patch) ((ape__target)((major)*10000u + (minor)*100u + (patch)))

enum { APE__RULES_MAX = 160 };

/** What a sanitizer was made for. Immutable. */
typedef struct ape__config {
    ape_host *host; /* shared */
    ape__target python, pandas, numpy, yfinance;
    bool unsafe_fixes;
    ape_code_division division;
    ape_code_history history;
    char *allow_imports;           /* as in the options; NULL: none */
    uint8_t level[APE__RULES_MAX]; /* an ape__rule_level for each row of the table */
} ape__config;

/* Sizes of the public structs in their first release. */
#define APE__SANITIZER_OPTIONS_V1                                                                  \
    (offsetof(ape_code_sanitizer_options, profile) + sizeof(const char *))
#define APE__CODE_REQUEST_V1 (offsetof(ape_code_request, end) + sizeof(const char *))

/** Fill from checked options; the error names the part that is wrong. */
ape_status ape__config_load(ape__config *config, const ape_code_sanitizer_options *opts,
                            ape_error *err);

/** Give back what loading took. */
void ape__config_clear(ape__config *config);

/** True if the embedding program allowed this module. */
bool ape__config_allows(const ape__config *config, const char *module, size_t size);

#endif /* APE_CODE_SANITIZER_CONFIG_H */
