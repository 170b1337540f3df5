/* SPDX-License-Identifier: MIT */
#include <ape/metrics_registry.h>

#include <math.h>

#include "metrics_registry/internal.h"

bool ape__callback_value(ape__metric_series *series, ape__callback *callback, double *value)
{
    ape_metrics_registry *registry = series->family->registry;
    double v = NAN;

    pthread_mutex_lock(&registry->callback_lock);
    if (callback->function)
        v = callback->function(callback->user);
    pthread_mutex_unlock(&registry->callback_lock);
    *value = v;
    return !isnan(v);
}

/* The series' callback, empty if it is new. */
static ape_status make_callback(ape__metric_series *series, ape__callback **out, ape_error *err)
{
    ape_host *host = series->family->registry->host;
    ape__callback *callback = atomic_load_explicit(&series->callback, memory_order_acquire);
    ape__callback *made;

    if (!callback) {
        made = ape__alloc(host, sizeof(*made));
        if (!made)
            return ape__fail_no_memory(err);
        if (atomic_compare_exchange_strong_explicit(&series->callback, &callback, made,
                                                    memory_order_acq_rel, memory_order_acquire))
            callback = made;
        else
            ape__free(host, made, sizeof(*made));
    }
    *out = callback;
    return APE_OK;
}

ape_status ape_metric_family_set_callback(ape_metric_family *family,
                                          const char *const *label_values,
                                          ape_metric_callback callback, void *user, ape_error *err)
{
    ape__callback *slot = NULL;
    ape__metric_series *series;
    ape_status st;

    if (!family)
        return ape__fail(err, APE_ERR_INVALID, "family is NULL");
    if (family->type != APE__COUNTER && family->type != APE__GAUGE)
        return ape__fail(err, APE_ERR_INVALID, "%s: only counters and gauges take a callback",
                         family->name);
    st = ape__get_exact_series(family, label_values, &series, err);
    if (st == APE_OK)
        st = make_callback(series, &slot, err);
    if (st != APE_OK)
        return st;
    pthread_mutex_lock(&family->registry->callback_lock);
    if (callback || !user || slot->user == user)
        *slot = (ape__callback){ callback, user };
    pthread_mutex_unlock(&family->registry->callback_lock);
    return APE_OK;
}
