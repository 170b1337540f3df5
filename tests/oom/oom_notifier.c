/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <ape/notifier.h>

#include "counting_host.h"

/* Nobody listens there: what is posted is dropped. */
static ape_status use(ape_host *host, void *user)
{
    ape_notifier_options opts;
    ape_metrics_registry *metrics;
    ape_notifier *n;
    ape_status st;

    (void)user;
    st = ape_metrics_registry_new(host, NULL, &metrics, NULL);
    if (st != APE_OK)
        return st;
    ape_notifier_options_init(&opts, sizeof(opts));
    opts.webhook_url = "http://127.0.0.1:1/make-believe";
    opts.retries = 0;
    opts.interval_ms = 10;
    opts.metrics = metrics;
    st = ape_notifier_new(host, &opts, &n, NULL);
    ape_metrics_registry_free(metrics);
    if (st != APE_OK)
        return st;
    st = ape_notifier_post(n, APE_SEVERITY_WARNING, "a", "A", "text", NULL);
    (void)ape_notifier_flush(n, 1000);
    ape_notifier_free(n);
    return st;
}

int main(void)
{
    const char *complaint = each_allocation_fails(use, NULL);

    if (complaint)
        printf("notifier: %s\n", complaint);
    return complaint != NULL;
}
