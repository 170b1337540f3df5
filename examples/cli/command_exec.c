/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "json.h"
#include "session.h"

typedef struct exec_arguments {
    ape_sandbox_run_options options;
    const char *data_dir;
    bool json;
} exec_arguments;

static void print_json(const ape_sandbox_result *result)
{
    ape_text *text;
    ape_error err;

    if (ape_sandbox_result_to_json(result, &text, &err) != APE_OK) {
        complain(&err);
        return;
    }
    print_text(text);
}

static int print_result(const ape_sandbox_result *result, bool json)
{
    ape_sandbox_reason reason = ape_sandbox_result_reason(result);

    if (json) {
        print_json(result);
    } else {
        fwrite(ape_sandbox_result_stdout(result), 1, ape_sandbox_result_stdout_size(result),
               stdout);
        fwrite(ape_sandbox_result_stderr(result), 1, ape_sandbox_result_stderr_size(result),
               stderr);
        if (reason != APE_SANDBOX_OK)
            fprintf(stderr, "ape: the program ended with \"%s\"\n",
                    ape_sandbox_reason_name(reason));
    }
    return reason == APE_SANDBOX_OK ? EXIT_DONE : EXIT_FAILED;
}

static int execute(ape_sandbox *sandbox, const exec_arguments *args, const char *code, size_t size)
{
    ape_sandbox_result *result;
    ape_error err;
    int status;

    if (ape_sandbox_run(sandbox, code, size, &args->options, &result, &err) != APE_OK)
        return complain(&err);
    status = print_result(result, args->json);
    ape_sandbox_result_free(result);
    return status;
}

static const command_option options[] = {
    AS_OF_OPTION(exec_arguments, options.as_of),
    DATA_OPTION(exec_arguments, data_dir),
    NUMBER_OPTION(exec_arguments, options.wall_ms, "wall-ms", 1, 600000,
                  "time limit on the clock (default 10000)"),
    NUMBER_OPTION(exec_arguments, options.memory_mb, "memory-mb", 16, 65536,
                  "memory beyond the interpreter's own (default 512)"),
    FLAG_OPTION(exec_arguments, json, 'j', "json",
                "print reason, output, isolation and usage as JSON"),
    OPTIONS_END,
};

static int run(int argc, char **argv)
{
    exec_arguments args = { .data_dir = NULL };
    ape_sandbox *sandbox;
    size_t size;
    char *code;
    int word, status;

    ape_sandbox_run_options_init(&args.options, sizeof(args.options));
    word = parse_options(&command_exec, argc, argv, &args);
    if (word < 0)
        return EXIT_USAGE;
    if (word + 1 != argc)
        return usage_error(&command_exec, "name one file, or - for standard input");
    code = read_file(argv[word], &size);
    if (!code)
        return EXIT_FAILED;
    sandbox = open_sandbox(args.data_dir, &status);
    if (sandbox)
        status = execute(sandbox, &args, code, size);
    ape_sandbox_free(sandbox);
    free(code);
    return status;
}

const command command_exec = {
    .name = "exec",
    .arguments = "[OPTION]... FILE.py",
    .summary = "Run a Python program in the sandbox, on prices cut at a date",
    .options = options,
    .help = "\nExit status: 0 if the program ran to its end, 1 if not, 2 usage.\n",
    .run = run,
};
