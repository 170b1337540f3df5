/* SPDX-License-Identifier: MIT */
/*
 * Sanitizes the Python files named on its input, one a line. A file that is a program
 * must come out as it went in, unless a rule says that it repaired something; each
 * such repair is printed. Whatever comes out is a program again, and a second pass
 * leaves it as it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ape/code_sanitizer.h>

#include "code_sanitizer/python/parser.h"
#include "core/file.h"
#include "core/json.h"
#include "core/utf8.h"

static unsigned long files, bytes, repaired, harmed;

static bool is_program(const char *text, size_t size)
{
    ape__arena arena;
    ape__parse parse;
    bool good;

    ape__arena_init(&arena, NULL);
    if (ape__parse_python(&arena, text, size, 11, &parse) != APE_OK)
        exit(1);
    good = parse.error_count == 0;
    ape__parse_clear(&parse);
    ape__arena_clear(&arena);
    return good;
}

static void print_repairs(const char *path, const ape_sanitized_code *code)
{
    const cJSON *finding;
    ape_text *json;
    cJSON *root;

    if (ape_sanitized_code_to_json(code, &json, NULL) != APE_OK ||
        ape__json_parse(ape_text_data(json), ape_text_size(json), &root, NULL) != APE_OK)
        exit(1);
    cJSON_ArrayForEach(finding, ape__json_get_array(root, "diagnostics"))
    {
        double line = 0;

        if (!cJSON_IsTrue(ape__json_get(finding, "fixed")))
            continue;
        ape__json_get_number(finding, "line", &line);
        printf("%s:%.0f: %s %s\n", path, line, ape__json_get_string(finding, "rule"),
               ape__json_get_string(finding, "message"));
    }
    cJSON_Delete(root);
    ape_text_free(json);
}

static bool is_stable(const ape_code_sanitizer *sanitizer, const char *text, size_t size)
{
    ape_sanitized_code *again;
    bool same;

    if (ape_code_sanitizer_sanitize(sanitizer, text, size, NULL, &again, NULL) != APE_OK)
        exit(1);
    same = ape_sanitized_code_text_size(again) == size &&
           memcmp(ape_sanitized_code_text(again), text, size) == 0;
    ape_sanitized_code_free(again);
    return same;
}

static void check_file(const ape_code_sanitizer *sanitizer, const char *path)
{
    ape_sanitized_code *code;
    ape__buffer file;
    size_t out_size;
    bool same;

    ape__buffer_init(&file, NULL);
    if (ape__file_read(&file, path, 256 * 1024, NULL) != APE_OK || file.size == 0 ||
        (unsigned char)file.data[0] == 0xef || !ape__utf8_valid(file.data, file.size) ||
        !is_program(file.data, file.size)) {
        ape__buffer_clear(&file);
        return;
    }
    if (ape_code_sanitizer_sanitize(sanitizer, file.data, file.size, NULL, &code, NULL) != APE_OK)
        exit(1);
    files++;
    bytes += file.size;
    out_size = ape_sanitized_code_text_size(code);
    same = out_size == file.size && memcmp(ape_sanitized_code_text(code), file.data, out_size) == 0;
    if (ape_sanitized_code_fix_count(code) > 0) {
        repaired++;
        print_repairs(path, code);
        if (!is_program(ape_sanitized_code_text(code), out_size))
            harmed++, printf("%s: no program any more\n", path);
        else if (!is_stable(sanitizer, ape_sanitized_code_text(code), out_size))
            harmed++, printf("%s: a second pass changes it again\n", path);
    } else if (!same) {
        harmed++;
        printf("%s: changed, and nothing says so\n", path);
        print_repairs(path, code);
    }
    ape_sanitized_code_free(code);
    ape__buffer_clear(&file);
}

int main(void)
{
    ape_code_sanitizer *sanitizer;
    char path[4096];

    if (ape_code_sanitizer_new(NULL, NULL, &sanitizer, NULL) != APE_OK)
        return 1;
    while (fgets(path, sizeof(path), stdin)) {
        path[strcspn(path, "\n")] = '\0';
        check_file(sanitizer, path);
    }
    ape_code_sanitizer_free(sanitizer);
    printf("%lu programs, %lu bytes; %lu repaired, %lu harmed\n", files, bytes, repaired, harmed);
    return harmed > 0 || files == 0;
}
