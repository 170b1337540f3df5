/* SPDX-License-Identifier: MIT */
#ifndef APE_CLI_OPTIONS_H
#define APE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char * */
    OPTION_NUMBER, /* uint32_t, within min and max */
    OPTION_SHARE,  /* double, from 0 to 1 */
} option_kind;

/** An option of a command, and the member of the command's arguments that it sets. A table of
 *  them, ended by OPTIONS_END, is what its command line is parsed by and what --help prints. */
typedef struct command_option {
    const char *name;     /* "as-of" */
    const char *argument; /* "DATE"; NULL: none */
    const char *help;
    option_kind kind;
    char letter; /* 'j' for -j; 0: none */
    size_t offset;
    uint32_t min, max; /* of a number */
} command_option;

#define OPTIONS_END                                                                                \
    {                                                                                              \
        .name = NULL                                                                               \
    }
#define FLAG_OPTION(type, member, short_name, long_name, text)                                     \
    {                                                                                              \
        .name = (long_name), .help = (text), .kind = OPTION_FLAG, .letter = (short_name),          \
        .offset = offsetof(type, member)                                                           \
    }
#define TEXT_OPTION(type, member, long_name, what, text)                                           \
    {                                                                                              \
        .name = (long_name), .argument = (what), .help = (text), .kind = OPTION_TEXT,              \
        .offset = offsetof(type, member)                                                           \
    }
#define NUMBER_OPTION(type, member, long_name, least, most, text)                                  \
    {                                                                                              \
        .name = (long_name), .argument = "N", .help = (text), .kind = OPTION_NUMBER,               \
        .offset = offsetof(type, member), .min = (least), .max = (most)                            \
    }
#define SHARE_OPTION(type, member, long_name, text)                                                \
    {                                                                                              \
        .name = (long_name), .argument = "X", .help = (text), .kind = OPTION_SHARE,                \
        .offset = offsetof(type, member)                                                           \
    }

/* Those that several commands have, in the same words. */
#define JSON_OPTION(type, member) FLAG_OPTION(type, member, 'j', "json", "print JSON")
#define DATA_OPTION(type, member)                                                                  \
    TEXT_OPTION(type, member, "data", "DIR",                                                       \
                "folder of prices (default: APE_DATA_DIR, else the sample prices)")
#define AS_OF_OPTION(type, member)                                                                 \
    TEXT_OPTION(type, member, "as-of", "DATE",                                                     \
                "see nothing later than DATE (default: the newest date of the data)")
#define PROVIDER_OPTION(type, member)                                                              \
    TEXT_OPTION(type, member, "provider", "NAME",                                                  \
                "ask this model alone (default: the whole chain, LLM_CHAIN)")

struct command;

/**
 * Parse the options of a command into its arguments; --help prints the help and ends the process.
 * @return where in argv the words after the options begin; -1 after a complaint
 */
int parse_options(const struct command *of, int argc, char **argv, void *arguments);

/** Print a line for each option, --help among them. */
void print_options(const command_option *options);

#endif /* APE_CLI_OPTIONS_H */
