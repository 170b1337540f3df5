/* SPDX-License-Identifier: MIT */
#include "metrics_registry/labels.h"

#include <math.h>

#include "metrics_registry/lookup.h"

enum {
    FIRST_CAPACITY = 8,
};

static size_t series_size(const ape_metric_family *family, size_t label_size)
{
    return sizeof(ape__metric_series) + ape__metric_series_word_count(family) * sizeof(ape__word) +
           label_size + 1;
}

void ape__metric_series_free(ape_host *host, ape__metric_series *series)
{
    ape__shards_free(host, series);
    ape__free(host, atomic_load_explicit(&series->callback, memory_order_acquire),
              sizeof(ape__callback));
    ape__free(host, series, series_size(series->family, series->label_size));
}

static ape_status make_series(ape_metric_family *family, const ape__labels *labels, uint64_t hash,
                              ape__metric_series **out, ape_error *err)
{
    ape__metric_series *series;
    size_t label_size;
    ape_status st;

    st = ape__labels_measure(family, labels, &label_size, err);
    if (st != APE_OK)
        return st;
    series = ape__alloc(family->registry->host, series_size(family, label_size));
    if (!series)
        return ape__fail_no_memory(err);
    series->family = family;
    series->hash = hash;
    series->label_size = (uint32_t)label_size;
    series->label_offset =
        (uint16_t)(sizeof(*series) + ape__metric_series_word_count(family) * sizeof(ape__word));
    series->is_plain = label_size == ape__labels_plain_size(family, labels);
    ape__labels_render(family, labels, ape__metric_series_labels(series));
    *out = series;
    return APE_OK;
}

/* On the way of every labelled count, in one piece with get() below.
 * Without a lock: slots are only ever filled, and a series in one is complete. */
__attribute__((always_inline)) static inline ape__metric_series *
find(const ape_metric_family *family, const ape__labels *labels, uint64_t hash)
{
    ape__table *table = atomic_load_explicit(&family->table, memory_order_acquire);

    if (!table)
        return NULL;
    for (size_t i = hash & (table->capacity - 1);; i = (i + 1) & (table->capacity - 1)) {
        ape__metric_series *series = atomic_load_explicit(&table->slots[i], memory_order_acquire);

        if (!series || (series->hash == hash && ape__labels_match(family, series, labels)))
            return series;
    }
}

static size_t table_size(size_t capacity)
{
    return sizeof(ape__table) + capacity * sizeof(ape__metric_series *);
}

static void table_free(ape_host *host, ape__table *table)
{
    if (table)
        ape__free(host, table, table_size(table->capacity));
}

void ape__metric_tables_free(ape_metric_family *family)
{
    ape__table *table = atomic_load_explicit(&family->table, memory_order_acquire);

    while (table) {
        ape__table *smaller = table->smaller;

        table_free(family->registry->host, table);
        table = smaller;
    }
}

static void put(ape__table *table, ape__metric_series *series)
{
    size_t i = series->hash & (table->capacity - 1);

    while (atomic_load_explicit(&table->slots[i], memory_order_relaxed))
        i = (i + 1) & (table->capacity - 1);
    atomic_store_explicit(&table->slots[i], series, memory_order_release);
}

/* The capacity that one more series needs: half of it stays empty. */
static size_t wanted_capacity(const ape_metric_family *family)
{
    const ape__table *table = atomic_load_explicit(&family->table, memory_order_acquire);
    size_t count = atomic_load_explicit(&family->count, memory_order_relaxed) + 1;
    size_t capacity = table ? table->capacity : FIRST_CAPACITY;

    return count * 2 > capacity ? capacity * 2 : capacity;
}

static bool must_grow(const ape_metric_family *family)
{
    const ape__table *table = atomic_load_explicit(&family->table, memory_order_acquire);

    return !table || wanted_capacity(family) > table->capacity;
}

static void grow(ape_metric_family *family, ape__table *table)
{
    ape__metric_series *series = atomic_load_explicit(&family->first, memory_order_relaxed);

    for (; series; series = atomic_load_explicit(&series->next, memory_order_relaxed))
        put(table, series);
    table->smaller = atomic_load_explicit(&family->table, memory_order_relaxed);
    atomic_store_explicit(&family->table, table, memory_order_release);
}

static void append(ape_metric_family *family, ape__metric_series *series)
{
    put(atomic_load_explicit(&family->table, memory_order_relaxed), series);
    if (family->last)
        atomic_store_explicit(&family->last->next, series, memory_order_release);
    else
        atomic_store_explicit(&family->first, series, memory_order_release);
    family->last = series;
    atomic_fetch_add_explicit(&family->count, 1, memory_order_relaxed);
}

static bool is_full(const ape_metric_family *family)
{
    return atomic_load_explicit(&family->count, memory_order_relaxed) >= family->max_series;
}

/* What an insertion did. */
typedef enum outcome {
    INSERTED,
    FOUND, /* another thread was faster */
    FULL,
    TOO_SMALL, /* the table, and the one brought along */
} outcome;

/* With the lock held. Sets *table to NULL if it was used. */
static outcome insert(ape_metric_family *family, const ape__labels *labels,
                      ape__metric_series **series, ape__table **table, bool beyond_limit)
{
    ape__metric_series *found = find(family, labels, (*series)->hash);

    if (found) {
        *series = found;
        return FOUND;
    }
    if (is_full(family) && !beyond_limit)
        return FULL;
    if (must_grow(family)) {
        if (!*table || (*table)->capacity < wanted_capacity(family))
            return TOO_SMALL;
        grow(family, *table);
        *table = NULL;
    }
    append(family, *series);
    return INSERTED;
}

static ape_status new_table(ape_metric_family *family, ape__table **out, ape_error *err)
{
    size_t capacity = wanted_capacity(family);
    ape__table *table = ape__alloc(family->registry->host, table_size(capacity));

    if (!table)
        return ape__fail_no_memory(err);
    table->capacity = capacity;
    *out = table;
    return APE_OK;
}

/* Put a series in. Memory is got and given back outside the lock. */
static ape_status insert_series(ape_metric_family *family, const ape__labels *labels,
                                ape__metric_series **series, outcome *did, bool beyond_limit,
                                ape_error *err)
{
    ape_metrics_registry *registry = family->registry;

    do {
        ape__table *table = NULL;

        if (must_grow(family)) {
            ape_status st = new_table(family, &table, err);

            if (st != APE_OK)
                return st;
        }
        pthread_mutex_lock(&registry->lock);
        *did = insert(family, labels, series, &table, beyond_limit);
        pthread_mutex_unlock(&registry->lock);
        table_free(registry->host, table);
    } while (*did == TOO_SMALL);
    return APE_OK;
}

static ape_status add_series(ape_metric_family *family, const ape__labels *labels, uint64_t hash,
                             bool beyond_limit, ape__metric_series **out, ape_error *err)
{
    ape__metric_series *made = NULL, *series;
    outcome did = FULL;
    ape_status st;

    st = make_series(family, labels, hash, &made, err);
    if (st != APE_OK)
        return st;
    series = made;
    st = insert_series(family, labels, &series, &did, beyond_limit, err);
    if (st != APE_OK || did != INSERTED)
        ape__metric_series_free(family->registry->host, made);
    if (st == APE_OK && did == FULL)
        st = ape__fail(err, APE_ERR_LIMIT, "%s has %u series: no more", family->name,
                       family->max_series);
    if (st == APE_OK)
        *out = series;
    return st;
}

/* Count a lookup that found the family full. */
static void count_overflow(ape_metric_family *family)
{
    ape_counter *counter = atomic_load_explicit(&family->overflow_count, memory_order_acquire);
    const char *const values[] = { family->name };

    if (!counter &&
        ape_metric_family_get_counter(family->registry->overflow, values, &counter, NULL) == APE_OK)
        atomic_store_explicit(&family->overflow_count, counter, memory_order_release);
    ape_counter_inc(counter);
}

/* The series whose label values are all "overflow". */
static ape_status get_overflow(ape_metric_family *family, ape__metric_series **out, ape_error *err)
{
    const char *values[APE__LABELS_MAX];
    ape__labels labels;
    uint64_t hash;

    for (size_t i = 0; i < family->label_count; i++)
        values[i] = "overflow";
    if (!ape__labels_take(family, values, &labels))
        return APE_ERR_INVALID;
    hash = ape__labels_hash(family, &labels);
    *out = find(family, &labels, hash);
    return *out ? APE_OK : add_series(family, &labels, hash, true, out, err);
}

static ape_status overflow_series(ape_metric_family *family, ape__metric_series **out,
                                  ape_error *err)
{
    ape__metric_series *series = atomic_load_explicit(&family->overflow, memory_order_acquire);

    if (!series) {
        ape_status st = get_overflow(family, &series, err);

        if (st != APE_OK)
            return st;
        atomic_store_explicit(&family->overflow, series, memory_order_release);
    }
    count_overflow(family);
    *out = series;
    return APE_OK;
}

static ape_status refuse_missing(const ape_metric_family *family, const char *const *values,
                                 ape_error *err)
{
    size_t i = 0;

    if (!values)
        return ape__fail(err, APE_ERR_INVALID, "%s: label values are NULL", family->name);
    while (values[i])
        i++;
    return ape__fail(err, APE_ERR_INVALID, "%s: value of label \"%s\" is NULL", family->name,
                     family->label_names[i]);
}

/* A series that is not there yet. */
static ape_status get_new(ape_metric_family *family, const ape__labels *labels, uint64_t hash,
                          bool exact, ape__metric_series **out, ape_error *err)
{
    ape_status st;

    if (!exact && is_full(family))
        return overflow_series(family, out, err);
    st = add_series(family, labels, hash, false, out, err);
    if (st == APE_ERR_LIMIT && !exact)
        return overflow_series(family, out, err);
    return st;
}

__attribute__((always_inline)) static inline ape_status get(ape_metric_family *family,
                                                            const char *const *values, bool exact,
                                                            ape__metric_series **out,
                                                            ape_error *err)
{
    ape__metric_series *series;
    ape__labels labels;
    uint64_t hash;

    if (!ape__labels_take(family, values, &labels))
        return refuse_missing(family, values, err);
    hash = ape__labels_hash(family, &labels);
    series = find(family, &labels, hash);
    if (!series)
        return get_new(family, &labels, hash, exact, out, err);
    *out = series;
    return APE_OK;
}

ape_status ape__get_series(ape_metric_family *family, const char *const *values,
                           ape__metric_series **out, ape_error *err)
{
    return get(family, values, false, out, err);
}

ape_status ape__get_exact_series(ape_metric_family *family, const char *const *values,
                                 ape__metric_series **out, ape_error *err)
{
    return get(family, values, true, out, err);
}

double ape__gauge_value_of(ape_metrics_registry *registry, const char *family, const char *label)
{
    const char *const values[] = { label };
    ape__metric_series *series = NULL;
    ape_metric_family *f = atomic_load_explicit(&registry->first, memory_order_acquire);
    ape__labels labels;

    while (f && strcmp(f->name, family) != 0)
        f = atomic_load_explicit(&f->next, memory_order_acquire);
    if (f && f->type == APE__GAUGE && f->label_count == 1 && ape__labels_take(f, values, &labels))
        series = find(f, &labels, ape__labels_hash(f, &labels));
    return series ? ape_gauge_value((ape_gauge *)series) : (double)NAN;
}
