/* SPDX-License-Identifier: CC0-1.0 */
/* The health checker alone: two checks, without threads of its own, and their report. */
#include <stdio.h>

#include <ape/health_checker.h>

static void look_at_queue(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    const int *length = user;

    (void)timeout_ms;
    if (*length < 100)
        return;
    result->status = *length < 1000 ? APE_HEALTH_DEGRADED : APE_HEALTH_UNHEALTHY;
    snprintf(result->message, sizeof(result->message), "%d jobs wait", *length);
}

static ape_status run(ape_health_checker *checker, ape_error *err)
{
    static int queue_length = 250;
    ape_text *report;
    ape_status st;

    st = ape_health_checker_add(checker, "queue", NULL, look_at_queue, &queue_length, NULL, err);
    if (st == APE_OK)
        st = ape_health_checker_add_disk(checker, "disk", "/tmp", 1 << 20, NULL, err);
    if (st != APE_OK)
        return st;
    /* With workers this is not needed; here the program's own loop would call it. */
    ape_health_checker_run_due(checker);
    printf("alive %d, ready %d, %s\n", ape_health_checker_is_live(checker),
           ape_health_checker_is_ready(checker),
           ape_health_status_name(ape_health_checker_get_status(checker)));
    st = ape_health_checker_to_json(checker, APE_HEALTH_DETAILED, &report, err);
    if (st != APE_OK)
        return st;
    puts(ape_text_data(report));
    ape_text_free(report);
    return APE_OK;
}

int main(void)
{
    ape_health_checker_options opts;
    ape_health_checker *checker;
    ape_error err;
    ape_status st;

    ape_health_checker_options_init(&opts, sizeof(opts));
    opts.workers = 0;
    st = ape_health_checker_new(NULL, &opts, &checker, &err);
    if (st == APE_OK) {
        st = run(checker, &err);
        ape_health_checker_free(checker);
    }
    if (st != APE_OK)
        fprintf(stderr, "%s\n", err.message);
    return st == APE_OK ? 0 : 1;
}
