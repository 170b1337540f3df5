/* SPDX-License-Identifier: MIT */
/* Many threads post, some flush, while the writer finds nobody and drops; every answer is counted.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ape/lineage.h>

enum { POSTERS = 4, POSTS = 2000 };

static ape_lineage *lineage;
static atomic_uint wrong;

static void *post(void *user)
{
    static const char answer[] = "{\"query_id\": \"q\"}";

    (void)user;
    for (int i = 0; i < POSTS; i++) {
        ape_status st = ape_lineage_post(lineage, answer, strlen(answer), NULL);

        if (st != APE_OK && st != APE_ERR_LIMIT)
            wrong++;
        if (i % 500 == 0)
            (void)ape_lineage_flush(lineage, 1);
    }
    return NULL;
}

static double dropped(ape_metrics_registry *registry)
{
    static const char line[] = "ape_lineage_answers_total{result=\"dropped\"} ";
    ape_text *text;
    const char *found;
    double count;

    if (ape_metrics_registry_to_text(registry, APE_METRICS_TEXT, &text, NULL) != APE_OK)
        return -1;
    found = strstr(ape_text_data(text), line);
    count = found ? strtod(found + strlen(line), NULL) : -1;
    ape_text_free(text);
    return count;
}

int main(void)
{
    ape_metrics_registry *registry;
    ape_lineage_options opts;
    ape_settings *settings;
    pthread_t posters[POSTERS];

    if (setenv("NEO4J_URI", "http://127.0.0.1:1", 1) != 0 ||
        ape_settings_new(NULL, NULL, &settings, NULL) != APE_OK ||
        ape_metrics_registry_new(NULL, NULL, &registry, NULL) != APE_OK)
        return 1;
    ape_lineage_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    opts.metrics = registry;
    opts.queue_limit = 100;
    opts.interval_ms = 10;
    opts.retries = 0;
    if (ape_lineage_new(NULL, &opts, &lineage, NULL) != APE_OK)
        return 1;
    ape_settings_free(settings);
    for (int i = 0; i < POSTERS; i++)
        if (pthread_create(&posters[i], NULL, post, NULL) != 0)
            return 1;
    for (int i = 0; i < POSTERS; i++)
        pthread_join(posters[i], NULL);
    ape_lineage_free(lineage);
    if (dropped(registry) != POSTERS * POSTS)
        wrong++;
    printf("%.0f dropped\n", dropped(registry));
    ape_metrics_registry_free(registry);
    return wrong != 0;
}
