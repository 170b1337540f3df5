/* SPDX-License-Identifier: MIT */
#ifndef APE_METRICS_REGISTRY_INTERNAL_H
#define APE_METRICS_REGISTRY_INTERNAL_H

#include <ape/metrics_registry.h>

#include <pthread.h>
#include <stdatomic.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/shortest.h"

enum {
    APE__NAME_BYTES_MAX = 200,
    APE__LABELS_MAX = 16,
    APE__LABEL_BYTES_MAX = 4096,
    APE__BOUNDS_MAX = 120,
    APE__FORMATS = 2,
};

typedef enum ape__metric_type {
    APE__COUNTER,
    APE__GAUGE,
    APE__HISTOGRAM,
    APE__INFO,
} ape__metric_type;

typedef struct ape__metric_series ape__metric_series;
typedef struct ape__process ape__process;
typedef _Atomic uint64_t ape__word;

/** Lanes that threads spread over once they met in a series; see lanes.h. */
typedef struct ape__shards {
    uint64_t mask; /* lanes, a power of two, less one */
    size_t stride; /* from lane to lane, in words */
    ape__word words[];
} ape__shards;

/** What a callback gives. Guarded by the registry's callback_lock. */
typedef struct ape__callback {
    ape_metric_callback function; /* NULL: taken out */
    void *user;
} ape__callback;

/**
 * One series; its words, then the text of its labels, follow it in memory. The
 * public handles ape_counter, ape_gauge and ape_histogram are this. How words are
 * counted in is told in lanes.h.
 */
struct ape__metric_series {
    _Atomic(ape__metric_series *) next; /* in the order of creation */
    ape_metric_family *family;
    uint64_t hash;
    _Atomic(uint64_t) owner;       /* number of the thread that counts without atomic operations */
    _Atomic(ape__shards *) shards; /* NULL until threads meet here */
    _Atomic(ape__callback *) callback;
    uint32_t label_size;
    uint16_t label_offset; /* from the series to the text of its labels */
    uint16_t is_plain;     /* nothing in the labels is escaped */
};

/** Open addressing; only ever filled. A table that became too small stays, for
 *  those who are reading it, until the registry goes. */
typedef struct ape__table {
    struct ape__table *smaller;
    size_t capacity; /* a power of two */
    _Atomic(ape__metric_series *) slots[];
} ape__table;

/** The "le" of one bucket as each format writes it. */
typedef struct ape__bound_text {
    uint8_t size[APE__FORMATS];
    char text[APE__FORMATS][APE__SHORTEST_SIZE];
} ape__bound_text;

struct ape_metric_family {
    _Atomic(ape_metric_family *) next;
    ape_metrics_registry *registry;
    ape__metric_type type;
    uint32_t max_series;
    char *name;
    size_t name_size;
    size_t stem_size; /* of the name without "_total" or "_info" */
    char *help;
    char *label_names[APE__LABELS_MAX];
    uint32_t label_name_sizes[APE__LABELS_MAX];
    size_t label_count;
    size_t label_frame; /* bytes of the labels' text that are not values */
    double *bounds;
    ape__bound_text *bound_texts; /* one more than bounds: "+Inf" */
    size_t bound_count;
    size_t lane_words; /* see lanes.h */

    _Atomic(ape__table *) table;
    _Atomic(ape__metric_series *) first;
    ape__metric_series *last; /* guarded by the registry's lock */
    atomic_size_t count;      /* of series; written under the registry's lock */
    _Atomic(ape__metric_series *) overflow;
    _Atomic(ape_counter *) overflow_count;
};

struct ape_metrics_registry {
    ape_host *host;
    atomic_size_t shares;
    uint32_t max_series;
    size_t shard_count;   /* a power of two */
    uint64_t seed;        /* of the hashes: who chooses labels must not choose collisions */
    pthread_mutex_t lock; /* to add families and series; never held while anything is called */
    pthread_mutex_t callback_lock; /* held while a metric callback runs */
    _Atomic(ape_metric_family *) first;
    ape_metric_family *last; /* guarded by lock */
    ape_metric_family *overflow;
    ape__process *process; /* NULL: none */
};

static inline ape__word *ape__metric_series_words(ape__metric_series *series)
{
    return (ape__word *)(series + 1);
}

/** Words of a series: its own lane and the shared one. */
static inline size_t ape__metric_series_word_count(const ape_metric_family *family)
{
    return family->type == APE__GAUGE || family->type == APE__INFO ? 1 : 2 * family->lane_words;
}

/** name="value",name="value" as they are written; not NUL-ended. */
static inline char *ape__metric_series_labels(ape__metric_series *series)
{
    return (char *)series + series->label_offset;
}

/* names.c */
ape_status ape__check_metric_name(ape__metric_type type, const char *name, ape_error *err);
ape_status ape__check_label_names(const char *const *names, size_t *count, ape_error *err);
ape_status ape__check_help(const char *help, ape_error *err);
ape_status ape__check_bounds(const double *bounds, size_t count, ape_error *err);
/** Size of a name without the suffix that its type asks for. */
size_t ape__stem_size(ape__metric_type type, const char *name);
/** A sample name that both families would have, or NULL; it lies in @p buffer. */
const char *ape__name_clash(const ape_metric_family *a, const ape_metric_family *b, char *buffer,
                            size_t size);

/* family.c */
typedef struct ape__metric_family_plan {
    ape__metric_type type;
    const char *name;
    const char *help;
    const char *const *label_names;
    const double *bounds;
    size_t bound_count;
} ape__metric_family_plan;
ape_status ape__add_family(ape_metrics_registry *registry, const ape__metric_family_plan *plan,
                           ape_metric_family **out, ape_error *err);
void ape__metric_family_free(ape_metric_family *family);

/* series.c */
/** The series with these values, made if it is not there; the overflow series if
 *  the family is full. */
ape_status ape__get_series(ape_metric_family *family, const char *const *values,
                           ape__metric_series **out, ape_error *err);
/** The same; APE_ERR_LIMIT if the family is full. */
ape_status ape__get_exact_series(ape_metric_family *family, const char *const *values,
                                 ape__metric_series **out, ape_error *err);
void ape__metric_series_free(ape_host *host, ape__metric_series *series);
void ape__metric_tables_free(ape_metric_family *family);

/* lanes.c */
void ape__shards_free(ape_host *host, ape__metric_series *series);

/* callback.c */
/** True and @p value set, unless the series has no value now. */
bool ape__callback_value(ape__metric_series *series, ape__callback *callback, double *value);

/* process.c */
ape_status ape__process_metrics_new(ape_metrics_registry *registry, ape_error *err);
void ape__process_metrics_refresh(ape_metrics_registry *registry);
void ape__process_metrics_free(ape_metrics_registry *registry);

#endif /* APE_METRICS_REGISTRY_INTERNAL_H */
