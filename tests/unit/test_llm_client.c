/* SPDX-License-Identifier: MIT */
#include <ape/llm_client.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "llm_client/prices.h"

#include "counting_host.h"

static counting_host counting;
static ape_settings *settings;

static const char question[] = "As-of date: 2022-12-28\nQuestion: Sharpe ratio of AAPL in 2021";

static void begin(void)
{
    ape_settings_options opts;

    counting_host_init(&counting);
    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    cr_assert_eq(ape_settings_new(counting.host, &opts, &settings, NULL), APE_OK);
}

static void end(void)
{
    ape_settings_free(settings);
    counting_host_end_test(&counting);
}

static void set(const char *name, const char *value)
{
    cr_assert_eq(ape_settings_set(settings, name, value, NULL), APE_OK);
}

static ape_llm_client *client_of_settings(void)
{
    ape_llm_client *client;
    ape_error err;

    cr_assert_eq(ape_llm_client_new(counting.host, settings, &client, &err), APE_OK, "%s",
                 err.message);
    return client;
}

static ape_llm_request *ask(const char *text)
{
    ape_llm_request *request;

    cr_assert_eq(ape_llm_request_new(counting.host, &request, NULL), APE_OK);
    cr_assert_eq(ape_llm_request_add_message(request, APE_LLM_USER, text, strlen(text), NULL),
                 APE_OK);
    return request;
}

static void expect_in_json(const ape_llm_completion *completion, const char *part)
{
    ape_text *json;

    cr_assert_eq(ape_llm_completion_to_json(completion, &json, NULL), APE_OK);
    cr_assert(strstr(ape_text_data(json), part), "%s", ape_text_data(json));
    ape_text_free(json);
}

Test(llm_client, without_settings_builtin_answers)
{
    ape_llm_completion *completion;
    ape_llm_request *request;
    ape_llm_client *client;

    begin();
    cr_assert_eq(ape_llm_client_new(counting.host, NULL, &client, NULL), APE_OK);
    request = ask(question);
    cr_assert_eq(ape_llm_client_generate(client, request, &completion, NULL), APE_OK);
    cr_assert(strstr(ape_llm_completion_text(completion), "sharpe_ratio"));
    cr_assert_eq(ape_llm_completion_text_size(completion),
                 strlen(ape_llm_completion_text(completion)));
    cr_assert_str_eq(ape_llm_completion_provider(completion), "builtin");
    expect_in_json(completion, "\"attempts\":[{\"provider\":\"builtin\"");
    for (ape_llm_tokens kind = APE_LLM_TOKENS_INPUT; kind <= APE_LLM_TOKENS_REASONING; kind++)
        cr_assert_eq(ape_llm_completion_count_tokens(completion, kind), 0, "builtin bills nobody");
    cr_assert_eq(ape_llm_completion_count_tokens(completion, 5), -1);
    cr_assert_eq(ape_llm_completion_count_tokens(NULL, APE_LLM_TOKENS_INPUT), -1);
    cr_assert_null(ape_llm_completion_model(NULL));
    ape_llm_completion_free(completion);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
    end();
}

Test(llm_client, what_builtin_does_not_understand_is_refused_in_its_words)
{
    ape_llm_completion *completion;
    ape_llm_request *request;
    ape_llm_client *client;
    ape_error err;

    begin();
    client = client_of_settings();
    request = ask("What is the meaning of life?");
    cr_assert_eq(ape_llm_client_generate(client, request, &completion, &err), APE_ERR_REFUSED);
    cr_assert_null(ape_llm_completion_text(completion));
    cr_assert_null(ape_llm_completion_provider(completion));
    cr_assert_null(ape_llm_completion_model(completion));
    cr_assert_gt(strlen(err.message), 20);
    expect_in_json(completion, "\"class\":\"not_understood\"");
    expect_in_json(completion, "\"text\":null");
    ape_llm_completion_free(completion);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
    end();
}

static int times_judged;

static ape_llm_verdict judge(void *verdict, ape_llm_completion *candidate)
{
    times_judged++;
    cr_assert_not_null(ape_llm_completion_text(candidate));
    ape_llm_completion_set_feedback(candidate, "mend it", 7);
    return *(ape_llm_verdict *)verdict;
}

static void judge_builtin(ape_llm_verdict verdict, ape_status wanted, const char *message)
{
    ape_llm_completion *completion;
    ape_llm_client *client = client_of_settings();
    ape_llm_request *request = ask(question);
    ape_error err = { 0 };

    times_judged = 0;
    ape_llm_request_set_judge(request, judge, &verdict);
    cr_assert_eq(ape_llm_client_generate(client, request, &completion, &err), wanted);
    cr_assert_eq(times_judged, 1, "a local provider is not asked again");
    cr_assert_str_eq(err.message, message);
    if (wanted != APE_OK)
        expect_in_json(completion, "\"class\":\"judged\"");
    ape_llm_completion_free(completion);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
}

Test(llm_client, verdicts_of_the_judge)
{
    begin();
    judge_builtin(APE_LLM_ACCEPT, APE_OK, "");
    judge_builtin(APE_LLM_ASK_AGAIN, APE_ERR_UNAVAILABLE,
                  "nobody gave a whole answer: builtin judged");
    judge_builtin(APE_LLM_NEXT, APE_ERR_UNAVAILABLE, "nobody gave a whole answer: builtin judged");
    judge_builtin(APE_LLM_STOP, APE_ERR_REFUSED, "the answer was not accepted");
    end();
}

Test(llm_client, a_link_without_a_key_is_passed_over)
{
    ape_llm_completion *completion;
    ape_llm_request *request;
    ape_llm_client *client;
    ape_error err;

    begin();
    set("LLM_CHAIN", "deepseek,builtin");
    client = client_of_settings();
    request = ask(question);
    cr_assert_eq(ape_llm_client_generate(client, request, &completion, NULL), APE_OK);
    expect_in_json(completion, "\"class\":\"no_key\"");
    ape_llm_completion_free(completion);
    cr_assert_eq(ape_llm_request_set_provider(request, "deepseek", NULL), APE_OK);
    cr_assert_eq(ape_llm_client_generate(client, request, &completion, &err), APE_ERR_UNAVAILABLE);
    cr_assert_str_eq(err.message, "nobody gave a whole answer: deepseek no_key");
    ape_llm_completion_free(completion);
    cr_assert_eq(ape_llm_request_set_provider(request, "nobody", NULL), APE_OK);
    cr_assert_eq(ape_llm_client_generate(client, request, &completion, &err), APE_ERR_INVALID);
    cr_assert_str_eq(err.message, "no provider in the chain is called nobody");
    ape_llm_request_free(request);
    ape_llm_client_free(client);
    end();
}

Test(llm_client, settings_that_make_no_sense_are_named)
{
    static const struct {
        const char *chain, *name, *value, *message;
    } cases[] = {
        { "builtin,builtin", NULL, NULL, "LLM_CHAIN names builtin twice" },
        { "my-model", NULL, NULL, "_BASE_URL" },
        { "openai", "OPENAI_BASE_URL", "nonsense", "is no URL" },
        { "openai", "OPENAI_BASE_URL", "ftp://example.com", "must be https:// or http://" },
        { "openai", "OPENAI_WIRE", "telegraph", "must be openai or anthropic" },
        { "openrouter", NULL, NULL, "set its _MODEL" },
        { "openai", "OPENAI_API_KEY", "sk-make-believe\nInjected: header", "no key has" },
        { "builtin", "LLM_TOTAL_TIMEOUT_MS", "0", "LLM_TOTAL_TIMEOUT_MS" },
        { "builtin", "LLM_RETRIES", "-1", "LLM_RETRIES" },
        { "builtin", "LLM_RETRIES", "many", "LLM_RETRIES" },
        { ", ,", NULL, NULL, "LLM_CHAIN names nobody" },
        { "builtin", "LLM_BUDGET_USD", "lots", "LLM_BUDGET_USD must be a number from 0" },
        { "builtin", "LLM_BUDGET_USD_PER_CALL", "-1", "LLM_BUDGET_USD_PER_CALL" },
        { "builtin", "LLM_BUDGET_PERIOD_S", "0", "LLM_BUDGET_PERIOD_S" },
        { "builtin", "LLM_HEDGE_PERCENT", "101", "LLM_HEDGE_PERCENT" },
        { "builtin", "LLM_CACHE_ENTRIES", "1001", "LLM_CACHE_ENTRIES" },
        { "builtin", "LLM_CA_FILE", "/no/such/file", "LLM_CA_FILE cannot be read" },
        { "openai", "OPENAI_RPM", "-1", "OPENAI_RPM" },
        { "openai", "OPENAI_TPM", "1e6", "OPENAI_TPM" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ape_llm_client *client = NULL;
        ape_error err;

        begin();
        set("LLM_CHAIN", cases[i].chain);
        if (cases[i].name)
            set(cases[i].name, cases[i].value);
        cr_assert_eq(ape_llm_client_new(counting.host, settings, &client, &err), APE_ERR_INVALID);
        cr_assert(strstr(err.message, cases[i].message), "%s", err.message);
        cr_assert_null(strstr(err.message, "make-believe"));
        end();
    }
}

Test(llm_client, requests_check_what_they_are_given)
{
    ape_llm_completion *completion;
    ape_llm_request *request;
    ape_llm_client *client;

    begin();
    client = client_of_settings();
    cr_assert_eq(ape_llm_request_new(counting.host, &request, NULL), APE_OK);
    cr_assert_eq(ape_llm_client_generate(client, request, &completion, NULL), APE_ERR_INVALID);
    cr_assert_eq(ape_llm_request_add_message(request, 3, "x", 1, NULL), APE_ERR_INVALID);
    cr_assert_eq(ape_llm_request_add_message(request, APE_LLM_USER, "\xff", 1, NULL),
                 APE_ERR_INVALID);
    cr_assert_eq(ape_llm_request_set_temperature(request, 2.5, NULL), APE_ERR_INVALID);
    cr_assert_eq(ape_llm_request_add_stop(request, "", NULL), APE_ERR_INVALID);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(ape_llm_request_add_stop(request, "x", NULL), APE_OK);
    cr_assert_eq(ape_llm_request_add_stop(request, "x", NULL), APE_ERR_LIMIT);
    ape_llm_request_cancel(request);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
    ape_llm_client_free(NULL);
    ape_llm_request_free(NULL);
    ape_llm_completion_free(NULL);
    ape_llm_call_free(NULL);
    ape_llm_call_cancel(NULL);
    end();
}

Test(llm_client, nobody_listening_is_told_apart)
{
    ape_llm_completion *completion;
    ape_llm_request *request;
    ape_llm_client *client;
    ape_error err;

    begin();
    set("LLM_CHAIN", "local");
    set("LOCAL_BASE_URL", "http://127.0.0.1:1/v1");
    set("LOCAL_MODEL", "none");
    set("LLM_RETRIES", "0");
    client = client_of_settings();
    request = ask(question);
    cr_assert_eq(ape_llm_client_generate(client, request, &completion, &err), APE_ERR_UNAVAILABLE);
    cr_assert_str_eq(err.message, "nobody gave a whole answer: local connect");
    expect_in_json(completion, "\"phase\":\"connect\"");
    ape_llm_completion_free(completion);
    ape_llm_request_free(request);
    ape_llm_client_free(client);
    end();
}

Test(llm_client, classes_have_names_and_actions)
{
    for (ape_llm_class c = APE_LLM_OK; c <= APE_LLM_BUDGET; c++)
        cr_assert_str_neq(ape_llm_class_name(c), "unknown");
    cr_assert_str_eq(ape_llm_class_name(-1), "unknown");
    cr_assert_str_eq(ape_llm_class_name(1000), "unknown");
    cr_assert_eq(ape_llm_class_action(APE_LLM_OK), APE_LLM_TAKE);
    cr_assert_eq(ape_llm_class_action(APE_LLM_DECLINED), APE_LLM_END);
    cr_assert_eq(ape_llm_class_action(APE_LLM_QUOTA), APE_LLM_GO_ON);
}

Test(llm_client, cost_is_exact_or_unknown)
{
    static const ape__llm_price rows[] = {
        { "gpt-4o", 2.5, 1.25, 2.5, 10 },
        { "gpt-4o-mini", 0.15, 0.075, 0.15, 0.6 },
        { "claude", 3, 0.3, 3.75, 15 },
    };
    ape__llm_price copies[3];
    const ape__llm_prices prices = { copies, 3, "2025-10-01" };
    const ape__llm_usage usage = { 60, 40, 0, 1000, 10 }, unknown = { -1, -1, -1, 5, -1 };
    const ape__llm_usage cached = { 20, 50, 30, 60, -1 };

    memcpy(copies, rows, sizeof(rows));
    cr_assert_eq(ape__llm_cost(&prices, "gpt-4o-mini", &usage), 612);
    cr_assert_eq(ape__llm_cost(&prices, "gpt-4o-mini-2024-07-18", &usage), 612);
    cr_assert_eq(ape__llm_cost(&prices, "gpt-4o-2024-08-06", &usage), 10200);
    cr_assert_eq(ape__llm_cost(&prices, "gpt-4o-audio", &usage), -1);
    cr_assert_eq(ape__llm_cost(&prices, "claude", &cached), 1088); /* 60 + 15 + 112.5 + 900 */
    cr_assert_eq(ape__llm_cost(&prices, "claude", &unknown), -1);
    cr_assert_eq(ape__llm_cost(&prices, "nobody", &usage), -1);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

Test(llm_client, a_price_table_that_is_none_is_named)
{
    static const char *const texts[] = {
        "no json", "{}", "{\"date\":\"2025-10-01\",\"models\":[]}",
        "{\"date\":\"2025-10-01\",\"models\":[{\"model\":\"m\",\"input\":-1}]}"
    };
    char path[] = "/tmp/ape-prices-XXXXXX";
    ape_llm_client *client;
    ape_error err;

    close(mkstemp(path));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        begin();
        write_file(path, texts[i]);
        set("LLM_PRICE_FILE", path);
        cr_assert_eq(ape_llm_client_new(counting.host, settings, &client, &err), APE_ERR_FORMAT);
        cr_assert(strstr(err.message, path), "%s", err.message);
        end();
    }
    unlink(path);
    begin();
    set("LLM_PRICE_FILE", path);
    cr_assert_eq(ape_llm_client_new(counting.host, settings, &client, &err), APE_ERR_NOT_FOUND);
    end();
}

static void expect_metric(ape_metrics_registry *registry, const char *line)
{
    ape_text *text;

    cr_assert_eq(ape_metrics_registry_to_text(registry, APE_METRICS_TEXT, &text, NULL), APE_OK);
    cr_assert(strstr(ape_text_data(text), line), "%s", ape_text_data(text));
    ape_text_free(text);
}

Test(llm_client, requests_and_breakers_are_counted)
{
    ape_metrics_registry *registry;
    ape_llm_completion *completion;
    ape_llm_request *request;
    ape_llm_client *client;

    begin();
    set("LLM_CHAIN", "local,builtin");
    set("LOCAL_BASE_URL", "http://127.0.0.1:1/v1");
    set("LOCAL_MODEL", "none");
    set("LLM_RETRIES", "0");
    set("LLM_BREAKER_FAILURES", "1");
    client = client_of_settings();
    cr_assert_eq(ape_metrics_registry_new(counting.host, NULL, &registry, NULL), APE_OK);
    cr_assert_eq(ape_llm_client_set_metrics(client, registry, NULL), APE_OK);
    cr_assert_eq(ape_llm_client_set_metrics(client, registry, NULL), APE_ERR_STATE);
    expect_metric(registry, "ape_breaker_state{name=\"local\"} 0");
    request = ask(question);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(ape_llm_client_generate(client, request, &completion, NULL), APE_OK);
        ape_llm_completion_free(completion);
    }
    expect_metric(registry, "ape_llm_requests_total{status=\"APE_OK\"} 2");
    expect_metric(registry, "ape_llm_attempts_total{provider=\"local\",class=\"connect\"} 1");
    expect_metric(registry, "ape_llm_attempts_total{provider=\"local\",class=\"resting\"} 1");
    expect_metric(registry, "ape_llm_attempts_total{provider=\"builtin\",class=\"ok\"} 2");
    expect_metric(registry, "ape_breaker_state{name=\"local\"} 1");
    expect_metric(registry, "ape_breaker_openings_total{name=\"local\"} 1");
    expect_metric(registry, "ape_llm_overhead_seconds_count 2");
    cr_assert_eq(ape_llm_client_reload(client, settings, NULL), APE_OK);
    expect_metric(registry, "ape_breaker_state{name=\"local\"} 0");
    ape_llm_request_free(request);
    ape_llm_client_free(client);
    ape_metrics_registry_free(registry);
    end();
}

typedef struct watching {
    int came, left;
    ape_circuit_breaker *last;
} watching;

static void on_breaker(void *user, const char *provider, ape_circuit_breaker *breaker,
                       uint64_t lease_ms, bool is_leaving)
{
    watching *w = user;

    cr_assert_eq(strncmp(provider, "far", 3), 0);
    cr_assert_eq(lease_ms, 180000);
    w->came += !is_leaving;
    w->left += is_leaving;
    w->last = breaker;
}

Test(llm_client, circuit_breakers_can_be_watched)
{
    ape_llm_client *client;
    watching w = { 0 };

    begin();
    set("LLM_CHAIN", "far1,far2,builtin");
    set("FAR1_BASE_URL", "http://127.0.0.1:1/v1");
    set("FAR1_MODEL", "none");
    set("FAR2_BASE_URL", "http://127.0.0.1:1/v1");
    set("FAR2_MODEL", "none");
    client = client_of_settings();
    ape_llm_client_watch_breakers(client, on_breaker, &w);
    cr_assert_eq(w.came, 2);
    cr_assert_eq(ape_circuit_breaker_get_state(w.last), APE_CIRCUIT_BREAKER_CLOSED);
    set("LLM_CHAIN", "far1");
    cr_assert_eq(ape_llm_client_reload(client, settings, NULL), APE_OK);
    cr_assert_eq(w.came, 3);
    cr_assert_eq(w.left, 2);
    ape_llm_client_watch_breakers(client, NULL, NULL);
    cr_assert_eq(w.left, 3);
    ape_llm_client_watch_breakers(client, on_breaker, &w);
    ape_llm_client_free(client);
    cr_assert_eq(w.came, 4);
    cr_assert_eq(w.left, 4);
    end();
}
