/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli.h"

static const command *const commands[] = {
    &command_query,       &command_complete, &command_sanitize, &command_exec,   &command_golden,
    &command_predictions, &command_data,     &command_config,   &command_doctor, &command_version,
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static int help(FILE *stream)
{
    fputs("Usage: ape COMMAND [ARGUMENT]...\n\n"
          "Questions about stock prices in; numbers that were really computed out.\n\n",
          stream);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(stream, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nTry: ape query \"Calculate the Sharpe ratio for AAPL in 2021\"\n"
          "'ape COMMAND --help' tells more. Settings come from the environment and from .env.\n",
          stream);
    return stream == stdout ? EXIT_DONE : EXIT_USAGE;
}

static const command *find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const command *chosen;

    if (argc < 2)
        return help(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        chosen = argc > 2 ? find(argv[2]) : NULL;
        return chosen ? print_help(chosen) : help(stdout);
    }
    if (strcmp(argv[1], "--version") == 0)
        return command_version.run(1, argv);
    chosen = find(argv[1]);
    if (!chosen) {
        fprintf(stderr, "ape: there is no command '%s'; 'ape --help' lists them\n", argv[1]);
        return EXIT_USAGE;
    }
    return chosen->run(argc - 1, argv + 1);
}
