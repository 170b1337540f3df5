/* SPDX-License-Identifier: MIT */
/*
 * Parses the files named on its input, one a line, as Python 3.MINOR, and writes for
 * each "ok DIGEST" of its tree or "error LINE MESSAGE". With --text the tree itself; with
 * --stream texts come instead of files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "core/file.h"

#include "dump.h"

static void report_error(const char *text, const ape__parse *parse)
{
    unsigned line = 1;

    for (uint32_t i = 0; i < parse->error_start; i++)
        line += text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n');
    printf("error %u %s\n", line, parse->message);
}

static void parse_text(const char *text, size_t size, int minor, bool as_text)
{
    ape__buffer tree;
    ape__arena arena;
    ape__parse parse;

    ape__buffer_init(&tree, NULL);
    ape__arena_init(&arena, NULL);
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3, size -= 3;
    if (ape__parse_python(&arena, text, size, minor, &parse) != APE_OK)
        exit(1);
    if (parse.error_count > 0) {
        report_error(text, &parse);
    } else {
        char digest[65];

        dump_tree(&tree, text, size, minor, parse.module);
        ape__sha256_hex(tree.data ? tree.data : "", tree.size, digest);
        printf("ok %s\n", as_text ? tree.data : digest);
    }
    fflush(stdout);
    ape__parse_clear(&parse);
    ape__arena_clear(&arena);
    ape__buffer_clear(&tree);
}

static void parse_file(const char *path, int minor, bool as_text)
{
    ape__buffer file;

    ape__buffer_init(&file, NULL);
    if (ape__file_read(&file, path, 1 << 28, NULL) != APE_OK)
        exit(1);
    parse_text(file.data ? file.data : "", file.size, minor, as_text);
    ape__buffer_clear(&file);
}

/* Texts themselves, each behind a line with its size. */
static void parse_stream(int minor)
{
    char line[32];

    while (fgets(line, sizeof(line), stdin)) {
        size_t size = (size_t)strtoul(line, NULL, 10);
        char *text = malloc(size + 1);

        if (!text || fread(text, 1, size, stdin) != size)
            exit(1);
        text[size] = '\0';
        parse_text(text, size, minor, false);
        free(text);
    }
}

int main(int argc, char **argv)
{
    int minor = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 11;
    bool as_text = argc > 2 && strcmp(argv[2], "--text") == 0;
    char path[4096];

    if (argc > 2 && strcmp(argv[2], "--stream") == 0) {
        parse_stream(minor);
        return 0;
    }
    while (fgets(path, sizeof(path), stdin)) {
        path[strcspn(path, "\n")] = '\0';
        parse_file(path, minor, as_text);
    }
    return 0;
}
