/* SPDX-License-Identifier: MIT */
#include <ape/llm_client.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "counting_host.h"
#include "server.h"

/*
 * One client, many threads: blocking and submitted requests, cancelled at any
 * moment, hedged, some of them kept and given again, while the chain is reloaded under
 * them; callbacks that submit, cancel and free. Each request ends once; no answer is ever cut;
 * nothing leaks.
 */

enum { THREADS = 4, ROUNDS = 40, KINDS = 4 };

static chaos_server server;
static counting_host counting;
static ape_llm_client *client;
static atomic_int submitted, ended, wrong;
static atomic_bool stop;

static void set(ape_settings *s, const char *name, const char *value)
{
    if (ape_settings_set(s, name, value, NULL) != APE_OK)
        abort();
}

static ape_settings *make_settings(const char *model)
{
    ape_settings_options opts;
    ape_settings *s;

    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    if (ape_settings_new(counting.host, &opts, &s, NULL) != APE_OK)
        abort();
    set(s, "LLM_CHAIN", "stub,spare");
    set(s, "STUB_BASE_URL", server.url);
    set(s, "STUB_MODEL", model);
    set(s, "SPARE_BASE_URL", server.url);
    set(s, "SPARE_MODEL", "echo");
    set(s, "LLM_RETRIES", "1");
    set(s, "LLM_IDLE_TIMEOUT_MS", "2000");
    set(s, "LLM_HEDGE_PERCENT", "100");
    set(s, "LLM_HEDGE_DELAY_MS", "3");
    set(s, "LLM_CACHE_ENTRIES", "3");
    set(s, "STUB_RPM", "100000");
    return s;
}

static ape_llm_request *make_request(void)
{
    ape_llm_request *request;

    if (ape_llm_request_new(counting.host, &request, NULL) != APE_OK ||
        ape_llm_request_add_message(request, APE_LLM_USER, "say this", 8, NULL) != APE_OK)
        abort();
    return request;
}

static bool is_right(ape_status status, const ape_llm_completion *completion)
{
    const char *text = ape_llm_completion_text(completion);

    if (status == APE_OK)
        return text && (strcmp(text, "say this") == 0 || strlen(text) == 410);
    if (status == APE_ERR_CANCELLED && text == NULL)
        return true;
    printf("%s: %s\n", ape_status_name(status), text ? text : "no text");
    return false;
}

static void on_done(void *user, ape_status status, ape_llm_completion *completion,
                    const ape_error *err)
{
    (void)user, (void)err;
    if (!is_right(status, completion))
        atomic_fetch_add(&wrong, 1);
    ape_llm_completion_free(completion);
    atomic_fetch_add(&ended, 1);
}

/* Submits another one from within the callback. */
static void on_done_again(void *user, ape_status status, ape_llm_completion *completion,
                          const ape_error *err)
{
    ape_llm_request *request = make_request();

    atomic_fetch_add(&submitted, 1);
    if (ape_llm_client_submit(client, request, on_done, NULL, NULL, NULL) != APE_OK)
        abort();
    ape_llm_request_free(request);
    on_done(user, status, completion, err);
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static void submit_and_cancel(int i, bool cancels)
{
    ape_llm_request *request = make_request();
    ape_llm_call *call;

    atomic_fetch_add(&submitted, 1);
    if (ape_llm_client_submit(client, request, i % 3 ? on_done : on_done_again, NULL, &call,
                              NULL) != APE_OK)
        abort();
    ape_llm_request_free(request);
    if (cancels) {
        pause_ms(i % 7);
        ape_llm_call_cancel(call);
        ape_llm_call_cancel(call);
    }
    ape_llm_call_free(call);
}

static void *cancel_soon(void *request)
{
    pause_ms(3);
    ape_llm_request_cancel(request);
    return NULL;
}

static void generate(bool cancels)
{
    ape_llm_request *request = make_request();
    ape_llm_completion *completion = NULL;
    pthread_t canceller;
    ape_status st;

    ape_llm_request_set_cacheable(request, !cancels);
    if (cancels)
        pthread_create(&canceller, NULL, cancel_soon, request);
    st = ape_llm_client_generate(client, request, &completion, NULL);
    if (!is_right(st, completion))
        atomic_fetch_add(&wrong, 1);
    if (cancels)
        pthread_join(canceller, NULL);
    ape_llm_completion_free(completion);
    ape_llm_request_free(request);
}

static void *hammer(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        if (i % KINDS == 0)
            generate(false);
        else if (i % KINDS == 1)
            generate(true);
        else
            submit_and_cancel(i, i % KINDS == 2);
    }
    return NULL;
}

static void *reload(void *unused)
{
    static const char *const models[] = { "ok", "s08", "always500", "slow_stream:0.3", "echo" };

    (void)unused;
    for (int i = 0; !atomic_load(&stop); i++) {
        ape_settings *s = make_settings(models[i % 5]);

        if (ape_llm_client_reload(client, s, NULL) != APE_OK)
            abort();
        ape_settings_free(s);
        pause_ms(20);
    }
    return NULL;
}

static void run(void)
{
    ape_settings *s = make_settings("ok");
    pthread_t threads[THREADS], reloader;

    if (ape_llm_client_new(counting.host, s, &client, NULL) != APE_OK)
        abort();
    ape_settings_free(s);
    pthread_create(&reloader, NULL, reload, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, hammer, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&stop, true);
    pthread_join(reloader, NULL);
    for (int i = 0; i < 2000 && atomic_load(&ended) < atomic_load(&submitted); i++)
        pause_ms(10);
    ape_llm_client_free(client);
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc < 2 || !chaos_server_start(&server, argv[1]))
        return 77;
    counting_host_init(&counting);
    counting.runs_real_time = true;
    run();
    if (atomic_load(&ended) != atomic_load(&submitted))
        failed = printf("%d submitted, %d ended\n", atomic_load(&submitted), atomic_load(&ended));
    if (atomic_load(&wrong))
        failed = printf("%d wrong ends\n", atomic_load(&wrong));
    pause_ms(50); /* the last share of a call may still be on its way */
    if (!counting_host_done(&counting))
        failed = printf("leak\n");
    chaos_server_stop(&server);
    return failed != 0;
}
