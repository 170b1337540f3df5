/* SPDX-License-Identifier: MIT */
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
    bool keep;
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

static const command_option options[] = {
    AS_OF_OPTION(query_arguments, as_of),
    DATA_OPTION(query_arguments, data_dir),
    PROVIDER_OPTION(query_arguments, provider),
    FLAG_OPTION(query_arguments, keep, '\0', "keep",
                "keep question, answer and forecast in the store of the settings"),
    FLAG_OPTION(query_arguments, verbose, 'v', "verbose",
                "also say where the number comes from (as on a terminal)"),
    FLAG_OPTION(query_arguments, json, 'j', "json", "print the whole answer as JSON"),
    OPTIONS_END,
};

static int run(int argc, char **argv)
{
    query_arguments args = { .question = NULL };
    ape_orchestrator *orchestrator;
    ape_store *store;
    int word = parse_options(&command_query, argc, argv, &args), status;

    if (word < 0)
        return EXIT_USAGE;
    if (word + 1 != argc)
        return usage_error(&command_query,
                           word == argc ? "what is the question?" : "put the question in quotes");
    args.question = argv[word];
    store = args.keep ? open_store(&status) : NULL;
    if (args.keep && !store)
        return status;
    orchestrator = open_orchestrator(args.data_dir, store, NULL, &status);
    if (orchestrator)
        status = ask(orchestrator, &args);
    ape_orchestrator_free(orchestrator);
    ape_store_free(store);
    return status;
}

const command command_query = {
    .name = "query",
    .arguments = "[OPTION]... QUESTION",
    .summary = "Answer a question with a number that was really computed",
    .options = options,
    .help = "\nExit status: 0 verified, 3 undefined or refused, 1 failed, 2 usage.\n",
    .run = run,
};
