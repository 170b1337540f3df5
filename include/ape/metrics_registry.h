/* SPDX-License-Identifier: MIT */
#ifndef APE_METRICS_REGISTRY_H
#define APE_METRICS_REGISTRY_H

#include <ape/host.h>
#include <ape/text.h>

APE_BEGIN_DECLS

/**
 * Metrics for Prometheus: counters, gauges, histograms and infos, counted at a
 * cost that nobody notices, and written out when somebody asks.
 *
 *     registry -> family (a name and its label names)
 *              -> series (a family and the values of its labels)
 *
 * A series is looked up once and its handle kept: what counts is then one call
 * without a lookup, a lock or an allocation. Every function that counts ignores
 * a NULL handle, so code that is measured need not ask whether it is.
 *
 * Ownership: the caller frees the registry. Families and series belong to it and
 *            live as long as it does: a handle never goes stale before.
 * Threads:   any number of threads may use one registry, its families and its
 *            series at the same time, also while it is written out. Not for
 *            signal handlers.
 * Blocking:  counting never waits. Looking up a series waits only where the
 *            series is new.
 */
typedef struct ape_metrics_registry ape_metrics_registry;
typedef struct ape_metric_family ape_metric_family;
typedef struct ape_counter ape_counter;
typedef struct ape_gauge ape_gauge;
typedef struct ape_histogram ape_histogram;

/** Fill with ape_metrics_registry_options_init(), then change what you need. */
typedef struct ape_metrics_registry_options {
    uint32_t size;            /**< set by _init; leave it alone */
    uint32_t max_series;      /**< in one family, 1 to 16777216 (default 2000); see
                                   ape_metric_family_get_counter() for what comes after */
    uint32_t process_metrics; /**< 1: process_* as far as /proc tells (default); 0: none */
    uint32_t reserved;        /**< must be 0 */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_metrics_registry_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_metrics_registry_options_init(ape_metrics_registry_options *opts, size_t size);

/**
 * Create a registry.
 *
 * @param opts  read during the call only; NULL for the defaults
 * @param out   set on success, untouched on failure; free with ape_metrics_registry_free()
 * @return APE_OK; APE_ERR_INVALID for an option out of range; APE_ERR_UNSUPPORTED
 *         for an option newer than this library; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_metrics_registry_new(ape_host *host,
                                                         const ape_metrics_registry_options *opts,
                                                         ape_metrics_registry **out,
                                                         ape_error *err);

/** Give up the caller's share of a registry. Objects of the library that count
 *  into it keep it alive. NULL is ignored. */
APE_API void ape_metrics_registry_free(ape_metrics_registry *registry);

/**
 * Add a family of counters: numbers that only grow.
 *
 * The same family may be added again, by another part of the program: the second
 * time gives the first one.
 *
 * @param name         [a-zA-Z_:][a-zA-Z0-9_:]*, 200 bytes at most, ending in "_total"
 * @param help         what is counted, for people; UTF-8, not empty
 * @param label_names  ended by NULL, or NULL for none; each [a-zA-Z_][a-zA-Z0-9_]*,
 *                     no two alike, not "le" or "quantile", not beginning with "__";
 *                     16 at most. A family without labels is one series, there at
 *                     once with the value 0.
 * @param out          set on success, untouched on failure; NULL if not needed
 * @return APE_OK; APE_ERR_INVALID for a name, help or label that breaks the rules
 *         above; APE_ERR_STATE if the name, or one that the family's samples would
 *         have, belongs to a family of another kind (the message says which);
 *         APE_ERR_NO_MEMORY. What was there before stays as it was.
 */
APE_API ape_status ape_metrics_registry_add_counter(ape_metrics_registry *registry,
                                                    const char *name, const char *help,
                                                    const char *const *label_names,
                                                    ape_metric_family **out, ape_error *err);

/** Add a family of gauges: numbers that go up and down. As for counters, but the
 *  name must not end in "_total". */
APE_API ape_status ape_metrics_registry_add_gauge(ape_metrics_registry *registry, const char *name,
                                                  const char *help, const char *const *label_names,
                                                  ape_metric_family **out, ape_error *err);

/**
 * Add a family of histograms: how many observations were at or below each bound.
 * As for gauges, and:
 *
 * @param bounds       ascending, finite; the bucket for everything (+Inf) is added.
 *                     NULL: 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
 * @param bound_count  1 to 120; 0 if @p bounds is NULL
 */
APE_API ape_status ape_metrics_registry_add_histogram(ape_metrics_registry *registry,
                                                      const char *name, const char *help,
                                                      const char *const *label_names,
                                                      const double *bounds, size_t bound_count,
                                                      ape_metric_family **out, ape_error *err);

/**
 * Add an info: a series that is always 1, whose labels are what it says, as
 * ape_build_info{version="0.1.0"} 1.
 *
 * @param name  ending in "_info"
 * @return as for counters
 */
APE_API ape_status ape_metrics_registry_add_info(ape_metrics_registry *registry, const char *name,
                                                 const char *help, const char *const *label_names,
                                                 const char *const *label_values, ape_error *err);

/**
 * The series of a family with these label values; made if it is not there yet.
 *
 * Once the family has max_series series, every new combination of values gives
 * one and the same series, whose label values are all "overflow": the sum over
 * the family stays right and memory stays bounded. Each such lookup counts in
 * ape_metrics_overflow_total{family}.
 *
 * @param label_values  one for each label name, in their order; UTF-8, 4,096 bytes
 *                      at most each. NULL for a family without labels.
 * @param out           set on success, untouched on failure
 * @return APE_OK; APE_ERR_INVALID if the family is of another kind, or a value is
 *         NULL, too long or not UTF-8; APE_ERR_NO_MEMORY.
 */
APE_API ape_status ape_metric_family_get_counter(ape_metric_family *family,
                                                 const char *const *label_values, ape_counter **out,
                                                 ape_error *err);
APE_API ape_status ape_metric_family_get_gauge(ape_metric_family *family,
                                               const char *const *label_values, ape_gauge **out,
                                               ape_error *err);
APE_API ape_status ape_metric_family_get_histogram(ape_metric_family *family,
                                                   const char *const *label_values,
                                                   ape_histogram **out, ape_error *err);

/** Count one. */
APE_API void ape_counter_inc(ape_counter *counter);

/** Count more at once. @return APE_OK; APE_ERR_INVALID, and nothing is counted, for
 *  a value that is negative or not finite. */
APE_API ape_status ape_counter_add(ape_counter *counter, double value);

/** What was counted so far, all threads together; 0 for NULL. */
APE_API double ape_counter_value(const ape_counter *counter);

/** Set, or change by a difference; any double is a value of a gauge. */
APE_API void ape_gauge_set(ape_gauge *gauge, double value);
APE_API void ape_gauge_add(ape_gauge *gauge, double difference);
APE_API double ape_gauge_value(const ape_gauge *gauge);

/** Count an observation, in seconds or whatever the family's bounds are in.
 *  @return APE_OK; APE_ERR_INVALID, and nothing is counted, for NaN and infinities. */
APE_API ape_status ape_histogram_observe(ape_histogram *histogram, double value);

/** Number of observations, and their sum. */
APE_API uint64_t ape_histogram_count(const ape_histogram *histogram);
APE_API double ape_histogram_sum(const ape_histogram *histogram);

/**
 * A value computed when the registry is written out. On the thread that writes,
 * one at a time; it must return soon, and must not call ape_metrics_registry_* or
 * ape_metric_family_* on its own registry. NaN means that there is no value now: the series
 * is left out.
 */
typedef double (*ape_metric_callback)(void *user);

/**
 * Let a callback give the value of one series of a family of counters or gauges;
 * its handle no longer counts. Setting another callback replaces the first; NULL
 * takes the series out of what is written, if its callback has this @p user (any, if
 * @p user is NULL): who goes takes nothing away from whoever came after.
 *
 * When this returns, the callback that was replaced or taken out is not running and
 * will not run again. So do not hold a lock that the callback takes.
 *
 * @return as ape_metric_family_get_counter(); APE_ERR_LIMIT if the family is full.
 */
APE_API ape_status ape_metric_family_set_callback(ape_metric_family *family,
                                                  const char *const *label_values,
                                                  ape_metric_callback callback, void *user,
                                                  ape_error *err);

/** How metrics are written. */
typedef int32_t ape_metrics_format;
enum {
    APE_METRICS_TEXT = 0,        /**< Prometheus text 0.0.4 */
    APE_METRICS_OPENMETRICS = 1, /**< OpenMetrics text 1.0.0 */
};

/** The format that an HTTP Accept header asks for; APE_METRICS_TEXT for NULL and
 *  for whatever asks for nothing we have. */
APE_API ape_metrics_format ape_metrics_format_for_accept(const char *accept);

/** The Content-Type of a format. Static storage. */
APE_API const char *ape_metrics_format_content_type(ape_metrics_format format);

/**
 * Takes the next bytes of the text; they live during the call only.
 *
 * @return APE_OK to go on; anything else stops the writing.
 */
typedef ape_status (*ape_metrics_writer)(void *user, const char *bytes, size_t size);

/**
 * Write all metrics, in pieces of 16 KiB at most: the text is never held as a
 * whole. No lock is held while @p writer runs, and others may count, add and write
 * at the same time. Families come in the order they were added; families and their
 * series stay together.
 *
 * Each histogram is consistent in itself: its +Inf bucket is its count. Its sum may
 * be ahead of or behind it by the observations that were on their way.
 *
 * @return APE_OK; what @p writer returned, if not APE_OK; APE_ERR_INVALID for an
 *         unknown format; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_metrics_registry_write(ape_metrics_registry *registry,
                                                           ape_metrics_format format,
                                                           ape_metrics_writer writer, void *user,
                                                           ape_error *err);

/** All metrics as one text. As ape_metrics_registry_write(). */
APE_API APE_MUST_USE ape_status ape_metrics_registry_to_text(ape_metrics_registry *registry,
                                                             ape_metrics_format format,
                                                             ape_text **out, ape_error *err);

APE_END_DECLS

#endif /* APE_METRICS_REGISTRY_H */
