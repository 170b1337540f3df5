/* SPDX-License-Identifier: MIT */
#include <ape/metrics_registry.h>

#include <string.h>
#include <strings.h>

/* A piece of the header, not NUL-ended. */
typedef struct piece {
    const char *text;
    size_t size;
} piece;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static piece trim(piece p)
{
    while (p.size > 0 && is_blank(*p.text)) {
        p.text++;
        p.size--;
    }
    while (p.size > 0 && is_blank(p.text[p.size - 1]))
        p.size--;
    return p;
}

/* Cut off what stands before the separator, outside quotes. */
static piece next_piece(piece *rest, char separator)
{
    bool quoted = false;
    size_t i = 0;
    piece head;

    for (; i < rest->size && (quoted || rest->text[i] != separator); i++)
        if (rest->text[i] == '"')
            quoted = !quoted;
    head = (piece){ rest->text, i };
    i += i < rest->size;
    *rest = (piece){ rest->text + i, rest->size - i };
    return trim(head);
}

static bool is(piece p, const char *text)
{
    return p.size == strlen(text) && strncasecmp(p.text, text, p.size) == 0;
}

/* A value of a parameter, without its quotes. */
static piece unquote(piece p)
{
    if (p.size >= 2 && p.text[0] == '"' && p.text[p.size - 1] == '"')
        return (piece){ p.text + 1, p.size - 2 };
    return p;
}

/* "0.25" as thousandths; what is no such number counts as 0. */
static int quality_of(piece p)
{
    int value, scale = 1000;

    if (p.size == 0 || p.size > 5 || (*p.text != '0' && *p.text != '1'))
        return 0;
    value = (*p.text - '0') * scale;
    for (size_t i = 1; i < p.size; i++) {
        if (i == 1 ? p.text[i] != '.' : p.text[i] < '0' || p.text[i] > '9')
            return 0;
        if (i > 1) {
            scale /= 10;
            value += (p.text[i] - '0') * scale;
        }
    }
    return value <= 1000 ? value : 0;
}

/* One range of the header: what it would get from us, and how much it is wanted. */
typedef struct offer {
    ape_metrics_format format;
    int quality;
} offer;

static offer read_range(piece range)
{
    piece type = next_piece(&range, ';');
    bool open = is(type, "application/openmetrics-text");
    bool text = is(type, "text/plain") || is(type, "text/*") || is(type, "*/*");
    offer o = { open ? APE_METRICS_OPENMETRICS : APE_METRICS_TEXT, 1000 };

    while (range.size > 0) {
        piece value = next_piece(&range, ';');
        piece name = next_piece(&value, '=');

        value = unquote(trim(value));
        if (is(name, "q"))
            o.quality = quality_of(value);
        else if (is(name, "version") && !is(value, open ? "1.0.0" : "0.0.4"))
            return (offer){ APE_METRICS_TEXT, 0 };
    }
    if (!open && !text)
        o.quality = 0;
    return o;
}

ape_metrics_format ape_metrics_format_for_accept(const char *accept)
{
    offer best = { APE_METRICS_TEXT, 0 };
    piece rest = { accept, accept ? strlen(accept) : 0 };

    while (rest.size > 0) {
        offer o = read_range(next_piece(&rest, ','));

        if (o.quality > best.quality)
            best = o;
    }
    return best.format;
}

const char *ape_metrics_format_content_type(ape_metrics_format format)
{
    return format == APE_METRICS_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}
