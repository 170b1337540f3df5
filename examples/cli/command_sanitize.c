/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "json.h"

typedef struct sanitize_arguments {
    ape_code_sanitizer_options options;
    ape_code_request request;
    const char *explain;
    const char *division, *history;
    bool unsafe;
    bool json;
} sanitize_arguments;

static void print_diagnostics(const ape_sanitized_code *code)
{
    const cJSON *d;
    ape_text *text;
    ape_error err;
    cJSON *json;

    if (ape_sanitized_code_to_json(code, &text, &err) != APE_OK) {
        complain(&err);
        return;
    }
    json = cJSON_Parse(ape_text_data(text));
    cJSON_ArrayForEach(d, json_member(json, "diagnostics"))
    {
        const cJSON *fixed = json_member(d, "fixed");

        fprintf(stderr, "%.0f:%.0f: %s %s%s\n", json_number(d, "line"), json_number(d, "column"),
                json_text(d, "rule"), json_text(d, "message"),
                cJSON_IsTrue(fixed) ? " (fixed)" : "");
    }
    cJSON_Delete(json);
    ape_text_free(text);
}

static void print_json(const ape_sanitized_code *code)
{
    ape_text *text;
    ape_error err;

    if (ape_sanitized_code_to_json(code, &text, &err) != APE_OK) {
        complain(&err);
        return;
    }
    print_text(text);
}

static int print_outcome(const ape_sanitized_code *code, bool json)
{
    bool ok = ape_sanitized_code_verdict(code) == APE_CODE_OK;

    if (json) {
        print_json(code);
        return ok ? EXIT_DONE : EXIT_FAILED;
    }
    print_diagnostics(code);
    if (!ok)
        fprintf(stderr, "ape: %s\n", ape_sanitized_code_reason(code));
    else
        fwrite(ape_sanitized_code_text(code), 1, ape_sanitized_code_text_size(code), stdout);
    return ok ? EXIT_DONE : EXIT_FAILED;
}

static int explain(const char *rule)
{
    ape_text *text;
    ape_error err;

    if (ape_code_rule_explain(NULL, rule, &text, &err) != APE_OK) {
        complain(&err);
        return EXIT_USAGE;
    }
    fputs(ape_text_data(text), stdout);
    ape_text_free(text);
    return EXIT_DONE;
}

static int sanitize(const sanitize_arguments *args, const char *raw, size_t size)
{
    ape_code_sanitizer *sanitizer;
    ape_sanitized_code *code;
    ape_error err;
    int status;

    if (ape_code_sanitizer_new(NULL, &args->options, &sanitizer, &err) != APE_OK)
        return complain(&err);
    if (ape_code_sanitizer_sanitize(sanitizer, raw, size, &args->request, &code, &err) == APE_OK) {
        status = print_outcome(code, args->json);
        ape_sanitized_code_free(code);
    } else {
        status = complain(&err);
    }
    ape_code_sanitizer_free(sanitizer);
    return status;
}

static const command_option options[] = {
    TEXT_OPTION(sanitize_arguments, options.profile, "profile", "VERSIONS",
                "as python=3.11,pandas=1.5.3,numpy=1.24.2,yfinance=1.1.0"),
    FLAG_OPTION(sanitize_arguments, unsafe, '\0', "unsafe",
                "also repairs that may change the meaning"),
    TEXT_OPTION(sanitize_arguments, options.rules, "rules", "LEVELS",
                "levels of single rules, as APE601=off,APE604=warn"),
    TEXT_OPTION(sanitize_arguments, options.allow_imports, "allow-imports", "MODULES",
                "modules that may be imported besides, as statsmodels,sklearn"),
    TEXT_OPTION(sanitize_arguments, division, "division", "POLICY",
                "what becomes of a division by what may be zero: honest, sketch or off"),
    TEXT_OPTION(sanitize_arguments, history, "history", "POLICY",
                "what becomes of a frame where a series is meant: typed, sketch or off"),
    TEXT_OPTION(sanitize_arguments, explain, "explain", "RULE",
                "print what a rule is for, as APE203, and nothing else"),
    TEXT_OPTION(sanitize_arguments, request.as_of, "as-of", "DATE",
                "code must not ask for data after DATE"),
    TEXT_OPTION(sanitize_arguments, request.tickers, "tickers", "SYMBOLS",
                "what the question is about, as AAPL,MSFT"),
    TEXT_OPTION(sanitize_arguments, request.start, "start", "DATE",
                "first day that the question is about"),
    TEXT_OPTION(sanitize_arguments, request.end, "end", "DATE", "last day of it"),
    FLAG_OPTION(sanitize_arguments, json, 'j', "json",
                "print verdict, code and diagnostics as JSON"),
    OPTIONS_END,
};

/* The place of a policy among its three names; -1 after a complaint. */
static int policy(const char *option, const char *given, const char *const *names)
{
    for (int i = 0; i < 3; i++)
        if (!given || strcmp(given, names[i]) == 0)
            return i;
    usage_error(&command_sanitize, "--%s is %s, %s or %s", option, names[0], names[1], names[2]);
    return -1;
}

static bool take_policies(sanitize_arguments *args)
{
    static const char *const divisions[] = { "honest", "sketch", "off" };
    static const char *const histories[] = { "typed", "sketch", "off" };
    int division = policy("division", args->division, divisions);
    int history = division < 0 ? -1 : policy("history", args->history, histories);

    args->options.division = division;
    args->options.history = history;
    return history >= 0;
}

static int run(int argc, char **argv)
{
    sanitize_arguments args = { .json = false };
    size_t size;
    char *raw;
    int word, status;

    ape_code_sanitizer_options_init(&args.options, sizeof(args.options));
    ape_code_request_init(&args.request, sizeof(args.request));
    word = parse_options(&command_sanitize, argc, argv, &args);
    if (word < 0)
        return EXIT_USAGE;
    if (word != argc)
        return usage_error(&command_sanitize, "the answer is read from standard input");
    args.options.unsafe_fixes = args.unsafe;
    if (!take_policies(&args))
        return EXIT_USAGE;
    if (args.explain)
        return explain(args.explain);
    raw = read_file("-", &size);
    if (!raw)
        return EXIT_FAILED;
    status = sanitize(&args, raw, size);
    free(raw);
    return status;
}

const command command_sanitize = {
    .name = "sanitize",
    .arguments = "[OPTION]... < ANSWER",
    .summary = "Extract, repair or reject the Python code in a model's answer",
    .options = options,
    .help = "\nExit status: 0 ok, 1 rejected, 2 usage.\n",
    .run = run,
};
