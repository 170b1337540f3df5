/* SPDX-License-Identifier: MIT */
#include <ape/llm_client.h>

#include <stdio.h>
#include <string.h>

#include "llm_client/attempt.h"

#include "counting_host.h"
#include "server.h"

/* Every allocation fails once: chains, requests, calls to builtin, parsing, and whole
 * calls over the network, where there is a server to call. */

static chaos_server server;
static char ok[] = "echo", whole[] = "no_stream", error[] = "html502";

static ape_status add_settings(ape_settings *s, const char *const (*pairs)[2], size_t count)
{
    ape_status st = APE_OK;

    for (size_t i = 0; i < count && st == APE_OK; i++)
        st = ape_settings_set(s, pairs[i][0], pairs[i][1], NULL);
    return st;
}

static ape_status make_client(ape_host *host, const char *url, const char *model,
                              ape_llm_client **out)
{
    const char *const pairs[][2] = {
        { "LLM_CHAIN", "stub,builtin" }, { "STUB_BASE_URL", url },
        { "STUB_MODEL", model },         { "STUB_API_KEY", "make-believe-key" },
        { "LLM_RETRIES", "0" },          { "LLM_CACHE_ENTRIES", "1" },
        { "LLM_BUDGET_USD", "1" },
    };
    ape_settings_options opts;
    ape_settings *s;
    ape_status st;

    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    st = ape_settings_new(host, &opts, &s, NULL);
    if (st != APE_OK)
        return st;
    st = add_settings(s, pairs, sizeof(pairs) / sizeof(pairs[0]));
    if (st == APE_OK)
        st = ape_llm_client_new(host, s, out, NULL);
    ape_settings_free(s);
    return st;
}

static ape_status make_request(ape_host *host, ape_llm_request **out)
{
    static const char question[] = "As-of date: 2022-12-28\nQuestion: beta of KO in 2021";
    ape_status st = ape_llm_request_new(host, out, NULL);

    if (st != APE_OK)
        return st;
    st = ape_llm_request_add_message(*out, APE_LLM_SYSTEM, "Be brief.", 9, NULL);
    if (st == APE_OK)
        st = ape_llm_request_add_message(*out, APE_LLM_USER, question, strlen(question), NULL);
    if (st == APE_OK)
        st = ape_llm_request_add_stop(*out, "END", NULL);
    if (st != APE_OK)
        ape_llm_request_free(*out);
    return st;
}

static ape_llm_verdict once_more(void *user, ape_llm_completion *candidate)
{
    bool *is_second = user;

    if (*is_second)
        return APE_LLM_ACCEPT;
    *is_second = true;
    ape_llm_completion_set_feedback(candidate, "once more", 9);
    return APE_LLM_ASK_AGAIN;
}

static ape_status generate(ape_host *host, ape_llm_client *client, bool is_second)
{
    ape_llm_completion *completion = NULL;
    ape_llm_request *request;
    ape_text *json;
    ape_status st = make_request(host, &request);

    if (st != APE_OK)
        return st;
    ape_llm_request_set_judge(request, once_more, &is_second);
    ape_llm_request_set_cacheable(request, true);
    st = ape_llm_client_generate(client, request, &completion, NULL);
    if (st == APE_OK) {
        st = ape_llm_completion_to_json(completion, &json, NULL);
        if (st == APE_OK)
            ape_text_free(json);
    }
    ape_llm_completion_free(completion);
    ape_llm_request_free(request);
    return st;
}

static ape_status call_builtin(ape_host *host, void *user)
{
    ape_llm_completion *completion = NULL;
    ape_llm_request *request;
    ape_llm_client *client;
    ape_status st = ape_llm_client_new(host, NULL, &client, NULL);

    (void)user;
    if (st != APE_OK)
        return st;
    st = make_request(host, &request);
    if (st == APE_OK) {
        st = ape_llm_client_generate(client, request, &completion, NULL);
        ape_llm_completion_free(completion);
        ape_llm_request_free(request);
    }
    ape_llm_client_free(client);
    return st;
}

static ape_status call_server(ape_host *host, void *model)
{
    ape_llm_client *client;
    ape_status st = make_client(host, server.url, model, &client);

    if (st != APE_OK)
        return st;
    st = generate(host, client, model == error); /* builtin gives no second answer */
    ape_llm_client_free(client);
    return st;
}

/* The second answer is the first one, kept; what finds no memory is not kept. */
static ape_status call_twice(ape_host *host, void *model)
{
    ape_llm_client *client;
    ape_status st = make_client(host, server.url, model, &client);

    if (st != APE_OK)
        return st;
    st = generate(host, client, true);
    if (st == APE_OK)
        st = generate(host, client, true);
    ape_llm_client_free(client);
    return st;
}

static ape_status reload(ape_host *host, void *user)
{
    ape_llm_client *client;
    ape_status st = make_client(host, "http://127.0.0.1:1", "none", &client);

    (void)user;
    if (st != APE_OK)
        return st;
    st = ape_llm_client_reload(client, NULL, NULL);
    ape_llm_client_free(client);
    return st;
}

static ape_status parse(ape_host *host, void *user)
{
    static const char *const lines[] = {
        "data: {\"choices\":[{\"delta\":{\"content\":\"a long enough text\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"and another one\"}}\n",
        "data: ]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: [DONE]\n\n",
    };
    static const ape__llm_limits limits = { 1, 1, 1, 1, 1, 0, 0 };
    ape__llm_attempt a;
    ape_llm_class result;

    (void)user;
    ape__llm_attempt_init(&a, host, &ape__llm_wire_openai, &limits);
    ape__llm_attempt_begin(&a, 0, 1000);
    ape__llm_attempt_header(&a, "HTTP/1.1 200 OK", 15, 0);
    ape__llm_attempt_header(&a, "", 0, 0);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        ape__llm_attempt_bytes(&a, lines[i], strlen(lines[i]), 0);
    result = a.result;
    ape__llm_attempt_clear(&a);
    return result == APE_LLM_OK         ? APE_OK
           : result == APE_LLM_INTERNAL ? APE_ERR_NO_MEMORY
                                        : APE_ERR_FORMAT;
}

int main(int argc, char **argv)
{
    const struct {
        const char *name;
        ape_status (*body)(ape_host *host, void *user);
        void *user;
        bool wants_server;
    } bodies[] = {
        { "builtin", call_builtin, NULL, false },  { "reload", reload, NULL, false },
        { "parse", parse, NULL, false },           { "stream", call_server, ok, true },
        { "no stream", call_server, whole, true }, { "error", call_server, error, true },
        { "kept", call_twice, ok, true },
    };
    bool has_server = argc > 1 && chaos_server_start(&server, argv[1]);
    int failed = 0;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const char *complaint;

        if (bodies[i].wants_server && !has_server)
            continue;
        complaint = each_allocation_fails(bodies[i].body, bodies[i].user);
        if (complaint) {
            printf("%s: %s\n", bodies[i].name, complaint);
            failed = 1;
        }
    }
    if (has_server)
        chaos_server_stop(&server);
    return failed ? 1 : has_server ? 0 : 77;
}
