/* SPDX-License-Identifier: MIT */
#include <ape/llm_client.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "counting_host.h"
#include "server.h"

/*
 * Money, rate limits, the cache, and hedging, against chaos_server.py: what is asked how
 * often, what is sent, and what the books say afterwards.
 *
 *     economy SCRIPT
 */

static chaos_server server;
static counting_host counting;
static char price_path[] = "/tmp/ape-economy-XXXXXX";

static const char price_table[] =
    "{\"date\": \"2025-10-01\", \"models\": ["
    "{\"model\": \"ok\", \"input\": 1, \"cache_read\": 0.5, \"cache_write\": 1, \"output\": 10},"
    "{\"model\": \"echo_max\", \"input\": 1, \"cache_read\": 1, \"cache_write\": 1, \"output\": "
    "10},"
    "{\"model\": \"no_terminal\", \"input\": 1, \"cache_read\": 1, \"cache_write\": 1, "
    "\"output\": 10}]}";

#define EXPECT(condition) expect(condition, #condition, __func__, __LINE__)

static int complaints;

static void expect(bool ok, const char *what, const char *where, int line)
{
    if (ok)
        return;
    printf("%s, line %d: not so: %s\n", where, line, what);
    complaints++;
}

static void set(ape_settings *s, const char *name, const char *value)
{
    if (ape_settings_set(s, name, value, NULL) != APE_OK)
        abort();
}

/* Settings from names and values, ended by NULL; "@" stands for the server's address. */
static ape_settings *settings_of(const char *name, va_list rest)
{
    ape_settings_options opts;
    ape_settings *s;

    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    if (ape_settings_new(counting.host, &opts, &s, NULL) != APE_OK)
        abort();
    set(s, "LLM_RETRIES", "0");
    set(s, "LLM_PRICE_FILE", price_path);
    for (; name; name = va_arg(rest, const char *)) {
        const char *value = va_arg(rest, const char *);

        set(s, name, strcmp(value, "@") == 0 ? server.url : value);
    }
    return s;
}

static ape_llm_client *client_of(const char *name, ...)
{
    ape_llm_client *client;
    ape_settings *s;
    ape_error err;
    va_list rest;

    va_start(rest, name);
    s = settings_of(name, rest);
    va_end(rest);
    if (ape_llm_client_new(counting.host, s, &client, &err) != APE_OK) {
        printf("%s\n", err.message);
        abort();
    }
    ape_settings_free(s);
    return client;
}

static void reload(ape_llm_client *client, const char *name, ...)
{
    ape_settings *s;
    va_list rest;

    va_start(rest, name);
    s = settings_of(name, rest);
    va_end(rest);
    if (ape_llm_client_reload(client, s, NULL) != APE_OK)
        abort();
    ape_settings_free(s);
}

static ape_llm_request *request_of(const char *text)
{
    ape_llm_request *request;

    if (ape_llm_request_new(counting.host, &request, NULL) != APE_OK ||
        ape_llm_request_add_message(request, APE_LLM_USER, text, strlen(text), NULL) != APE_OK)
        abort();
    return request;
}

/* How one request ended. */
typedef struct outcome {
    ape_status status;
    char provider[64];
    char text[600];
    char json[8192];
} outcome;

static outcome last;

static void run(ape_llm_client *client, ape_llm_request *request)
{
    ape_llm_completion *completion = NULL;
    const char *text, *provider;
    ape_text *json;

    memset(&last, 0, sizeof(last));
    last.status = ape_llm_client_generate(client, request, &completion, NULL);
    text = ape_llm_completion_text(completion);
    provider = ape_llm_completion_provider(completion);
    snprintf(last.text, sizeof(last.text), "%s", text ? text : "");
    snprintf(last.provider, sizeof(last.provider), "%s", provider ? provider : "");
    if (ape_llm_completion_to_json(completion, &json, NULL) != APE_OK)
        abort();
    snprintf(last.json, sizeof(last.json), "%s", ape_text_data(json));
    ape_text_free(json);
    ape_llm_completion_free(completion);
}

static bool says(const char *part)
{
    if (strstr(last.json, part))
        return true;
    printf("%s\n", last.json);
    return false;
}

static int asked(const char *model)
{
    return chaos_server_count(&server, model);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static ape_metrics_registry *registry_of(ape_llm_client *client)
{
    ape_metrics_registry *registry;

    if (ape_metrics_registry_new(counting.host, NULL, &registry, NULL) != APE_OK ||
        ape_llm_client_set_metrics(client, registry, NULL) != APE_OK)
        abort();
    return registry;
}

static bool shows(ape_metrics_registry *registry, const char *line)
{
    ape_text *text;
    bool found;

    if (ape_metrics_registry_to_text(registry, APE_METRICS_TEXT, &text, NULL) != APE_OK)
        abort();
    found = strstr(ape_text_data(text), line);
    ape_text_free(text);
    return found;
}

/* Money. */

static void a_budget_caps_the_answer(void)
{
    ape_llm_client *client = client_of("LLM_CHAIN", "one", "ONE_BASE_URL", "@", "ONE_MODEL",
                                       "echo_max", "LLM_BUDGET_USD_PER_CALL", "0.001", NULL);
    ape_llm_request *request = request_of("What is 2+2?");

    run(client, request);
    EXPECT(strcmp(last.text, "98") == 0); /* (1000 - 12 for the prompt) / 10 */
    ape_llm_request_set_max_tokens(request, 50);
    run(client, request);
    EXPECT(strcmp(last.text, "50") == 0);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
}

static void a_period_has_its_end(void)
{
    ape_llm_client *client = client_of("LLM_CHAIN", "one", "ONE_BASE_URL", "@", "ONE_MODEL", "ok",
                                       "LLM_BUDGET_USD", "0.002", NULL);
    ape_llm_request *request = request_of("What is 2+2?");
    int before = asked("ok");

    ape_llm_request_set_max_tokens(request, 100);
    for (int i = 0; i < 3; i++) { /* 680 millionths each, of 2000 */
        run(client, request);
        EXPECT(last.status == APE_OK);
        EXPECT(says("\"cost_usd\":0.00068"));
    }
    run(client, request);
    EXPECT(last.status == APE_ERR_UNAVAILABLE);
    EXPECT(says("\"class\":\"budget\""));
    EXPECT(asked("ok") == before + 3);
    reload(client, "LLM_CHAIN", "one", "ONE_BASE_URL", "@", "ONE_MODEL", "ok", "LLM_BUDGET_USD",
           "0.002", NULL);
    run(client, request);
    EXPECT(last.status == APE_ERR_UNAVAILABLE); /* what was spent is not forgotten */
    reload(client, "LLM_CHAIN", "one", "ONE_BASE_URL", "@", "ONE_MODEL", "ok", "LLM_BUDGET_USD",
           "1", NULL);
    run(client, request);
    EXPECT(last.status == APE_OK);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
}

static void without_a_price_there_is_no_budget(void)
{
    ape_llm_client *client =
        client_of("LLM_CHAIN", "far,near", "FAR_BASE_URL", "https://far.invalid/v1", "FAR_MODEL",
                  "nobody", "FAR_API_KEY", "make-believe-key", "NEAR_BASE_URL", "@", "NEAR_MODEL",
                  "glued", "LLM_BUDGET_USD", "1", NULL);
    ape_llm_request *request = request_of("What is 2+2?");

    run(client, request); /* what runs on this machine costs nothing */
    EXPECT(last.status == APE_OK);
    EXPECT(strcmp(last.provider, "near") == 0);
    EXPECT(says("its price is not known, and there is a budget: add it to LLM_PRICE_FILE"));
    ape_llm_request_free(request);
    ape_llm_client_free(client);
}

static void abandoned_attempts_are_counted(void)
{
    ape_llm_client *client = client_of("LLM_CHAIN", "one,two", "ONE_BASE_URL", "@", "ONE_MODEL",
                                       "no_terminal", "TWO_BASE_URL", "@", "TWO_MODEL", "ok", NULL);
    ape_llm_request *request = request_of("What is 2+2?");
    ape_metrics_registry *registry = registry_of(client);

    run(client, request);
    EXPECT(strcmp(last.provider, "two") == 0);
    EXPECT(shows(registry, "ape_llm_cost_usd_total{provider=\"two\"} 0.00068\n"));
    EXPECT(shows(registry, "ape_llm_estimated_cost_usd_total{provider=\"one\"} 0."));
    EXPECT(shows(registry, "ape_llm_first_content_seconds_count{provider=\"two\"} 1\n"));
    EXPECT(says("\"cost_usd\":null,\"estimated_cost_usd\":"));
    EXPECT(says("\"estimate\":{\"input_tokens\":12,"));
    EXPECT(says("\"abandoned\":{\"attempts\":1,\"input_tokens\":12,"));
    EXPECT(says("\"is_estimated\":true}"));
    ape_llm_request_free(request);
    ape_llm_client_free(client);
    ape_metrics_registry_free(registry);
}

/* The cache. */

static ape_llm_client *client_with_cache(const char *entries, const char *ms)
{
    return client_of("LLM_CHAIN", "one", "ONE_BASE_URL", "@", "ONE_MODEL", "echo",
                     "LLM_CACHE_ENTRIES", entries, "LLM_CACHE_MS", ms, NULL);
}

static void run_text(ape_llm_client *client, const char *text, bool is_cacheable)
{
    ape_llm_request *request = request_of(text);

    ape_llm_request_set_cacheable(request, is_cacheable);
    run(client, request);
    EXPECT(strcmp(last.text, text) == 0);
    ape_llm_request_free(request);
}

static void the_same_again_comes_from_the_cache(void)
{
    ape_llm_client *client = client_with_cache("2", "60000");
    ape_metrics_registry *registry = registry_of(client);
    int before = asked("echo");

    run_text(client, "a", true);
    EXPECT(says("\"from_cache\":false"));
    EXPECT(!shows(registry, "ape_llm_cache_hits_total 1\n"));
    run_text(client, "a", true);
    EXPECT(shows(registry, "ape_llm_cache_hits_total 1\n"));
    EXPECT(says("\"from_cache\":true"));
    EXPECT(says("\"attempts\":[]"));
    EXPECT(says("\"cost_usd\":0,"));
    EXPECT(strcmp(last.provider, "one") == 0);
    EXPECT(asked("echo") == before + 1);
    run_text(client, "a", false); /* who does not allow it asks */
    run_text(client, "b", true);
    EXPECT(asked("echo") == before + 3);
    run_text(client, "a", true);
    run_text(client, "c", true); /* b was used longest ago */
    run_text(client, "a", true);
    EXPECT(asked("echo") == before + 4);
    run_text(client, "b", true);
    EXPECT(asked("echo") == before + 5);
    ape_llm_client_free(client);
    ape_metrics_registry_free(registry);
}

static void kept_answers_grow_old(void)
{
    ape_llm_client *client = client_with_cache("10", "1");
    int before = asked("echo");

    run_text(client, "a", true);
    usleep(20000);
    run_text(client, "a", true);
    EXPECT(asked("echo") == before + 2);
    ape_llm_client_free(client);
}

static void without_entries_nothing_is_kept(void)
{
    ape_llm_client *client = client_with_cache("0", "60000");
    int before = asked("echo");

    run_text(client, "a", true);
    run_text(client, "a", true);
    EXPECT(asked("echo") == before + 2);
    ape_llm_client_free(client);
}

static ape_llm_verdict judge(void *user, ape_llm_completion *candidate)
{
    int *rejections = user;

    (void)candidate;
    return --*rejections >= 0 ? APE_LLM_ASK_AGAIN : APE_LLM_ACCEPT;
}

/* A judge that has changed its mind about a kept answer gets a new one. */
static void the_judge_sees_kept_answers_too(void)
{
    ape_llm_client *client = client_with_cache("10", "60000");
    ape_llm_request *request = request_of("a");
    int before = asked("echo"), rejections = 0;

    ape_llm_request_set_cacheable(request, true);
    ape_llm_request_set_judge(request, judge, &rejections);
    run(client, request);
    rejections = 1;
    run(client, request);
    EXPECT(last.status == APE_OK);
    EXPECT(says("\"from_cache\":false"));
    EXPECT(asked("echo") == before + 2);
    rejections = 0;
    run(client, request);
    EXPECT(says("\"from_cache\":true"));
    EXPECT(asked("echo") == before + 2);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
}

/* Rate limits. */

static ape_llm_client *client_with_limits(const char *model, const char *rpm, const char *tpm,
                                          const char *keys)
{
    return client_of("LLM_CHAIN", "one,two", "ONE_BASE_URL", "@", "ONE_MODEL", model, "ONE_RPM",
                     rpm, "ONE_TPM", tpm, "ONE_API_KEY", keys, "TWO_BASE_URL", "@", "TWO_MODEL",
                     "ok", NULL);
}

static void expect_limit(ape_llm_client *client, uint32_t max_tokens, int allowed)
{
    ape_llm_request *request = request_of("What is 2+2?");

    ape_llm_request_set_max_tokens(request, max_tokens);
    for (int i = 0; i < allowed; i++) {
        run(client, request);
        EXPECT(strcmp(last.provider, "one") == 0);
    }
    run(client, request);
    EXPECT(strcmp(last.provider, "two") == 0);
    EXPECT(says("\"class\":\"resting\""));
    EXPECT(says("its rate limit is used up for another"));
    ape_llm_request_free(request);
    ape_llm_client_free(client);
}

static void more_than_the_limit_goes_elsewhere(void)
{
    expect_limit(client_with_limits("tight", "2", "0", "make-believe-key"), 0, 2);
    expect_limit(client_with_limits("tight", "2", "0", "make-believe-one,make-believe-two"), 0, 4);
    /* Each takes 112 of 300, and then it turns out to be 160. */
    expect_limit(client_with_limits("ok", "0", "300", "make-believe-key"), 100, 2);
}

static void anthropic_headers_are_heard(void)
{
    ape_llm_client *client = client_of("LLM_CHAIN", "one", "ONE_BASE_URL", "@", "ONE_MODEL",
                                       "a_last_of_quota", "ONE_WIRE", "anthropic", NULL);
    ape_llm_request *request = request_of("What is 2+2?");
    double began = now();

    run(client, request);
    EXPECT(last.status == APE_OK);
    run(client, request);
    EXPECT(last.status == APE_OK);
    EXPECT(now() - began > 0.9); /* it was said for one second at least, and not before we began */
    ape_llm_request_free(request);
    ape_llm_client_free(client);
}

/* Hedging. */

static ape_llm_client *client_that_hedges(const char *model, const char *percent)
{
    return client_of("LLM_CHAIN", "one,two", "ONE_BASE_URL", "@", "ONE_MODEL", model,
                     "TWO_BASE_URL", "@", "TWO_MODEL", "crlf_bom", "LLM_HEDGE_PERCENT", percent,
                     "LLM_HEDGE_DELAY_MS", "50", NULL);
}

static void silence_is_hedged(void)
{
    ape_llm_client *client = client_that_hedges("s07:19", "100");
    ape_metrics_registry *registry = registry_of(client);
    ape_llm_request *request = request_of("What is 2+2?");

    run(client, request); /* the first one would take 19 s */
    EXPECT(last.status == APE_OK);
    EXPECT(strcmp(last.provider, "two") == 0);
    EXPECT(says("\"class\":\"cancelled\""));
    EXPECT(says("\"hedge\":true"));
    EXPECT(says("\"abandoned\":{\"attempts\":1,"));
    EXPECT(asked("s07:19") == 1);
    EXPECT(shows(registry, "ape_llm_hedges_total{provider=\"two\"} 1\n"));
    ape_llm_request_free(request);
    ape_llm_client_free(client);
    ape_metrics_registry_free(registry);
}

/* Ten of a hundred: the first nine have no credit yet. */
static void hedges_have_a_budget(void)
{
    ape_llm_client *client = client_that_hedges("s07:0.4", "10");
    ape_llm_request *request = request_of("What is 2+2?");
    int before = asked("crlf_bom");

    for (int i = 0; i < 9; i++) {
        run(client, request);
        EXPECT(strcmp(last.provider, "one") == 0);
    }
    EXPECT(asked("crlf_bom") == before);
    run(client, request);
    EXPECT(last.status == APE_OK);
    EXPECT(asked("crlf_bom") <= before + 1);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
}

static void hear(void *user, const char *text, size_t size)
{
    (void)user, (void)text, (void)size;
}

static void listeners_and_single_providers_are_not_hedged(void)
{
    ape_llm_client *client = client_that_hedges("s07:0.3", "100");
    ape_llm_request *request = request_of("What is 2+2?");
    int before = asked("crlf_bom");

    ape_llm_request_set_listener(request, hear, NULL);
    run(client, request);
    ape_llm_request_set_listener(request, NULL, NULL);
    if (ape_llm_request_set_provider(request, "one", NULL) != APE_OK)
        abort();
    run(client, request);
    EXPECT(last.status == APE_OK);
    EXPECT(asked("crlf_bom") == before);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
}

/* A hedge that declines is not routed around either; one that fails leaves the first. */
static void what_a_hedge_may_end_in(void)
{
    static const struct {
        const char *model;
        ape_status status;
        const char *provider;
    } cases[] = { { "s13", APE_ERR_REFUSED, "" }, { "s12", APE_OK, "one" } };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ape_llm_client *client =
            client_of("LLM_CHAIN", "one,two", "ONE_BASE_URL", "@", "ONE_MODEL", "s07:1",
                      "TWO_BASE_URL", "@", "TWO_MODEL", cases[i].model, "LLM_HEDGE_PERCENT", "100",
                      "LLM_HEDGE_DELAY_MS", "50", NULL);
        ape_llm_request *request = request_of("What is 2+2?");

        run(client, request);
        EXPECT(last.status == cases[i].status);
        EXPECT(strcmp(last.provider, cases[i].provider) == 0);
        ape_llm_request_free(request);
        ape_llm_client_free(client);
    }
}

static bool write_prices(void)
{
    int fd = mkstemp(price_path);
    bool ok =
        fd >= 0 && write(fd, price_table, strlen(price_table)) == (ssize_t)strlen(price_table);

    if (fd >= 0)
        close(fd);
    return ok;
}

int main(int argc, char **argv)
{
    static void (*const tests[])(void) = {
        a_budget_caps_the_answer,
        a_period_has_its_end,
        without_a_price_there_is_no_budget,
        abandoned_attempts_are_counted,
        the_same_again_comes_from_the_cache,
        kept_answers_grow_old,
        without_entries_nothing_is_kept,
        the_judge_sees_kept_answers_too,
        more_than_the_limit_goes_elsewhere,
        anthropic_headers_are_heard,
        silence_is_hedged,
        hedges_have_a_budget,
        listeners_and_single_providers_are_not_hedged,
        what_a_hedge_may_end_in,
    };

    if (argc < 2 || !chaos_server_start(&server, argv[1]) || !write_prices()) {
        printf("no Python to run the server with\n");
        return 77;
    }
    counting_host_init(&counting);
    counting.runs_real_time = true;
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tests[i]();
    EXPECT(counting_host_done(&counting));
    unlink(price_path);
    chaos_server_stop(&server);
    return complaints != 0;
}
