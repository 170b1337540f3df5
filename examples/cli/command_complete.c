/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "json.h"

typedef struct complete_arguments {
    const char *prompt;
    const char *system;
    const char *provider;
    bool json;
} complete_arguments;

static ape_status fill(ape_llm_request *request, const complete_arguments *args, ape_error *err)
{
    ape_status st = APE_OK;

    if (args->system)
        st = ape_llm_request_add_message(request, APE_LLM_SYSTEM, args->system,
                                         strlen(args->system), err);
    if (st == APE_OK)
        st = ape_llm_request_add_message(request, APE_LLM_USER, args->prompt, strlen(args->prompt),
                                         err);
    if (st == APE_OK && args->provider)
        st = ape_llm_request_set_provider(request, args->provider, err);
    return st;
}

/* On a terminal text shows as it comes; NULL: what came was not whole. */
static void show(void *user, const char *text, size_t size)
{
    size_t *shown = user;

    if (text) {
        *shown += fwrite(text, 1, size, stdout);
        fflush(stdout);
    } else if (*shown > 0) {
        fputs("\nape: it broke off; what came so far does not count\n", stderr);
        *shown = 0;
    }
}

static void print_json(const ape_llm_completion *completion)
{
    ape_text *json;
    ape_error err;

    if (ape_llm_completion_to_json(completion, &json, &err) != APE_OK) {
        complain(&err);
        return;
    }
    print_text(json);
}

static int complete(ape_llm_client *client, ape_llm_request *request,
                    const complete_arguments *args)
{
    ape_llm_completion *completion = NULL;
    size_t shown = 0;
    ape_error err;
    ape_status st = fill(request, args, &err);
    int status = EXIT_DONE;

    if (!args->json && is_terminal(stdout))
        ape_llm_request_set_listener(request, show, &shown);
    if (st == APE_OK)
        st = ape_llm_client_generate(client, request, &completion, &err);
    if (st != APE_OK)
        status = complain(&err);
    if (args->json && completion)
        print_json(completion);
    else if (st == APE_OK)
        puts(shown > 0 ? "" : ape_llm_completion_text(completion));
    ape_llm_completion_free(completion);
    return status;
}

static const command_option options[] = {
    TEXT_OPTION(complete_arguments, system, "system", "TEXT",
                "what the model is told before the prompt"),
    PROVIDER_OPTION(complete_arguments, provider),
    FLAG_OPTION(complete_arguments, json, 'j', "json",
                "print text, provider, attempts, usage and cost as JSON"),
    OPTIONS_END,
};

static int with_settings(const ape_settings *settings, const complete_arguments *args)
{
    ape_llm_client *client;
    ape_llm_request *request;
    ape_error err;
    int status;

    if (ape_llm_client_new(NULL, settings, &client, &err) != APE_OK)
        return complain(&err);
    if (ape_llm_request_new(NULL, &request, &err) == APE_OK) {
        status = complete(client, request, args);
        ape_llm_request_free(request);
    } else {
        status = complain(&err);
    }
    ape_llm_client_free(client);
    return status;
}

static int run(int argc, char **argv)
{
    complete_arguments args = { .prompt = NULL };
    ape_settings *settings;
    int word = parse_options(&command_complete, argc, argv, &args), status;

    if (word < 0)
        return EXIT_USAGE;
    if (word + 1 != argc)
        return usage_error(&command_complete,
                           word == argc ? "what is the prompt?" : "put the prompt in quotes");
    args.prompt = argv[word];
    settings = load_settings();
    if (!settings)
        return EXIT_FAILED;
    status = with_settings(settings, &args);
    ape_settings_free(settings);
    return status;
}

const command command_complete = {
    .name = "complete",
    .arguments = "[OPTION]... PROMPT",
    .summary = "Get one whole completion from the chain of models",
    .options = options,
    .help = "\nOn a terminal text shows as it comes; elsewhere it is printed once it is whole.\n"
            "\nExit status: 0 whole, 1 none, 2 usage.\n",
    .run = run,
};
