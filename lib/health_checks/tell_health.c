/* SPDX-License-Identifier: MIT */
#include <ape/health_checks.h>

#include <stdio.h>

void ape_notifier_tell_health(void *notifier, const char *name, ape_health_status from,
                              ape_health_status to, const char *message)
{
    ape_severity severity = APE_SEVERITY_RESOLVED;
    char matter[80], title[120];

    (void)from;
    if (to != APE_HEALTH_HEALTHY)
        severity = to == APE_HEALTH_DEGRADED ? APE_SEVERITY_WARNING : APE_SEVERITY_CRITICAL;
    snprintf(matter, sizeof(matter), "health:%s", name);
    snprintf(title, sizeof(title), "%s is %s", name, ape_health_status_name(to));
    /* What finds no place is counted as dropped. */
    (void)ape_notifier_post(notifier, severity, matter, title,
                            severity == APE_SEVERITY_RESOLVED ? NULL : message, NULL);
}
