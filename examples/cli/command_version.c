/* SPDX-License-Identifier: MIT */
#include "cli.h"

static const command_option options[] = {
    OPTIONS_END,
};

static int run(int argc, char **argv)
{
    int word = parse_options(&command_version, argc, argv, NULL);

    if (word < 0)
        return EXIT_USAGE;
    if (word < argc)
        return usage_error(&command_version, "version takes no argument: '%s'", argv[word]);
    printf("ape %s\n", ape_version());
    return EXIT_DONE;
}

const command command_version = {
    .name = "version",
    .arguments = "[OPTION]",
    .summary = "Print the version of libape",
    .options = options,
    .help = "",
    .run = run,
};
