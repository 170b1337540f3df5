/* SPDX-License-Identifier: MIT */
#include <ape/llm_client.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stub_server.h"

/*
 * The client's own cost, against a server in another process that answers at once:
 *
 *     bench_llm overhead [CALLS]   all but the wait for the provider: p50, p99. On a busy machine
 *                                  under chrt -f 10, else p99 is the wait for a processor
 *     bench_llm streams [COUNT]    memory with so many streams at the same time
 */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static ape_llm_client *make_client(const char *url, const char *model)
{
    ape_settings_options opts;
    ape_llm_client *client;
    ape_settings *s;

    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    if (ape_settings_new(NULL, &opts, &s, NULL) != APE_OK ||
        ape_settings_set(s, "LLM_CHAIN", "stub", NULL) != APE_OK ||
        ape_settings_set(s, "STUB_BASE_URL", url, NULL) != APE_OK ||
        ape_settings_set(s, "STUB_MODEL", model, NULL) != APE_OK ||
        ape_llm_client_new(NULL, s, &client, NULL) != APE_OK)
        abort();
    ape_settings_free(s);
    return client;
}

static ape_llm_request *make_request(void)
{
    ape_llm_request *request;

    if (ape_llm_request_new(NULL, &request, NULL) != APE_OK ||
        ape_llm_request_add_message(request, APE_LLM_USER, "What is 2+2?", 12, NULL) != APE_OK)
        abort();
    return request;
}

static double overhead_us(const ape_llm_completion *completion)
{
    static const char name[] = "\"overhead_ms\":";
    ape_text *json;
    double ms;

    if (ape_llm_completion_to_json(completion, &json, NULL) != APE_OK)
        abort();
    ms = strtod(strstr(ape_text_data(json), name) + strlen(name), NULL);
    ape_text_free(json);
    return ms * 1000;
}

static long rss_kib(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (!file || fscanf(file, "%*d %ld", &pages) != 1)
        abort();
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static double one_call(ape_llm_client *client, ape_llm_request *request)
{
    ape_llm_completion *completion;
    double us;

    if (ape_llm_client_generate(client, request, &completion, NULL) != APE_OK)
        abort();
    us = overhead_us(completion);
    ape_llm_completion_free(completion);
    return us;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void overhead(const char *url, int calls)
{
    ape_llm_client *client = make_client(url, "small");
    ape_llm_request *request = make_request();
    double *us = calloc((size_t)calls, sizeof(*us)), began;

    for (int i = 0; i < 200; i++)
        one_call(client, request);
    began = now();
    for (int i = 0; i < calls; i++)
        us[i] = one_call(client, request);
    began = now() - began;
    qsort(us, (size_t)calls, sizeof(*us), compare);
    printf("overhead_p50_us %.1f\noverhead_p99_us %.1f\nround_trip_mean_us %.1f\n", us[calls / 2],
           us[calls * 99 / 100], began / calls * 1e6);
    free(us);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
}

static atomic_int done, failed;

static void on_done(void *user, ape_status status, ape_llm_completion *completion,
                    const ape_error *err)
{
    (void)user, (void)err;
    if (status != APE_OK)
        atomic_fetch_add(&failed, 1);
    ape_llm_completion_free(completion);
    atomic_fetch_add(&done, 1);
}

static void streams(const char *url, int count)
{
    ape_llm_client *client = make_client(url, "hold");
    long before = rss_kib(), most = 0;

    for (int i = 0; i < count; i++) {
        ape_llm_request *request = make_request();

        if (ape_llm_client_submit(client, request, on_done, NULL, NULL, NULL) != APE_OK)
            abort();
        ape_llm_request_free(request);
    }
    while (atomic_load(&done) < count) {
        long rss = rss_kib();

        most = rss > most ? rss : most;
        usleep(20000);
    }
    printf("streams %d\nstreams_failed %d\nstreams_rss_kib %ld\nstreams_growth_kib %ld\n", count,
           atomic_load(&failed), most, most - before);
    ape_llm_client_free(client);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "overhead";
    int count = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
    char url[64];
    pid_t server = stub_server_start(url);

    if (strcmp(what, "overhead") == 0)
        overhead(url, count ? count : 5000);
    else
        streams(url, count ? count : 500);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return 0;
}
