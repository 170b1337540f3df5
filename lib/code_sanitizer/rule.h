/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_RULE_H
#define APE_CODE_SANITIZER_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a rule does where it applies. */
typedef enum ape__rule_level {
    RULE_OFF,
    RULE_INFO,   /* says so */
    RULE_WARN,   /* says so: the number may be wrong */
    RULE_UNSAFE, /* repairs if unsafe repairs are wanted, else warns */
    RULE_SAFE,   /* repairs */
    RULE_REJECT, /* the code must not run */
} ape__rule_level;

typedef enum ape__rule_family {
    FAMILY_EXTRACTION,
    FAMILY_SYNTAX,
    FAMILY_YFINANCE,
    FAMILY_PANDAS,
    FAMILY_NUMPY,
    FAMILY_OUTPUT,
    FAMILY_FINANCE,
    FAMILY_SECURITY,
    FAMILY_COUNT,
} ape__rule_family;

/** A row of the rule table; docs/rules.md is made from it. */
typedef struct ape__rule {
    const char *id; /* "APE203" */
    ape__rule_family family;
    ape__rule_level level; /* unless the sanitizer's options say otherwise */
    const char *title;
    const char *bad;   /* what it looks for */
    const char *why;   /* what would happen */
    const char *fix;   /* what it does, or what a person should do */
    const char *never; /* when it keeps its hands off; NULL: no such case */
} ape__rule;

extern const ape__rule ape__rules[];
extern const size_t ape__rule_count;

/** Index of a rule by its id; -1 if there is none. */
int ape__rule_find(const char *id, size_t size);

const char *ape__rule_level_name(ape__rule_level level);
const char *ape__rule_family_name(ape__rule_family family);

/** "security", "temporal", "fabricated", "contract" or "syntax": the kind of a reject. */
const char *ape__rule_class(const ape__rule *rule);

#endif /* APE_CODE_SANITIZER_RULE_H */
