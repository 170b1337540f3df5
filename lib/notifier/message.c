/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/json.h"
#include "notifier/internal.h"

/* Slack reads & < > as its own. */
static void put_text(ape__buffer *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '&')
            ape__buffer_puts(out, "&amp;");
        else if (*text == '<')
            ape__buffer_puts(out, "&lt;");
        else if (*text == '>')
            ape__buffer_puts(out, "&gt;");
        else
            ape__buffer_append(out, text, 1);
    }
}

static void put_notice(ape__buffer *out, const ape_notifier *notifier, const ape__notice *notice)
{
    static const char *const signs[] = { ":information_source:", ":warning:", ":rotating_light:",
                                         ":white_check_mark:" };

    ape__buffer_puts(out, signs[notice->severity]);
    ape__buffer_puts(out, " ");
    put_text(out, notifier->source);
    ape__buffer_puts(out, ": *");
    put_text(out, notice->title);
    ape__buffer_puts(out, "*");
    if (notice->text[0]) {
        ape__buffer_puts(out, "\n");
        put_text(out, notice->text);
    }
}

void ape__notifier_render(const ape_notifier *notifier, const ape__notice *notices,
                          ape__buffer *out)
{
    ape__json_writer w;
    ape__buffer text;

    ape__buffer_init(&text, notifier->host);
    for (; notices; notices = notices->next) {
        put_notice(&text, notifier, notices);
        if (notices->next)
            ape__buffer_puts(&text, "\n");
    }
    ape__json_writer_init(&w, out);
    ape__json_begin_object(&w, NULL);
    ape__json_string_sized(&w, "text", text.data ? text.data : "", text.size);
    ape__json_end_object(&w);
    out->failed |= text.failed;
    ape__buffer_clear(&text);
}
