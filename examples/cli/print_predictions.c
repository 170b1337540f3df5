/* SPDX-License-Identifier: MIT */
#include "print_predictions.h"

#include <math.h>
#include <stdio.h>

#include "json.h"

static void print_price(const cJSON *object, const char *name)
{
    double price = json_number(object, name);

    if (isfinite(price))
        printf(" %10.2f", price);
    else
        printf(" %10s", "-");
}

static void print_prices(const cJSON *prediction)
{
    print_price(prediction, "low");
    print_price(prediction, "base");
    print_price(prediction, "high");
    printf(" %4.0f%%", 100 * json_number(prediction, "confidence"));
    print_price(prediction, "actual");
    printf("  %-7s", json_text(prediction, "outcome"));
}

static void print_row(const cJSON *prediction)
{
    printf("%-8s %-10s %-10s", json_text(prediction, "ticker"), json_text(prediction, "as_of"),
           json_text(prediction, "target_date"));
    print_prices(prediction);
    printf("  %s\n", json_text(prediction, "id"));
}

static void print_head(void)
{
    printf("%-8s %-10s %-10s %10s %10s %10s %5s %10s  %-7s  %s\n", "ticker", "as of", "target",
           "low", "base", "high", "conf", "actual", "outcome", "id");
}

void print_prediction_list(const cJSON *list)
{
    const char *next = cJSON_GetStringValue(json_member(list, "next"));
    const cJSON *prediction;

    print_head();
    cJSON_ArrayForEach(prediction, json_member(list, "predictions")) print_row(prediction);
    if (next)
        printf("more: --cursor %s\n", next);
}

void print_prediction(const cJSON *prediction)
{
    print_head();
    print_row(prediction);
}

void print_corridor(const cJSON *corridor)
{
    const cJSON *date;

    printf("%-10s %10s %10s %10s %5s %10s  %s\n", "target", "low", "base", "high", "conf", "actual",
           "outcome");
    cJSON_ArrayForEach(date, json_member(corridor, "corridor"))
    {
        printf("%-10s", json_text(date, "target_date"));
        print_prices(date);
        putchar('\n');
    }
}

static void print_counts(const cJSON *counts)
{
    printf("checked %.0f: %.0f hits, %.0f nears, %.0f misses\n", json_number(counts, "checked"),
           json_number(counts, "hits"), json_number(counts, "nears"),
           json_number(counts, "misses"));
}

void print_track_record(const cJSON *record)
{
    const cJSON *level;

    print_counts(record);
    if (isfinite(json_number(record, "mean_error")))
        printf("error of the base: %+.1f %% on average, %.1f %% whatever its sign\n",
               100 * json_number(record, "mean_error"),
               100 * json_number(record, "mean_absolute_error"));
    cJSON_ArrayForEach(level, json_member(record, "calibration")) printf(
        "corridors of %.0f %%: held %.1f %% of %.0f\n", 100 * json_number(level, "confidence"),
        100 * json_number(level, "coverage"), json_number(level, "checked"));
}

void print_check(const cJSON *check)
{
    print_counts(check);
    printf("pending %.0f, of unknown tickers %.0f\n", json_number(check, "pending"),
           json_number(check, "unknown_tickers"));
}
