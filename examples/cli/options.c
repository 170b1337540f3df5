/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { MOST_OPTIONS = 16, HELP_COLUMN = 23 };

static const command_option help_option = { .name = "help", .help = "print this", .letter = 'h' };

/* What getopt_long() is told. */
typedef struct getopt_tables {
    struct option options[MOST_OPTIONS + 2];
    char letters[2 * MOST_OPTIONS];
} getopt_tables;

static void add(getopt_tables *tables, const command_option *option, int index, int value)
{
    size_t length = strlen(tables->letters);

    tables->options[index] =
        (struct option){ option->name, option->argument ? required_argument : no_argument, NULL,
                         value };
    if (option->letter) {
        tables->letters[length] = option->letter;
        tables->letters[length + 1] = '\0';
    }
}

/* An option that has a letter is found by it, another by its place from 256 on. */
static int value_of(const command_option *option, int index)
{
    return option->letter ? option->letter : 256 + index;
}

static void fill(getopt_tables *tables, const command_option *options)
{
    int count = 0;

    *tables = (getopt_tables){ .letters = ":" };
    for (; options[count].name && count < MOST_OPTIONS; count++)
        add(tables, &options[count], count, value_of(&options[count], count));
    add(tables, &help_option, count, help_option.letter);
}

static const command_option *find(const command_option *options, int value)
{
    for (int i = 0; options[i].name; i++)
        if (value_of(&options[i], i) == value)
            return &options[i];
    return NULL;
}

static bool set_number(const command *of, const command_option *option, const char *text,
                       uint32_t *out)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno == 0 && end != text && *end == '\0' && *text != '-' && value >= option->min &&
        value <= option->max) {
        *out = (uint32_t)value;
        return true;
    }
    usage_error(of, "--%s must be a whole number from %u to %u, not '%s'", option->name,
                (unsigned)option->min, (unsigned)option->max, text);
    return false;
}

static bool set_share(const command *of, const command_option *option, const char *text,
                      double *out)
{
    char *end;
    double value = strtod(text, &end);

    if (end != text && *end == '\0' && value >= 0 && value <= 1) {
        *out = value;
        return true;
    }
    usage_error(of, "--%s must be from 0 to 1, not '%s'", option->name, text);
    return false;
}

static bool set(const command *of, const command_option *option, const char *text, void *arguments)
{
    void *member = (char *)arguments + option->offset;

    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)member = true;
        return true;
    case OPTION_TEXT:
        *(const char **)member = text;
        return true;
    case OPTION_NUMBER:
        return set_number(of, option, text, member);
    default:
        return set_share(of, option, text, member);
    }
}

static void complain_about_option(const command *of, int value, const char *word)
{
    if (value == ':')
        usage_error(of, "the option %s needs a value", word);
    else if (optopt != 0 && strncmp(word, "--", 2) != 0)
        usage_error(of, "the option -%c is not understood", optopt);
    else
        usage_error(of, "the option %s is not understood", word);
}

int parse_options(const command *of, int argc, char **argv, void *arguments)
{
    getopt_tables tables;
    int value;

    fill(&tables, of->options);
    while ((value = getopt_long(argc, argv, tables.letters, tables.options, NULL)) != -1) {
        const command_option *option = find(of->options, value);

        if (value == 'h') {
            print_help(of);
            exit(EXIT_DONE);
        }
        if (!option)
            complain_about_option(of, value, argv[optind - 1]);
        if (!option || !set(of, option, optarg, arguments))
            return -1;
    }
    return optind;
}

static void print_option(const command_option *option)
{
    int width = printf("  ");

    if (option->letter)
        width += printf("-%c, ", option->letter);
    width += printf("--%s", option->name);
    if (option->argument)
        width += printf(" %s", option->argument);
    printf("%*s%s\n", width < HELP_COLUMN ? HELP_COLUMN - width : 1, "", option->help);
}

void print_options(const command_option *options)
{
    for (; options->name; options++)
        print_option(options);
    print_option(&help_option);
}
