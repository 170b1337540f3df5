/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_COMPANIES_H
#define APE_PLANNER_COMPANIES_H

#include <stddef.h>
#include <stdint.h>

/** How a symbol must be written to be taken for one. */
typedef enum ape__plan_symbol_form {
    APE__PLAN_ANY_CASE, /* "xom" is no word */
    APE__PLAN_CAPITALS, /* "LOW" is the company, "low" is not */
    APE__PLAN_DOLLAR,   /* "IT" stands in too many sentences: only "$IT" */
} ape__plan_symbol_form;

/** A company, fund or index. */
typedef struct ape__plan_company {
    const char *symbol; /* as Yahoo writes it */
    const char *names;  /* parted by "|", in the form of ape__plan_match() */
    uint8_t form;       /* ape__plan_symbol_form */
} ape__plan_company;

extern const ape__plan_company ape__plan_companies[];
extern const size_t ape__plan_companies_count;

#endif /* APE_PLANNER_COMPANIES_H */
