/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdlib.h>

#include "session.h"

typedef struct exec_arguments {
    ape_sandbox_run_options options;
    const char *path;
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
    puts(ape_text_data(text));
    ape_text_free(text);
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

static int parse(int argc, char **argv, exec_arguments *args)
{
    static const struct option options[] = {
        { "as-of", required_argument, NULL, 'a' },
        { "data", required_argument, NULL, 'd' },
        { "wall-ms", required_argument, NULL, 'w' },
        { "memory-mb", required_argument, NULL, 'm' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option;
    bool good = true;

    while (good && (option = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
        switch (option) {
        case 'a':
            args->options.as_of = optarg;
            break;
        case 'd':
            args->data_dir = optarg;
            break;
        case 'w':
            good =
                parse_number(&command_exec, "--wall-ms", optarg, 1, 600000, &args->options.wall_ms);
            break;
        case 'm':
            good = parse_number(&command_exec, "--memory-mb", optarg, 16, 65536,
                                &args->options.memory_mb);
            break;
        case 'j':
            args->json = true;
            break;
        case 'h':
            print_help(&command_exec);
            exit(EXIT_DONE);
        default:
            return usage_error(&command_exec, "that option is not understood");
        }
    }
    if (!good)
        return EXIT_USAGE;
    if (optind + 1 != argc)
        return usage_error(&command_exec, "name one file, or - for standard input");
    args->path = argv[optind];
    return EXIT_DONE;
}

static int run(int argc, char **argv)
{
    exec_arguments args = { .path = NULL };
    ape_sandbox *sandbox;
    size_t size;
    char *code;
    int status;

    ape_sandbox_run_options_init(&args.options, sizeof(args.options));
    status = parse(argc, argv, &args);
    if (status != EXIT_DONE)
        return status;
    code = read_file(args.path, &size);
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
    .help =
        "  --as-of DATE      see nothing later than DATE (default: the newest date of the data)\n"
        "  --data DIR        folder of prices (default: APE_DATA_DIR, else the sample prices)\n"
        "  --wall-ms N       time limit on the clock (default 10000)\n"
        "  --memory-mb N     memory beyond the interpreter's own (default 512)\n"
        "  -j, --json        print reason, output, isolation and usage as JSON\n"
        "  -h, --help        print this\n\n"
        "Exit status: 0 if the program ran to its end, 1 if not, 2 usage.\n",
    .run = run,
};
