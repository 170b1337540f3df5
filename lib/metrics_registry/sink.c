/* SPDX-License-Identifier: MIT */
#include "metrics_registry/sink.h"

void ape__sink_flush(ape__sink *sink)
{
    if (sink->size > 0 && sink->status == APE_OK)
        sink->status = sink->writer(sink->user, sink->bytes, sink->size);
    sink->size = 0;
}

void ape__sink_put_slowly(ape__sink *sink, const char *bytes, size_t size)
{
    while (size > 0) {
        size_t room = sizeof(sink->bytes) - sink->size;
        size_t part = size < room ? size : room;

        memcpy(sink->bytes + sink->size, bytes, part);
        sink->size += part;
        bytes += part;
        size -= part;
        if (sink->size == sizeof(sink->bytes))
            ape__sink_flush(sink);
    }
}

void ape__sink_whole(ape__sink *sink, uint64_t value)
{
    char digits[APE__DIGITS_SIZE];

    ape__sink_put(sink, digits, ape__digits(digits, value));
}

void ape__sink_double(ape__sink *sink, double value)
{
    char text[APE__SHORTEST_SIZE];

    ape__sink_put(sink, text, ape__shortest(text, value));
}
