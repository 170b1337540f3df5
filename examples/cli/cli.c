/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int complain(const ape_error *err)
{
    fprintf(stderr, "ape: %s\n", err->message);
    return err->status == APE_ERR_INVALID ? EXIT_USAGE : EXIT_FAILED;
}

int usage_error(const command *of, const char *format, ...)
{
    va_list args;

    fputs("ape: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry 'ape %s --help'.\n", of->name);
    return EXIT_USAGE;
}

int print_help(const command *of)
{
    printf("Usage: ape %s %s\n\n%s.\n\n", of->name, of->arguments, of->summary);
    print_options(of->options);
    fputs(of->help, stdout);
    return EXIT_DONE;
}

ape_settings *load_settings(void)
{
    ape_settings_options opts;
    ape_settings *settings;
    ape_error err;

    ape_settings_options_init(&opts, sizeof(opts));
    opts.dotenv_path = ".env";
    if (ape_settings_new(NULL, &opts, &settings, &err) == APE_OK)
        return settings;
    complain(&err);
    return NULL;
}

static char *read_stream(FILE *f, size_t *size)
{
    size_t capacity = 65536;
    char *data = malloc(capacity + 1);

    *size = 0;
    while (data) {
        *size += fread(data + *size, 1, capacity - *size, f);
        if (*size < capacity) {
            data[*size] = '\0';
            break;
        }
        capacity *= 2;
        char *larger = realloc(data, capacity + 1);

        if (!larger)
            free(data);
        data = larger;
    }
    return data;
}

char *read_file(const char *path, size_t *size)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char *data = f ? read_stream(f, size) : NULL;

    if (data && ferror(f)) {
        free(data);
        data = NULL;
    }
    if (!data)
        fprintf(stderr, "ape: %s: %s\n", path, strerror(errno));
    if (f && f != stdin)
        fclose(f);
    return data;
}

bool is_terminal(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

bool shows_colour(FILE *stream)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return is_terminal(stream) && !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
}
