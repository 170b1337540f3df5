/* SPDX-License-Identifier: MIT */
#include "metrics_registry/watched.h"

#include <string.h>

#include "metrics_registry/internal.h"

static bool is_counter(const char *name)
{
    static const char suffix[] = "_total";
    size_t size = strlen(name), suffix_size = sizeof(suffix) - 1;

    return size > suffix_size && strcmp(name + size - suffix_size, suffix) == 0;
}

static ape_status watch_one(ape_metrics_registry *registry, const ape__watched_value *value,
                            void *part, ape_error *err)
{
    const ape__metric_family_plan plan = { .type =
                                               is_counter(value->name) ? APE__COUNTER : APE__GAUGE,
                                           .name = value->name,
                                           .help = value->help };
    ape_metric_family *family;
    ape_status st = ape__add_family(registry, &plan, &family, err);

    return st == APE_OK ? ape_metric_family_set_callback(family, NULL, value->read, part, err) : st;
}

ape_status ape__watch(ape_metrics_registry *registry, const ape__watched_value *values,
                      size_t count, void *part, ape_error *err)
{
    for (size_t i = 0; i < count; i++) {
        ape_status st = watch_one(registry, &values[i], part, err);

        if (st != APE_OK) {
            ape__unwatch(registry, values, i, part);
            return st;
        }
    }
    return APE_OK;
}

/* The series and its callback are there, so nothing is allocated and nothing fails. */
void ape__unwatch(ape_metrics_registry *registry, const ape__watched_value *values, size_t count,
                  void *part)
{
    ape_metric_family *family =
        registry ? atomic_load_explicit(&registry->first, memory_order_acquire) : NULL;

    for (; family; family = atomic_load_explicit(&family->next, memory_order_acquire))
        for (size_t i = 0; i < count; i++)
            if (strcmp(family->name, values[i].name) == 0)
                (void)ape_metric_family_set_callback(family, NULL, NULL, part, NULL);
}
