/* SPDX-License-Identifier: MIT */
#include <ape/llm_client.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Asks a real model, whose address and key are in the environment, what 2+2 is: with the text as
 * it comes, and without. For scripts/test-real-llm.sh.
 *
 *     real PROVIDER [STOP]     STOP: a text at which the model stops, for one that does not know
 *                              when to
 */

enum { MOST_TOKENS = 200, TIMEOUT_MS = 120000 };

typedef struct heard {
    char text[65536];
    size_t size, pieces;
} heard;

static void hear(void *user, const char *text, size_t size)
{
    heard *h = user;

    if (!text) {
        h->size = h->pieces = 0;
        return;
    }
    if (h->size + size >= sizeof(h->text))
        abort();
    memcpy(h->text + h->size, text, size);
    h->size += size;
    h->pieces++;
}

static bool holds_four(const char *text)
{
    for (const char *at = text; (at = strchr(at, '4')); at++)
        if ((at == text || !isdigit((unsigned char)at[-1])) && !isdigit((unsigned char)at[1]))
            return true;
    return strcasestr(text, "four") != NULL;
}

static ape_llm_request *make_request(const char *provider, const char *stop)
{
    static const char question[] = "What is 2+2? Answer with the number.";
    ape_llm_request *request;

    if (ape_llm_request_new(NULL, &request, NULL) != APE_OK ||
        ape_llm_request_add_message(request, APE_LLM_USER, question, strlen(question), NULL) !=
            APE_OK ||
        ape_llm_request_set_provider(request, provider, NULL) != APE_OK ||
        ape_llm_request_set_temperature(request, 0, NULL) != APE_OK ||
        (stop && ape_llm_request_add_stop(request, stop, NULL) != APE_OK))
        abort();
    ape_llm_request_set_max_tokens(request, MOST_TOKENS);
    ape_llm_request_set_timeout_ms(request, TIMEOUT_MS);
    return request;
}

static void print_journal(const ape_llm_completion *completion)
{
    ape_text *json;

    if (ape_llm_completion_to_json(completion, &json, NULL) != APE_OK)
        abort();
    printf("  %s\n", ape_text_data(json));
    ape_text_free(json);
}

static bool ask(ape_llm_client *client, const char *provider, const char *stop, heard *h)
{
    const char *form = h ? "text as it comes" : "text at the end";
    ape_llm_request *request = make_request(provider, stop);
    ape_llm_completion *completion = NULL;
    const char *text;
    ape_error err;
    bool ok;

    if (h)
        ape_llm_request_set_listener(request, hear, h);
    ok = ape_llm_client_generate(client, request, &completion, &err) == APE_OK;
    text = ok ? ape_llm_completion_text(completion) : err.message;
    if (ok && h)
        ok = h->pieces > 0 && h->size == strlen(text) && memcmp(h->text, text, h->size) == 0;
    ok = ok && holds_four(text);
    printf("%s: %s, %s: %.200s\n", ok ? "ok" : "FAILED", provider, form, text);
    print_journal(completion);
    ape_llm_completion_free(completion);
    ape_llm_request_free(request);
    return ok;
}

int main(int argc, char **argv)
{
    const char *stop = argc > 2 ? argv[2] : NULL;
    static heard h;
    ape_settings *settings;
    ape_llm_client *client;
    ape_error err;
    bool ok;

    if (argc < 2)
        return 2;
    if (ape_settings_new(NULL, NULL, &settings, &err) != APE_OK ||
        ape_settings_set(settings, "LLM_CHAIN", argv[1], &err) != APE_OK ||
        ape_llm_client_new(NULL, settings, &client, &err) != APE_OK) {
        printf("FAILED: %s: %s\n", argv[1], err.message);
        return 1;
    }
    ok = ask(client, argv[1], stop, &h);
    ok = ask(client, argv[1], stop, NULL) && ok;
    ape_llm_client_free(client);
    ape_settings_free(settings);
    return !ok;
}
