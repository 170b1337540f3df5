/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_DATE_H
#define APE_CORE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Days since 1970-01-01 in the proleptic Gregorian calendar. */
typedef int32_t ape__date;

/** A date from its parts; false where there is no such day. Years 1 to 9999. */
bool ape__date_from_parts(int year, int month, int day, ape__date *out);
void ape__date_to_parts(ape__date date, int *year, int *month, int *day);

/** "2021-01-04", exactly those ten bytes; false for anything else. */
bool ape__date_parse(const char *text, size_t size, ape__date *out);
void ape__date_format(ape__date date, char out[11]);

/** The date @p months later (or earlier), the day clipped to the month's length. */
ape__date ape__date_add_months(ape__date date, int months);

/** UTC date of a time in milliseconds since 1970-01-01. */
ape__date ape__date_from_wall_ms(int64_t wall_ms);

/** "2026-11-23T12:00:00Z" as milliseconds since 1970; false for anything else. */
bool ape__time_parse(const char *text, int64_t *out_ms);

#endif /* APE_CORE_DATE_H */
