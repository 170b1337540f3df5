/* SPDX-License-Identifier: MIT */
#include "cli.h"

static int run(int argc, char **argv)
{
    if (argc > 1)
        return usage_error(&command_version, "version takes no argument: '%s'", argv[1]);
    printf("ape %s\n", ape_version());
    return EXIT_DONE;
}

const command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "Print the version of libape",
    .help = "",
    .run = run,
};
