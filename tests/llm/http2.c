/* SPDX-License-Identifier: MIT */
#include <ape/llm_client.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "counting_host.h"
#include "server.h"

/*
 * Faults that only HTTP/2 has, over TLS, by http2_server.py: what comes of each, who answered,
 * how often the faulty one was asked.
 *
 *     http2 SCRIPT
 */

enum { MANY = 50, ANY = -1 };

typedef struct scenario {
    const char *model;
    ape_llm_class class_; /* of the first attempt; ANY: some versions of curl mend it alone */
    const char *winner;
    int most_asked; /* what curl sends again by itself is counted, too */
} scenario;

static const scenario scenarios[] = {
    { "ok", APE_LLM_OK, "primary", 1 },
    { "goaway", ANY, "primary", 2 },
    { "goaway_for_ever", APE_LLM_LOST, "fallback", 18 },
    { "goaway_calm", APE_LLM_LOST, "fallback", 18 },
    { "goaway_midway", APE_LLM_CUT, "fallback", 1 },
    { "goaway_graceful", APE_LLM_OK, "primary", 1 },
    { "reset_midway", APE_LLM_CUT, "fallback", 1 },
    { "refused", APE_LLM_LOST, "fallback", 18 },
    { "ends_early", APE_LLM_CUT, "fallback", 1 },
};

static chaos_server server;
static counting_host counting;
static char certificate[] = "/tmp/ape-http2-XXXXXX";
static char words[1024];
static int complaints;

static void complain(const char *model, const char *what, const char *detail)
{
    printf("%s: %s%s\n", model, what, detail);
    complaints++;
}

static ape_llm_client *make_client(const char *primary, const char *ca_file)
{
    const char *const pairs[][2] = {
        { "LLM_CHAIN", "primary,fallback" }, { "PRIMARY_BASE_URL", server.url },
        { "PRIMARY_MODEL", primary },        { "FALLBACK_BASE_URL", server.url },
        { "FALLBACK_MODEL", "ok" },          { "LLM_CA_FILE", ca_file },
        { "LLM_BREAKER_FAILURES", "1000" },  { "LLM_TOTAL_TIMEOUT_MS", "60000" },
    };
    ape_settings_options opts;
    ape_llm_client *client;
    ape_settings *s;
    ape_error err;

    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    if (ape_settings_new(counting.host, &opts, &s, NULL) != APE_OK)
        abort();
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (ape_settings_set(s, pairs[i][0], pairs[i][1], NULL) != APE_OK)
            abort();
    if (ape_llm_client_new(counting.host, s, &client, &err) != APE_OK) {
        printf("%s\n", err.message);
        abort();
    }
    ape_settings_free(s);
    return client;
}

static ape_llm_request *make_request(void)
{
    ape_llm_request *request;

    if (ape_llm_request_new(counting.host, &request, NULL) != APE_OK ||
        ape_llm_request_add_message(request, APE_LLM_USER, "Count.", 6, NULL) != APE_OK)
        abort();
    return request;
}

static void check_journal(const scenario *s, const ape_llm_completion *completion)
{
    char class_[64];
    const char *first;
    ape_text *json;

    if (s->class_ == ANY)
        return;
    if (ape_llm_completion_to_json(completion, &json, NULL) != APE_OK)
        abort();
    snprintf(class_, sizeof(class_), "\"class\":\"%s\"", ape_llm_class_name(s->class_));
    first = strstr(ape_text_data(json), "\"class\":");
    if (!first || strncmp(first, class_, strlen(class_)) != 0)
        complain(s->model, "the first attempt was not ", ape_text_data(json));
    ape_text_free(json);
}

static void run(const scenario *s)
{
    ape_llm_client *client = make_client(s->model, certificate);
    ape_llm_request *request = make_request();
    int before = chaos_server_count(&server, s->model), asked;
    ape_llm_completion *completion = NULL;
    const char *winner, *text;

    if (ape_llm_client_generate(client, request, &completion, NULL) != APE_OK)
        complain(s->model, "no answer", "");
    winner = ape_llm_completion_provider(completion);
    text = ape_llm_completion_text(completion);
    asked = chaos_server_count(&server, s->model) - before;
    if (!winner || strcmp(winner, s->winner) != 0)
        complain(s->model, "answered by ", winner ? winner : "nobody");
    if (!text || strcmp(text, words) != 0)
        complain(s->model, "not the whole text: ", text ? text : "(none)");
    check_journal(s, completion);
    printf("%-16s asked %d times\n", s->model, asked);
    if (asked < 1 || asked > s->most_asked)
        complain(s->model, "asked too often", "");
    ape_llm_completion_free(completion);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
}

static atomic_int ended, whole;

static void on_done(void *user, ape_status status, ape_llm_completion *completion,
                    const ape_error *err)
{
    const char *text = ape_llm_completion_text(completion);

    (void)user, (void)err;
    if (status == APE_OK && text && strcmp(text, words) == 0)
        atomic_fetch_add(&whole, 1);
    ape_llm_completion_free(completion);
    atomic_fetch_add(&ended, 1);
}

/* Many streams on one connection that is told to go away, again and again: each request ends,
 * and its retries do. */
static void run_parallel(const char *model)
{
    ape_llm_client *client = make_client(model, certificate);
    int before = chaos_server_count(&server, model), asked;

    atomic_store(&ended, 0);
    atomic_store(&whole, 0);
    for (int i = 0; i < MANY; i++) {
        ape_llm_request *request = make_request();

        if (ape_llm_client_submit(client, request, on_done, NULL, NULL, NULL) != APE_OK)
            abort();
        ape_llm_request_free(request);
    }
    for (int i = 0; i < 6000 && atomic_load(&ended) < MANY; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    asked = chaos_server_count(&server, model) - before;
    printf("%-16s %d at a time: %d whole answers, asked %d times\n", model, MANY,
           atomic_load(&whole), asked);
    if (atomic_load(&whole) != MANY)
        complain(model, "not all of many had a whole answer", "");
    if (asked > 18 * MANY)
        complain(model, "asked too often", "");
    ape_llm_client_free(client);
}

/* A certificate that the system does not know is not believed. */
static void run_unknown_certificate(void)
{
    ape_llm_client *client = make_client("ok", "/etc/ssl/certs/ca-certificates.crt");
    ape_llm_request *request = make_request();
    ape_llm_completion *completion = NULL;
    const scenario s = { "ok", APE_LLM_TLS, NULL, 0 };

    if (ape_llm_client_generate(client, request, &completion, NULL) != APE_ERR_UNAVAILABLE)
        complain("ok", "a certificate that nobody knows was believed", "");
    check_journal(&s, completion);
    ape_llm_completion_free(completion);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
}

int main(int argc, char **argv)
{
    close(mkstemp(certificate));
    setenv("HTTP2_CERTIFICATE", certificate, 1);
    if (argc < 2 || !chaos_server_start(&server, argv[1])) {
        printf("no python3-h2 or no openssl to run the server with\n");
        unlink(certificate);
        return 77;
    }
    server.ca_file = certificate;
    for (int i = 0; i < 60; i++)
        snprintf(words + strlen(words), sizeof(words) - strlen(words), "word%d ", i);
    counting_host_init(&counting);
    counting.runs_real_time = true;
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
        run(&scenarios[i]);
    run_parallel("ok");
    run_parallel("goaway_for_ever");
    if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0)
        run_unknown_certificate();
    if (!counting_host_done(&counting))
        complain("memory", "leaked", "");
    chaos_server_stop(&server);
    unlink(certificate);
    return complaints != 0;
}
