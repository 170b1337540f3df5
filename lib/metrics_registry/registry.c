/* SPDX-License-Identifier: MIT */
#include <ape/metrics_registry.h>

#include <sys/random.h>
#include <unistd.h>

#include "core/host.h"
#include "core/options.h"
#include "metrics_registry/internal.h"
#include "metrics_registry/share.h"

enum {
    SHARDS_MAX = 16,
};

static const ape_metrics_registry_options defaults = {
    .size = sizeof(ape_metrics_registry_options),
    .max_series = 2000,
    .process_metrics = 1,
};

void ape_metrics_registry_options_init(ape_metrics_registry_options *opts, size_t size)
{
    ape__options_init(opts, size, &defaults, sizeof(defaults));
}

static ape_status load(ape_metrics_registry_options *o, const ape_metrics_registry_options *opts,
                       ape_error *err)
{
    ape_status st;

    *o = defaults;
    st = ape__options_load(o, sizeof(*o), sizeof(*o), opts, err);
    if (st != APE_OK)
        return st;
    if (o->max_series < 1 || o->max_series > (1U << 24))
        return ape__fail(err, APE_ERR_INVALID, "max_series is %u: must be 1 to %u", o->max_series,
                         1U << 24);
    if (o->process_metrics > 1)
        return ape__fail(err, APE_ERR_INVALID, "process_metrics is %u: must be 0 or 1",
                         o->process_metrics);
    if (o->reserved != 0)
        return ape__fail(err, APE_ERR_UNSUPPORTED, "reserved must be 0");
    return APE_OK;
}

/* A power of two with room for every processor, up to a bound. */
static size_t choose_shard_count(void)
{
    long processors = sysconf(_SC_NPROCESSORS_CONF);
    size_t count = 2;

    while (count < SHARDS_MAX && (long)count < processors)
        count *= 2;
    return count;
}

static uint64_t choose_seed(const void *self)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
        seed = (uint64_t)(uintptr_t)self;
    return seed;
}

static ape_status add_overflow(ape_metrics_registry *registry, ape_error *err)
{
    const char *const labels[] = { "family", NULL };
    ape_status st;

    st = ape_metrics_registry_add_counter(
        registry, "ape_metrics_overflow_total",
        "Lookups of new series in a metric family that has its full number of them.", labels,
        &registry->overflow, err);
    if (st == APE_OK)
        registry->overflow->max_series = UINT32_MAX;
    return st;
}

ape_status ape_metrics_registry_new(ape_host *host, const ape_metrics_registry_options *opts,
                                    ape_metrics_registry **out, ape_error *err)
{
    ape_metrics_registry_options o;
    ape_metrics_registry *registry;
    ape_status st;

    if (!out)
        return ape__fail(err, APE_ERR_INVALID, "out is NULL");
    st = load(&o, opts, err);
    if (st != APE_OK)
        return st;
    registry = ape__alloc(host, sizeof(*registry));
    if (!registry)
        return ape__fail_no_memory(err);
    registry->host = ape__host_ref(host);
    atomic_init(&registry->shares, 1);
    registry->max_series = o.max_series;
    registry->shard_count = choose_shard_count();
    registry->seed = choose_seed(registry);
    /* Linux: neither can fail without attributes. */
    pthread_mutex_init(&registry->lock, NULL);
    pthread_mutex_init(&registry->callback_lock, NULL);
    st = add_overflow(registry, err);
    if (st == APE_OK && o.process_metrics)
        st = ape__process_metrics_new(registry, err);
    if (st != APE_OK) {
        ape_metrics_registry_free(registry);
        return st;
    }
    *out = registry;
    return APE_OK;
}

ape_metrics_registry *ape__metrics_registry_ref(ape_metrics_registry *registry)
{
    if (registry)
        atomic_fetch_add_explicit(&registry->shares, 1, memory_order_relaxed);
    return registry;
}

void ape_metrics_registry_free(ape_metrics_registry *registry)
{
    ape_metric_family *family, *next;
    ape_host *host;

    if (!registry || atomic_fetch_sub_explicit(&registry->shares, 1, memory_order_acq_rel) != 1)
        return;
    host = registry->host;
    family = atomic_load_explicit(&registry->first, memory_order_acquire);
    for (; family; family = next) {
        next = atomic_load_explicit(&family->next, memory_order_acquire);
        ape__metric_family_free(family);
    }
    ape__process_metrics_free(registry);
    pthread_mutex_destroy(&registry->lock);
    pthread_mutex_destroy(&registry->callback_lock);
    ape__free(host, registry, sizeof(*registry));
    ape_host_free(host);
}

static ape_status add(ape_metrics_registry *registry, const ape__metric_family_plan *plan,
                      ape_metric_family **out, ape_error *err)
{
    if (!registry)
        return ape__fail(err, APE_ERR_INVALID, "registry is NULL");
    return ape__add_family(registry, plan, out, err);
}

ape_status ape_metrics_registry_add_counter(ape_metrics_registry *registry, const char *name,
                                            const char *help, const char *const *label_names,
                                            ape_metric_family **out, ape_error *err)
{
    return add(registry,
               &(ape__metric_family_plan){
                   .type = APE__COUNTER, .name = name, .help = help, .label_names = label_names },
               out, err);
}

ape_status ape_metrics_registry_add_gauge(ape_metrics_registry *registry, const char *name,
                                          const char *help, const char *const *label_names,
                                          ape_metric_family **out, ape_error *err)
{
    return add(registry,
               &(ape__metric_family_plan){
                   .type = APE__GAUGE, .name = name, .help = help, .label_names = label_names },
               out, err);
}

ape_status ape_metrics_registry_add_histogram(ape_metrics_registry *registry, const char *name,
                                              const char *help, const char *const *label_names,
                                              const double *bounds, size_t bound_count,
                                              ape_metric_family **out, ape_error *err)
{
    if (!bounds && bound_count != 0)
        return ape__fail(err, APE_ERR_INVALID, "bounds is NULL, bound_count %zu", bound_count);
    return add(registry,
               &(ape__metric_family_plan){ .type = APE__HISTOGRAM,
                                           .name = name,
                                           .help = help,
                                           .label_names = label_names,
                                           .bounds = bounds,
                                           .bound_count = bound_count },
               out, err);
}

ape_status ape_metrics_registry_add_info(ape_metrics_registry *registry, const char *name,
                                         const char *help, const char *const *label_names,
                                         const char *const *label_values, ape_error *err)
{
    ape_metric_family *family;
    ape__metric_series *series;
    ape_status st;

    st = add(registry,
             &(ape__metric_family_plan){
                 .type = APE__INFO, .name = name, .help = help, .label_names = label_names },
             &family, err);
    if (st == APE_OK)
        st = ape__get_exact_series(family, label_values, &series, err);
    return st;
}
