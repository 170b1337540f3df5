/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_SPAN_H
#define APE_PLANNER_SPAN_H

#include "planner/calendar.h"
#include "planner/quantity.h"

typedef enum ape__plan_span_kind {
    APE__PLAN_SPAN_DAY,     /* one day */
    APE__PLAN_SPAN_STRETCH, /* from day to day */
    APE__PLAN_SPAN_BACK,    /* so long up to the end, which another span may name */
    APE__PLAN_SPAN_CLOSES,  /* so many trading days up to the end */
} ape__plan_span_kind;

/** Words that tell of one stretch of time, without the words that join it to another. */
typedef struct ape__plan_span {
    ape__plan_span_kind kind;
    size_t at; /* its first token */
    size_t count;
    bool is_calendar;            /* first and last are still to be made of calendar */
    ape__plan_calendar calendar; /* what is not said of it may stand in the next span */
    bool from_its_start;         /* of a day that is an edge: "the start of 2021", not the end */
    ape__plan_quantity back;
    ape__date first;
    ape__date last;
} ape__plan_span;

/** What reading spans depends on. */
typedef struct ape__plan_span_reader {
    ape__plan_tokens *tokens;
    ape__date as_of;
    bool days_are_window; /* "over 50 days" is the window of an average, not a period */
} ape__plan_span_reader;

/** Read the span that begins here; the number of its tokens, 0 if none does. */
size_t ape__plan_read_span(const ape__plan_span_reader *reader, size_t at, ape__plan_span *out);

#endif /* APE_PLANNER_SPAN_H */
