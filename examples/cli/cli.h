/* SPDX-License-Identifier: MIT */
#ifndef APE_CLI_H
#define APE_CLI_H

#include <stdio.h>

#include <ape/ape.h>

#include "options.h"

/* Exit statuses of every command. */
enum {
    EXIT_DONE = 0,     /* verified, ok, whole */
    EXIT_FAILED = 1,   /* failed, rejected, below the bar */
    EXIT_USAGE = 2,    /* the command line makes no sense */
    EXIT_NO_VALUE = 3, /* undefined or refused: an honest "no" */
};

/** A command: its name, how it is called, what it does in one line, and its body. */
typedef struct command {
    const char *name;
    const char *arguments;
    const char *summary;
    const command_option *options;
    const char *help; /* what there is to say after the options */
    int (*run)(int argc, char **argv);
} command;

extern const command command_complete;
extern const command command_config;
extern const command command_data;
extern const command command_doctor;
extern const command command_exec;
extern const command command_golden;
extern const command command_predictions;
extern const command command_query;
extern const command command_sanitize;
extern const command command_version;

/** Print "ape: message" on stderr and return the exit status for it. */
int complain(const ape_error *err);

/** Print "ape: ..." and where to find help on stderr; returns EXIT_USAGE. */
int usage_error(const command *of, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Print the help of a command. Returns EXIT_DONE. */
int print_help(const command *of);

/** Settings from the environment and ./.env; NULL after a complaint. */
ape_settings *load_settings(void);

/** All of a file ("-": standard input), NUL-ended, to be freed with free(); NULL after a
 *  complaint. */
char *read_file(const char *path, size_t *size);

/** True if a stream is a terminal that may show colours (NO_COLOR, TERM=dumb). */
bool shows_colour(FILE *stream);

/** True if a stream is a terminal. */
bool is_terminal(FILE *stream);

#endif /* APE_CLI_H */
