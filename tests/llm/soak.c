/* SPDX-License-Identifier: MIT */
#include <ape/llm_client.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "counting_host.h"
#include "stub_server.h"

/*
 * Many calls one after the other, blocking, against a server in another process: the memory of the
 * process stays what it is, whatever way it is looked at.
 *
 *     soak CALLS
 */

enum {
    LIMIT_KIB = 1024, /* of growth: a leak of two bytes a call would be twice that in a million */
    STEPS = 10,
};

/* Sanitizers keep freed memory for a while: there the blocks alone are counted. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool counts_rss = false;
#else
static const bool counts_rss = true;
#endif

static counting_host counting;

static ape_llm_client *make_client(const char *url)
{
    const char *const pairs[][2] = {
        { "LLM_CHAIN", "stub" },      { "STUB_BASE_URL", url },  { "STUB_MODEL", "small" },
        { "STUB_RPM", "1000000000" }, { "LLM_BUDGET_USD", "1" }, { "LLM_CACHE_ENTRIES", "10" },
    };
    ape_settings_options opts;
    ape_llm_client *client;
    ape_settings *s;

    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    if (ape_settings_new(counting.host, &opts, &s, NULL) != APE_OK)
        abort();
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (ape_settings_set(s, pairs[i][0], pairs[i][1], NULL) != APE_OK)
            abort();
    if (ape_llm_client_new(counting.host, s, &client, NULL) != APE_OK)
        abort();
    ape_settings_free(s);
    return client;
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

static bool call(ape_llm_client *client, ape_llm_request *request)
{
    ape_llm_completion *completion = NULL;
    bool ok = ape_llm_client_generate(client, request, &completion, NULL) == APE_OK &&
              strcmp(ape_llm_completion_text(completion), "4") == 0;

    ape_llm_completion_free(completion);
    return ok;
}

static long call_many(ape_llm_client *client, ape_llm_request *request, long calls)
{
    long wrong = 0;

    for (long i = 0; i < calls; i++)
        wrong += !call(client, request);
    return wrong;
}

static int soak(const char *url, long calls)
{
    ape_llm_client *client = make_client(url);
    ape_llm_request *request;
    size_t blocks;
    long before, after, wrong;

    if (ape_llm_request_new(counting.host, &request, NULL) != APE_OK ||
        ape_llm_request_add_message(request, APE_LLM_USER, "What is 2+2?", 12, NULL) != APE_OK)
        abort();
    wrong = call_many(client, request, calls / STEPS); /* pools and caches fill up */
    before = after = rss_kib();
    blocks = counting.live_blocks;
    for (int i = 0; i < STEPS; i++) {
        wrong += call_many(client, request, calls / STEPS);
        after = rss_kib();
        printf("%ld calls: %ld KiB resident\n", calls / STEPS * (i + 2), after);
        fflush(stdout);
    }
    printf("growth: %ld KiB, %ld blocks; wrong: %ld\n", after - before,
           (long)counting.live_blocks - (long)blocks, wrong);
    wrong += (counts_rss && after - before > LIMIT_KIB) || counting.live_blocks != blocks;
    ape_llm_request_free(request);
    ape_llm_client_free(client);
    return wrong != 0;
}

int main(int argc, char **argv)
{
    long calls = argc > 1 ? strtol(argv[1], NULL, 10) : 10000;
    char url[64];
    pid_t server = stub_server_start(url);
    int failed;

    counting_host_init(&counting);
    counting.runs_real_time = true;
    failed = soak(url, calls);
    if (!counting_host_done(&counting))
        failed = printf("leak\n");
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    return failed != 0;
}
