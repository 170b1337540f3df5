/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Run a fuzz target over the files of a folder, and over the beginnings of each. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST_FILE = 1 << 20, MOST_BEGINNINGS = 200 };

/* A copy of exactly the right size, so that a sanitizer sees a read past the end. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    for (size_t i = 0; i < size; i++)
        copy[i] = data[i];
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_file(const char *folder, const char *name)
{
    static uint8_t data[LARGEST_FILE];
    char path[4096];
    size_t size, step;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    size = fread(data, 1, sizeof(data), file);
    fclose(file);
    step = size / MOST_BEGINNINGS + 1;
    for (size_t end = 0; end < size; end += step)
        run(data, end);
    run(data, size);
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;
    int count = 0;

    if (!folder) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        run_file(argv[1], entry->d_name);
        count++;
    }
    closedir(folder);
    printf("%d files\n", count);
    return count > 0 ? 0 : 1;
}
