/* SPDX-License-Identifier: MIT */
#ifndef TESTS_METRICS_TEXT_H
#define TESTS_METRICS_TEXT_H

#include <ape/metrics_registry.h>

/** True if the registry's text holds these bytes. */
bool metrics_hold(ape_metrics_registry *registry, const char *wanted);

/** End the test unless the registry's text holds each of these lines; ended by NULL. */
void expect_metrics(ape_metrics_registry *registry, const char *const *lines);

#endif /* TESTS_METRICS_TEXT_H */
