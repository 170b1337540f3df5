/* SPDX-License-Identifier: MIT */
#include <ape/llm_client.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "counting_host.h"
#include "server.h"

/*
 * Every fault of chaos_server.py, all at the same time: what comes of it, who
 * answered in the end, how often the faulty one was asked. No answer is ever cut.
 *
 *     faults SCRIPT [published]     with "published": the clocks of the public test
 */

#define OK APE_OK
#define REFUSED APE_ERR_REFUSED

typedef struct scenario {
    const char *model;
    ape_llm_class class_; /* of the first attempt */
    const char *winner;   /* "primary", "fallback", NULL: nobody */
    int asked;            /* how often the primary is asked; 0: not looked at */
    const char *text;     /* NULL: the 60 words */
    const char *fallback; /* model; NULL: ok */
    ape_status status;
    bool is_anthropic;
} scenario;

static const scenario scenarios[] = {
    /* The sixteen public ones; s15 and s16 stand by themselves below. */
    { .model = "ok", .winner = "primary" },
    { "s01", APE_LLM_RATE_LIMITED, "primary", 2, .status = OK },
    { "s02", APE_LLM_RATE_LIMITED, "fallback", 3, .status = OK },
    { "s03", APE_LLM_SERVER, "primary", 2, .status = OK },
    { "s04", APE_LLM_OVERLOADED, "fallback", 3, .status = OK },
    { "s05", APE_LLM_LOST, "fallback", 3, .status = OK },
    { "s06", APE_LLM_HEADERS_TIMEOUT, "fallback", 1, .status = OK },
    { "s07", APE_LLM_FIRST_CONTENT_TIMEOUT, "fallback", 1, .status = OK },
    { "s08", APE_LLM_CUT, "fallback", 1, .status = OK },
    { "s09", APE_LLM_IDLE_TIMEOUT, "fallback", 1, .status = OK },
    { "s10", APE_LLM_MALFORMED, "fallback", 1, .status = OK },
    { "s11", APE_LLM_OK, "primary", 1, .status = OK },
    { "s12", APE_LLM_CONTEXT, "fallback", 1, .status = OK },
    { "s13", APE_LLM_DECLINED, NULL, 1, .status = REFUSED },
    { "s14", APE_LLM_CUT, "fallback", 1, .fallback = "noprefill" },
    /* Ours. */
    { "keepalive", APE_LLM_FIRST_CONTENT_TIMEOUT, "fallback", 1, .status = OK },
    { "crawl", APE_LLM_CRAWLING, "fallback", 1, .status = OK },
    { "html", APE_LLM_NOT_AN_ANSWER, "fallback", 1, .status = OK },
    { "html502", APE_LLM_SERVER, "fallback", 3, .status = OK },
    { "gzipped", APE_LLM_OK, "primary", 1, .status = OK },
    { "split_utf8", APE_LLM_OK, "primary", 1, .text = "«Цена» 价格 🦍" },
    { "glued", APE_LLM_OK, "primary", 1, .status = OK },
    { "one_byte", APE_LLM_OK, "primary", 1, .status = OK },
    { "no_money", APE_LLM_QUOTA, "fallback", 1, .status = OK },
    { "spend_cap", APE_LLM_QUOTA, "fallback", 1, .status = OK },
    { "quota", APE_LLM_QUOTA, "fallback", 1, .status = OK },
    { "overloaded_midway", APE_LLM_OVERLOADED, "fallback", 3, .status = OK },
    { "empty_choices", APE_LLM_OK, "primary", 1, .status = OK },
    { "done_only", APE_LLM_CUT, "fallback", 1, .status = OK },
    { "no_terminal", APE_LLM_CUT, "fallback", 1, .status = OK },
    { "double_finish", APE_LLM_OK, "primary", 1, .status = OK },
    { "tool_calls", APE_LLM_ODD_FINISH, "fallback", 1, .status = OK },
    { "error_field", APE_LLM_SERVER, "fallback", 3, .status = OK },
    { "bare_error", APE_LLM_OVERLOADED, "fallback", 3, .status = OK },
    { "nul", APE_LLM_MALFORMED, "fallback", 1, .status = OK },
    { "surrogate", APE_LLM_MALFORMED, "fallback", 1, .status = OK },
    { "not_utf8", APE_LLM_MALFORMED, "fallback", 1, .status = OK },
    { "huge_event", APE_LLM_TOO_LARGE, "fallback", 1, .status = OK },
    { "cr_only", APE_LLM_OK, "primary", 1, .status = OK },
    { "crlf_bom", APE_LLM_OK, "primary", 1, .status = OK },
    { "tight", APE_LLM_OK, "primary", 1, .status = OK },
    { "many_lines", APE_LLM_OK, "primary", 1, .status = OK },
    { "plain_text", APE_LLM_OK, "primary", 1, .status = OK },
    { "no_stream", APE_LLM_OK, "primary", 1, .status = OK },
    { "blank_lines", APE_LLM_OK, "primary", 1, .status = OK },
    { "json_error", APE_LLM_SERVER, "fallback", 3, .status = OK },
    { "error_array", APE_LLM_RATE_LIMITED, "fallback", 3, .status = OK },
    { "parts", APE_LLM_OK, "primary", 1, .status = OK },
    { "reasoning", APE_LLM_OK, "primary", 1, .status = OK },
    { "length", APE_LLM_LENGTH, "fallback", 1, .status = OK },
    { "filtered_midway", APE_LLM_DECLINED, NULL, 1, .status = REFUSED },
    { "odd_finish", APE_LLM_ODD_FINISH, "fallback", 1, .status = OK },
    { "empty", APE_LLM_EMPTY, "fallback", 1, .status = OK },
    { "redirect", APE_LLM_NOT_AN_ANSWER, "fallback", 1, .status = OK },
    { "bad_key", APE_LLM_KEY, "fallback", 1, .status = OK },
    { "no_model", APE_LLM_MODEL, "fallback", 1, .status = OK },
    { "bad_request", APE_LLM_REQUEST, "fallback", 1, .status = OK },
    { "retry_date", APE_LLM_OVERLOADED, "primary", 2, .status = OK },
    { "retry_fraction", APE_LLM_RATE_LIMITED, "primary", 2, .status = OK },
    { "retry_never", APE_LLM_RATE_LIMITED, "fallback", 1, .status = OK },
    { "should_not_retry", APE_LLM_SERVER, "fallback", 1, .status = OK },
    { "second_key", APE_LLM_RATE_LIMITED, "primary", 2, .status = OK },
    { "ndjson", APE_LLM_OK, "primary", 1, .status = OK },
    { "partial", APE_LLM_CUT, "fallback", 1, .status = OK },
    { "garbage", APE_LLM_NOT_AN_ANSWER, "fallback", 1, .status = OK },
    { "nothing", APE_LLM_LOST, "fallback", 3, .status = OK },
    { "bad_chunks", APE_LLM_CUT, "fallback", 1, .status = OK },
    { "hangs_at_end", APE_LLM_OK, "primary", 1, .status = OK },
    { "echo", APE_LLM_OK, "primary", 1, .text = "What is 2+2?" },
    { "slow_stream:3", APE_LLM_OK, "primary", 1, .status = OK },
    { "a_ok", APE_LLM_OK, "primary", 1, .is_anthropic = true },
    { "a_last_of_quota", APE_LLM_OK, "primary", 1, .is_anthropic = true },
    { "a_overloaded", APE_LLM_OVERLOADED, "fallback", 3, .is_anthropic = true },
    { "a_529", APE_LLM_OVERLOADED, "fallback", 3, .is_anthropic = true },
    { "a_no_stop", APE_LLM_CUT, "fallback", 1, .is_anthropic = true },
    { "a_refusal", APE_LLM_DECLINED, NULL, 1, .status = REFUSED, .is_anthropic = true },
    { "a_max_tokens", APE_LLM_LENGTH, "fallback", 1, .is_anthropic = true },
    { "a_no_stream", APE_LLM_OK, "primary", 1, .is_anthropic = true },
};

enum { SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]), OUTAGE_REQUESTS = 15 };

static chaos_server server;
static bool is_published;
static char words[1024];
static int complaints;

/* One scenario under way. */
typedef struct run {
    const scenario *s;
    ape_llm_client *client;
    bool is_done;
    ape_status status;
    char message[240];
    ape_llm_completion *completion;
    double seconds;
} run;

static run runs[SCENARIOS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int done_count;
static double began;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void complain(const char *name, const char *what, const char *detail)
{
    printf("%s: %s%s\n", name, what, detail);
    complaints++;
}

static void set(ape_settings *s, const char *name, const char *value)
{
    if (ape_settings_set(s, name, value, NULL) != APE_OK)
        abort();
}

static ape_settings *make_settings(ape_host *host)
{
    static const char *const quick[] = { "1000", "2500", "2500", "2500" };
    static const char *const published[] = { "5000", "10000", "10000", "10000" };
    const char *const *ms = is_published ? published : quick;
    ape_settings_options opts;
    ape_settings *s;

    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    if (ape_settings_new(host, &opts, &s, NULL) != APE_OK)
        abort();
    set(s, "LLM_CONNECT_TIMEOUT_MS", ms[0]);
    set(s, "LLM_HEADERS_TIMEOUT_MS", ms[1]);
    set(s, "LLM_FIRST_CONTENT_TIMEOUT_MS", ms[2]);
    set(s, "LLM_IDLE_TIMEOUT_MS", ms[3]);
    set(s, "LLM_TOTAL_TIMEOUT_MS", "30000");
    set(s, "LLM_RETRIES", "2");
    return s;
}

static ape_llm_client *make_client(ape_host *host, const char *primary, const char *fallback,
                                   bool is_anthropic)
{
    ape_settings *s = make_settings(host);
    ape_llm_client *client;
    ape_error err;
    char url[128];

    snprintf(url, sizeof(url), "%s%s", server.url, is_anthropic ? "" : "/v1");
    set(s, "LLM_CHAIN", "primary,fallback");
    set(s, "PRIMARY_BASE_URL", url);
    set(s, "PRIMARY_WIRE", is_anthropic ? "anthropic" : "openai");
    set(s, "PRIMARY_MODEL", primary);
    set(s, "PRIMARY_API_KEY", "make-believe-key-one,make-believe-key-two");
    if (strcmp(primary, "second_key") != 0)
        set(s, "PRIMARY_API_KEY", "sk-make-believe-key");
    snprintf(url, sizeof(url), "%s/v1", server.url);
    set(s, "FALLBACK_BASE_URL", url);
    set(s, "FALLBACK_MODEL", fallback ? fallback : "ok");
    if (ape_llm_client_new(host, s, &client, &err) != APE_OK) {
        printf("%s\n", err.message);
        abort();
    }
    ape_settings_free(s);
    return client;
}

static ape_llm_request *make_request(ape_host *host)
{
    ape_llm_request *request;

    if (ape_llm_request_new(host, &request, NULL) != APE_OK ||
        ape_llm_request_add_message(request, APE_LLM_SYSTEM, "Be brief.", 9, NULL) != APE_OK ||
        ape_llm_request_add_message(request, APE_LLM_USER, "What is 2+2?", 12, NULL) != APE_OK)
        abort();
    return request;
}

static void on_done(void *user, ape_status status, ape_llm_completion *completion,
                    const ape_error *err)
{
    run *r = user;

    pthread_mutex_lock(&lock);
    r->status = status;
    r->completion = completion;
    r->seconds = now() - began;
    if (err)
        memcpy(r->message, err->message, sizeof(r->message));
    r->is_done = true;
    done_count++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void start_all(ape_host *host)
{
    for (int i = 0; i < SCENARIOS; i++) {
        ape_llm_request *request = make_request(host);

        runs[i].s = &scenarios[i];
        runs[i].client =
            make_client(host, scenarios[i].model, scenarios[i].fallback, scenarios[i].is_anthropic);
        if (ape_llm_client_submit(runs[i].client, request, on_done, &runs[i], NULL, NULL) != APE_OK)
            abort();
        ape_llm_request_free(request);
    }
}

static void check_text(const run *r)
{
    const char *wanted = r->s->text ? r->s->text : words;
    const char *text = ape_llm_completion_text(r->completion);

    if (!text || strcmp(text, wanted) != 0)
        complain(r->s->model, "not the whole text: ", text ? text : "(none)");
}

static void check_journal(const run *r)
{
    char class_[64];
    ape_text *json;

    if (ape_llm_completion_to_json(r->completion, &json, NULL) != APE_OK)
        abort();
    snprintf(class_, sizeof(class_), "\"class\":\"%s\"", ape_llm_class_name(r->s->class_));
    if (!strstr(ape_text_data(json), class_))
        complain(r->s->model, "class expected: ", class_);
    if (strstr(ape_text_data(json), "make-believe") || strstr(r->message, "make-believe"))
        complain(r->s->model, "the key is shown: ", ape_text_data(json));
    ape_text_free(json);
}

static void check_run(const run *r)
{
    const char *winner = ape_llm_completion_provider(r->completion);
    int asked = chaos_server_count(&server, r->s->model);

    if (r->status != r->s->status)
        complain(r->s->model, ape_status_name(r->status), r->message);
    if ((winner == NULL) != (r->s->winner == NULL) || (winner && strcmp(winner, r->s->winner) != 0))
        complain(r->s->model, "answered by ", winner ? winner : "nobody");
    if (r->s->asked && asked != r->s->asked)
        printf("%s: asked %d times, expected %d\n", r->s->model, asked, r->s->asked), complaints++;
    if (winner)
        check_text(r);
    check_journal(r);
    if (is_published)
        printf("%-20s %-22s %-9s asked %d  %6.2f s\n", r->s->model,
               ape_llm_class_name(r->s->class_), winner ? winner : "-", asked, r->seconds);
}

static void run_all(ape_host *host)
{
    began = now();
    start_all(host);
    pthread_mutex_lock(&lock);
    while (done_count < SCENARIOS)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    printf("%d scenarios in %.1f s\n", SCENARIOS, now() - began);
    for (int i = 0; i < SCENARIOS; i++) {
        check_run(&runs[i]);
        ape_llm_completion_free(runs[i].completion);
        ape_llm_client_free(runs[i].client);
    }
    if (chaos_server_count(&server, "stolen") != 0)
        complain("redirect", "followed, with the key", "");
}

/* Fifteen calls during an outage, then five more: the faulty one is left alone
 * meanwhile, and asked again when it is over. */
static void run_outage(ape_host *host)
{
    const double outage = is_published ? 60 : 6;
    char model[32], open_ms[16];
    ape_settings *s = make_settings(host);
    ape_llm_client *client;
    int asked = 0, recovered = 0;

    snprintf(model, sizeof(model), "s15:%.0f", outage);
    snprintf(open_ms, sizeof(open_ms), "%.0f", outage * 1000);
    client = make_client(host, model, "ok", false);
    set(s, "LLM_CHAIN", "primary,fallback");
    set(s, "PRIMARY_BASE_URL", server.url);
    set(s, "PRIMARY_MODEL", model);
    set(s, "FALLBACK_BASE_URL", server.url);
    set(s, "FALLBACK_MODEL", "ok");
    set(s, "LLM_BREAKER_OPEN_MS", open_ms);
    if (ape_llm_client_reload(client, s, NULL) != APE_OK)
        abort();
    for (int i = 0; i < OUTAGE_REQUESTS + 5; i++) {
        ape_llm_request *request = make_request(host);
        ape_llm_completion *completion = NULL;
        double start = now();

        if (ape_llm_client_generate(client, request, &completion, NULL) != APE_OK ||
            strcmp(ape_llm_completion_text(completion), words) != 0)
            complain(model, "no answer in the outage", "");
        recovered += strcmp(ape_llm_completion_provider(completion), "primary") == 0;
        ape_llm_completion_free(completion);
        ape_llm_request_free(request);
        if (i == OUTAGE_REQUESTS - 1) {
            asked = chaos_server_count(&server, model);
            if (asked > 4)
                complain(model, "asked more than four times in the outage", "");
        }
        while (now() - start < outage / OUTAGE_REQUESTS)
            nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    }
    if (recovered < 2)
        complain(model, "not asked again after the outage", "");
    printf("outage of %.0f s: asked %d times within, %d of the last 5 answers are its own\n",
           outage, asked, recovered);
    ape_settings_free(s);
    ape_llm_client_free(client);
}

/* The second call waits until the provider's own headers allow it. */
static void run_quota(ape_host *host)
{
    ape_settings *s = make_settings(host);
    ape_llm_request *request = make_request(host);
    ape_llm_client *client;
    double times[3];

    set(s, "LLM_CHAIN", "primary");
    set(s, "PRIMARY_BASE_URL", server.url);
    set(s, "PRIMARY_MODEL", "last_of_quota");
    set(s, "PRIMARY_API_KEY", "make-believe-key");
    if (ape_llm_client_new(host, s, &client, NULL) != APE_OK)
        abort();
    for (int i = 0; i < 3; i++) {
        ape_llm_completion *completion = NULL;

        if (ape_llm_client_generate(client, request, &completion, NULL) != APE_OK)
            complain("last_of_quota", "no answer", "");
        times[i] = now();
        ape_llm_completion_free(completion);
    }
    if (times[1] - times[0] < 0.69 || times[2] - times[1] < 0.69)
        complain("last_of_quota", "did not wait", "");
    ape_llm_request_free(request);
    ape_settings_free(s);
    ape_llm_client_free(client);
}

int main(int argc, char **argv)
{
    counting_host counting;

    is_published = argc > 2 && strcmp(argv[2], "published") == 0;
    if (argc < 2 || !chaos_server_start(&server, argv[1])) {
        printf("no Python to run the server with\n");
        return 77;
    }
    for (int i = 0; i < 60; i++)
        snprintf(words + strlen(words), sizeof(words) - strlen(words), "word%d ", i);
    counting_host_init(&counting);
    counting.runs_real_time = true;
    run_all(counting.host);
    run_outage(counting.host);
    run_quota(counting.host);
    if (!counting_host_done(&counting))
        complain("memory", "leaked", "");
    chaos_server_stop(&server);
    return complaints != 0;
}
