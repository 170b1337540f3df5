/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "provenance.h"
#include "session.h"

typedef struct query_arguments {
    const char *question;
    const char *as_of;
    const char *data_dir;
    const char *provider;
    bool json;
    bool verbose;
} query_arguments;

/* Each stage on the one line that the terminal shows while the query runs. */
static void show_stage(void *user, ape_stage stage)
{
    static const char *const doing[] = { "planning", "checking the program", "running it",
                                         "checking the result" };

    (void)user;
    fprintf(stderr, "\r\033[K%s ...", doing[stage]);
    fflush(stderr);
}

static int exit_status(ape_answer_status status)
{
    switch (status) {
    case APE_ANSWER_VERIFIED:
        return EXIT_DONE;
    case APE_ANSWER_UNDEFINED:
    case APE_ANSWER_REFUSED:
        return EXIT_NO_VALUE;
    default:
        return EXIT_FAILED;
    }
}

static int print_answer(const ape_answer *answer, const query_arguments *args)
{
    ape_answer_status status = ape_answer_get_status(answer);
    bool has_result = status == APE_ANSWER_VERIFIED || status == APE_ANSWER_UNDEFINED;

    if (args->json) {
        puts(ape_answer_json(answer));
        return exit_status(status);
    }
    fprintf(has_result ? stdout : stderr, "%s%s\n",
            has_result ? "" : "ape: ", ape_answer_sentence(answer));
    if (args->verbose || is_terminal(stdout))
        print_provenance(stdout, ape_answer_json(answer));
    return exit_status(status);
}

static int ask(ape_orchestrator *orchestrator, const query_arguments *args)
{
    bool live = is_terminal(stderr);
    ape_query_options opts;
    ape_answer *answer;
    ape_error err;
    ape_status st;
    int status;

    ape_query_options_init(&opts, sizeof(opts));
    opts.as_of = args->as_of;
    opts.provider = args->provider;
    opts.on_stage = live ? show_stage : NULL;
    st = ape_orchestrator_query(orchestrator, args->question, strlen(args->question), &opts,
                                &answer, &err);
    if (live)
        fputs("\r\033[K", stderr);
    if (st != APE_OK)
        return complain(&err);
    status = print_answer(answer, args);
    ape_answer_free(answer);
    return status;
}

static int parse(int argc, char **argv, query_arguments *args)
{
    static const struct option options[] = {
        { "as-of", required_argument, NULL, 'a' },
        { "data", required_argument, NULL, 'd' },
        { "provider", required_argument, NULL, 'p' },
        { "json", no_argument, NULL, 'j' },
        { "verbose", no_argument, NULL, 'v' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "jvh", options, NULL)) != -1) {
        switch (option) {
        case 'a':
            args->as_of = optarg;
            break;
        case 'd':
            args->data_dir = optarg;
            break;
        case 'p':
            args->provider = optarg;
            break;
        case 'j':
            args->json = true;
            break;
        case 'v':
            args->verbose = true;
            break;
        case 'h':
            print_help(&command_query);
            exit(EXIT_DONE);
        default:
            return usage_error(&command_query, "that option is not understood");
        }
    }
    if (optind + 1 != argc)
        return usage_error(&command_query,
                           optind == argc ? "what is the question?" : "put the question in quotes");
    args->question = argv[optind];
    return EXIT_DONE;
}

static int run(int argc, char **argv)
{
    query_arguments args = { .question = NULL };
    ape_orchestrator *orchestrator;
    int status = parse(argc, argv, &args);

    if (status != EXIT_DONE)
        return status;
    orchestrator = open_orchestrator(args.data_dir, &status);
    if (!orchestrator)
        return status;
    status = ask(orchestrator, &args);
    ape_orchestrator_free(orchestrator);
    return status;
}

const command command_query = {
    .name = "query",
    .arguments = "[OPTION]... QUESTION",
    .summary = "Answer a question with a number that was really computed",
    .help =
        "  --as-of DATE      see nothing later than DATE (default: the newest date of the data)\n"
        "  --data DIR        folder of prices (default: APE_DATA_DIR, else the sample prices)\n"
        "  --provider NAME   ask this model alone (default: the whole chain, LLM_CHAIN)\n"
        "  -v, --verbose     also say where the number comes from (as on a terminal)\n"
        "  -j, --json        print the whole answer as JSON\n"
        "  -h, --help        print this\n\n"
        "Exit status: 0 verified, 3 undefined or refused, 1 failed, 2 usage.\n",
    .run = run,
};
