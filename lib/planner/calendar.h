/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_CALENDAR_H
#define APE_PLANNER_CALENDAR_H

#include "core/date.h"
#include "planner/tokens.h"

/** A day, month, quarter, half-year or year that is named: "5 January 2021", "Q3 2022", "2021". */
typedef struct ape__plan_calendar {
    int year;        /* 0: not said */
    int first_month; /* 0: not said, of a day alone */
    int last_month;
    int day; /* 0: whole months */
} ape__plan_calendar;

/** Read what stands here; the number of its tokens, 0 if nothing. Whether there is such a day
 *  is not looked at. */
size_t ape__plan_read_calendar(const ape__plan_tokens *tokens, size_t at, ape__plan_calendar *out);

/** First and last day of it; false if there is no such day. */
bool ape__plan_calendar_days(const ape__plan_calendar *calendar, ape__date *first, ape__date *last);

/** A month by name, 1 to 12; 0 if none stands here. */
int ape__plan_read_month(const ape__plan_tokens *tokens, size_t at);

#endif /* APE_PLANNER_CALENDAR_H */
