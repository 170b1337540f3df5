/* SPDX-License-Identifier: MIT */
#include "metrics_registry/internal.h"

#include <string.h>

static const double default_bounds[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 };

static const char *const type_names[] = { "counter", "gauge", "histogram", "info" };

void ape__metric_family_free(ape_metric_family *family)
{
    ape_host *host;
    ape__metric_series *series, *next;

    if (!family)
        return;
    host = family->registry->host;
    series = atomic_load_explicit(&family->first, memory_order_acquire);
    for (; series; series = next) {
        next = atomic_load_explicit(&series->next, memory_order_acquire);
        ape__metric_series_free(host, series);
    }
    ape__metric_tables_free(family);
    for (size_t i = 0; i < APE__LABELS_MAX; i++)
        ape__strfree(host, family->label_names[i]);
    ape__free(host, family->bounds, family->bound_count * sizeof(*family->bounds));
    ape__free(host, family->bound_texts, (family->bound_count + 1) * sizeof(*family->bound_texts));
    ape__strfree(host, family->help);
    ape__strfree(host, family->name);
    ape__free(host, family, sizeof(*family));
}

/* OpenMetrics writes whole bounds with a fraction. */
static void render_bound(ape__bound_text *text, double bound)
{
    size_t size = ape__shortest(text->text[APE_METRICS_TEXT], bound);
    char *open = text->text[APE_METRICS_OPENMETRICS];

    text->size[APE_METRICS_TEXT] = (uint8_t)size;
    memcpy(open, text->text[APE_METRICS_TEXT], size + 1);
    if (!strpbrk(open, ".eI")) {
        memcpy(open + size, ".0", 3);
        size += 2;
    }
    text->size[APE_METRICS_OPENMETRICS] = (uint8_t)size;
}

static bool take_bounds(ape_metric_family *family, const ape__metric_family_plan *plan)
{
    ape_host *host = family->registry->host;
    size_t count = plan->bound_count;

    family->bounds = ape__alloc_array(host, count, sizeof(*family->bounds));
    family->bound_texts = ape__alloc_array(host, count + 1, sizeof(*family->bound_texts));
    family->bound_count = count;
    if (!family->bounds || !family->bound_texts)
        return false;
    memcpy(family->bounds, plan->bounds, count * sizeof(*family->bounds));
    for (size_t i = 0; i < count; i++)
        render_bound(&family->bound_texts[i], plan->bounds[i]);
    render_bound(&family->bound_texts[count], __builtin_inf());
    return true;
}

static bool take_label_names(ape_metric_family *family, const ape__metric_family_plan *plan,
                             size_t count)
{
    for (size_t i = 0; i < count; i++) {
        family->label_names[i] = ape__strdup(family->registry->host, plan->label_names[i]);
        if (!family->label_names[i])
            return false;
        family->label_name_sizes[i] = (uint32_t)strlen(plan->label_names[i]);
    }
    /* name="value" and a comma before all but the first */
    for (size_t i = 0; i < count; i++)
        family->label_frame += family->label_name_sizes[i] + 3 + (i > 0);
    family->label_count = count;
    return true;
}

static void set_lanes(ape_metric_family *family)
{
    switch (family->type) {
    case APE__COUNTER:
        family->lane_words = 2;
        break;
    case APE__HISTOGRAM:
        family->lane_words = family->bound_count + 2;
        break;
    case APE__GAUGE:
    case APE__INFO:
        family->lane_words = 1;
        break;
    }
}

/* A family that nobody can see yet. */
static ape_metric_family *make_family(ape_metrics_registry *registry,
                                      const ape__metric_family_plan *plan, size_t label_count)
{
    ape_metric_family *family = ape__alloc(registry->host, sizeof(*family));

    if (!family)
        return NULL;
    family->registry = registry;
    family->type = plan->type;
    family->max_series = registry->max_series;
    family->name = ape__strdup(registry->host, plan->name);
    family->help = ape__strdup(registry->host, plan->help);
    if (!family->name || !family->help || !take_label_names(family, plan, label_count) ||
        (plan->bounds && !take_bounds(family, plan))) {
        ape__metric_family_free(family);
        return NULL;
    }
    family->name_size = strlen(plan->name);
    family->stem_size = ape__stem_size(plan->type, plan->name);
    set_lanes(family);
    return family;
}

static bool same_family(const ape_metric_family *a, const ape_metric_family *b)
{
    if (a->type != b->type || strcmp(a->name, b->name) != 0 || a->label_count != b->label_count ||
        a->bound_count != b->bound_count)
        return false;
    for (size_t i = 0; i < a->label_count; i++)
        if (strcmp(a->label_names[i], b->label_names[i]) != 0)
            return false;
    return a->bound_count == 0 ||
           memcmp(a->bounds, b->bounds, a->bound_count * sizeof(*a->bounds)) == 0;
}

/* With the lock held: link the family, unless it is there already (then *old is it)
 * or clashes with one (then *old is that one, and false is returned). */
static bool link_family(ape_metrics_registry *registry, ape_metric_family *family,
                        ape_metric_family **old)
{
    ape_metric_family *f = atomic_load_explicit(&registry->first, memory_order_relaxed);
    char name[256];

    *old = NULL;
    for (; f; f = atomic_load_explicit(&f->next, memory_order_relaxed)) {
        bool same = same_family(f, family);

        if (!same && !ape__name_clash(f, family, name, sizeof(name)))
            continue;
        *old = f;
        return same;
    }
    if (registry->last)
        atomic_store_explicit(&registry->last->next, family, memory_order_release);
    else
        atomic_store_explicit(&registry->first, family, memory_order_release);
    registry->last = family;
    return true;
}

static ape_status publish(ape_metric_family *family, ape_metric_family **out, ape_error *err)
{
    ape_metrics_registry *registry = family->registry;
    ape_metric_family *old;
    char name[256];
    ape_status st = APE_OK;
    bool linked;

    pthread_mutex_lock(&registry->lock);
    linked = link_family(registry, family, &old);
    pthread_mutex_unlock(&registry->lock);
    if (!linked)
        st = ape__fail(err, APE_ERR_STATE,
                       "%s \"%.90s\" and %s \"%.90s\" would both write \"%.90s\"",
                       type_names[family->type], family->name, type_names[old->type], old->name,
                       ape__name_clash(old, family, name, sizeof(name)));
    else if (out)
        *out = old ? old : family;
    if (old)
        ape__metric_family_free(family);
    return st;
}

static ape_status check_plan(ape__metric_family_plan *plan, size_t *label_count, ape_error *err)
{
    ape_status st = ape__check_metric_name(plan->type, plan->name, err);

    if (st == APE_OK)
        st = ape__check_help(plan->help, err);
    if (st == APE_OK)
        st = ape__check_label_names(plan->label_names, label_count, err);
    if (st == APE_OK && plan->bounds)
        st = ape__check_bounds(plan->bounds, plan->bound_count, err);
    return st;
}

ape_status ape__add_family(ape_metrics_registry *registry, const ape__metric_family_plan *plan,
                           ape_metric_family **out, ape_error *err)
{
    ape__metric_family_plan p = *plan;
    ape_metric_family *family;
    ape__metric_series *unlabelled;
    size_t label_count;
    ape_status st;

    if (p.type == APE__HISTOGRAM && !p.bounds) {
        p.bounds = default_bounds;
        p.bound_count = sizeof(default_bounds) / sizeof(default_bounds[0]);
    }
    st = check_plan(&p, &label_count, err);
    if (st != APE_OK)
        return st;
    family = make_family(registry, &p, label_count);
    if (!family)
        return ape__fail_no_memory(err);
    st = label_count == 0 ? ape__get_series(family, NULL, &unlabelled, err) : APE_OK;
    if (st != APE_OK) {
        ape__metric_family_free(family);
        return st;
    }
    return publish(family, out, err);
}
