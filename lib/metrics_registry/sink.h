/* SPDX-License-Identifier: MIT */
#ifndef APE_METRICS_REGISTRY_SINK_H
#define APE_METRICS_REGISTRY_SINK_H

#include <string.h>

#include "metrics_registry/internal.h"

enum {
    APE__SINK_BYTES = 16384,
};

/** Collects bytes and hands them to the writer, a full buffer at a time. After a
 *  failure it swallows everything. */
typedef struct ape__sink {
    ape_metrics_writer writer;
    void *user;
    ape_status status;
    size_t size;
    char bytes[APE__SINK_BYTES];
} ape__sink;

void ape__sink_flush(ape__sink *sink);
void ape__sink_put_slowly(ape__sink *sink, const char *bytes, size_t size);

static inline void ape__sink_put(ape__sink *sink, const char *bytes, size_t size)
{
    if (size > sizeof(sink->bytes) - sink->size) {
        ape__sink_put_slowly(sink, bytes, size);
        return;
    }
    memcpy(sink->bytes + sink->size, bytes, size);
    sink->size += size;
}

static inline void ape__sink_puts(ape__sink *sink, const char *text)
{
    ape__sink_put(sink, text, strlen(text));
}

void ape__sink_whole(ape__sink *sink, uint64_t value);
void ape__sink_double(ape__sink *sink, double value);

#endif /* APE_METRICS_REGISTRY_SINK_H */
