/* SPDX-License-Identifier: MIT */
#include "orchestrator/sentence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

typedef struct wording {
    const char *of, *and, *against, *on, *from, *to, *undefined, *corridor, *confidence;
} wording;

static const wording english = {
    .of = " of ",
    .and = " and ",
    .against = " relative to ",
    .on = " on ",
    .from = " from ",
    .to = " to ",
    .undefined = "undefined",
    .corridor = "Median price forecast",
    .confidence = ", confidence ",
};

static const wording russian = {
    .of = ": ",
    .and = " и ",
    .against = " относительно ",
    .on = ", ",
    .from = ", с ",
    .to = " по ",
    .undefined = "не определено",
    .corridor = "Медианный прогноз цены",
    .confidence = ", вероятность ",
};

static bool has_cyrillic(const char *text, size_t size)
{
    uint32_t c;

    while (size > 0) {
        size_t length = ape__utf8_decode(text, size, &c);

        if (length == 0)
            return false;
        if (c >= 0x400 && c <= 0x4ff)
            return true;
        text += length;
        size -= length;
    }
    return false;
}

/* Six significant digits, and two decimals at least; read back, so that the
 * shortest form of those is shown. */
static void put_number(ape__buffer *b, double value)
{
    char digits[32], shortest[32];

    value += 0.0; /* -0 is 0 */
    ape__format_double(digits, value);
    if (strlen(digits) > 8) {
        ape__buffer rounded;

        ape__buffer_init(&rounded, b->host);
        ape__buffer_printf(&rounded, fabs(value) < 1e4 ? "%.6g" : "%.2f", value);
        ape__format_double(shortest, rounded.failed ? value : strtod(rounded.data, NULL));
        ape__buffer_clear(&rounded);
        ape__buffer_puts(b, shortest);
        return;
    }
    ape__buffer_puts(b, digits);
}

static void put_name(ape__buffer *b, const ape__facts *facts, bool in_russian)
{
    if (facts->known) {
        const char *name = in_russian ? facts->known->russian_name : facts->known->name;

        if (!in_russian && name[0] >= 'a' && name[0] <= 'z') {
            ape__buffer_printf(b, "%c%s", name[0] - 'a' + 'A', name + 1);
            return;
        }
        ape__buffer_puts(b, name);
        return;
    }
    for (const char *c = facts->metric; *c; c++)
        ape__buffer_append(b, *c == '_' ? " " : c, 1);
}

static void put_tickers(ape__buffer *b, const ape__facts *facts, const wording *w)
{
    const cJSON *tickers = ape__json_get_array(facts->object, "tickers");
    const char *last = strcmp(facts->metric, "beta") == 0 ? w->against : w->and;
    const cJSON *ticker;
    int index = 0, count = cJSON_GetArraySize(tickers);

    cJSON_ArrayForEach(ticker, tickers)
    {
        ape__buffer_puts(b, index == 0 ? w->of : index == count - 1 ? last : ", ");
        ape__buffer_puts(b, ticker->valuestring);
        index++;
    }
}

static void put_window(ape__buffer *b, const cJSON *object, const wording *w)
{
    const char *start = ape__json_get_string(object, "start");
    const char *end = ape__json_get_string(object, "end");

    if (start && end && strcmp(start, end) == 0)
        ape__buffer_printf(b, "%s%s", w->on, end);
    else if (start && end)
        ape__buffer_printf(b, "%s%s%s%s", w->from, start, w->to, end);
}

static void put_corridor(ape__buffer *b, const ape__facts *facts, const wording *w)
{
    const char *target = ape__json_get_string(facts->object, "target_date");
    double low, high, confidence;

    ape__buffer_puts(b, w->corridor);
    put_tickers(b, facts, w);
    if (target)
        ape__buffer_printf(b, ", %s", target);
    ape__buffer_puts(b, ": ");
    put_number(b, facts->value);
    if (ape__json_get_number(facts->object, "price_low", &low) &&
        ape__json_get_number(facts->object, "price_high", &high)) {
        ape__buffer_puts(b, " [");
        put_number(b, low);
        ape__buffer_puts(b, ", ");
        put_number(b, high);
        ape__buffer_puts(b, "]");
    }
    if (ape__json_get_number(facts->object, "confidence", &confidence)) {
        ape__buffer_puts(b, w->confidence);
        put_number(b, confidence);
    }
}

void ape__sentence_write(ape__buffer *sentence, const ape__facts *facts, const char *question,
                         size_t question_size)
{
    bool in_russian = has_cyrillic(question, question_size);
    const wording *w = in_russian ? &russian : &english;

    if (facts->defined && strcmp(facts->metric, "price_base") == 0) {
        put_corridor(sentence, facts, w);
        return;
    }
    put_name(sentence, facts, in_russian);
    put_tickers(sentence, facts, w);
    put_window(sentence, facts->object, w);
    ape__buffer_puts(sentence, ": ");
    if (facts->defined)
        put_number(sentence, facts->value);
    else
        ape__buffer_puts(sentence, w->undefined);
}
