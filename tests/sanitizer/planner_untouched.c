/* SPDX-License-Identifier: MIT */
/* What the builtin planner writes for each golden question comes through untouched. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ape/code_sanitizer.h>

#include "core/file.h"
#include "core/json.h"
#include "planner/planner.h"

static bool is_untouched(const ape_code_sanitizer *sanitizer, const char *answer, size_t size)
{
    ape_sanitized_code *code;
    ape_text *json = NULL;
    bool good;

    if (ape_code_sanitizer_sanitize(sanitizer, answer, size, NULL, &code, NULL) != APE_OK)
        exit(1);
    good = ape_sanitized_code_verdict(code) == APE_CODE_OK &&
           ape_sanitized_code_fix_count(code) == 0 &&
           strstr(answer, ape_sanitized_code_text(code)) != NULL;
    if (!good && ape_sanitized_code_to_json(code, &json, NULL) == APE_OK)
        printf("%s\n", ape_text_data(json));
    ape_text_free(json);
    ape_sanitized_code_free(code);
    return good;
}

int main(int argc, char **argv)
{
    ape_code_sanitizer *sanitizer;
    ape__buffer file;
    const cJSON *query;
    int failed = 0, count = 0;
    cJSON *root;

    ape__buffer_init(&file, NULL);
    if (argc < 2 || ape__file_read(&file, argv[1], 1 << 24, NULL) != APE_OK ||
        ape__json_parse(file.data, file.size, &root, NULL) != APE_OK ||
        ape_code_sanitizer_new(NULL, NULL, &sanitizer, NULL) != APE_OK)
        return 1;
    cJSON_ArrayForEach(query, ape__json_get_array(root, "queries"))
    {
        const char *question = ape__json_get_string(query, "query");
        ape_text *answer;
        char message[600];

        snprintf(message, sizeof(message), "As-of date: 2022-12-28\nQuestion: %s\n", question);
        if (ape__planner_answer(NULL, message, strlen(message), &answer, NULL) != APE_OK)
            continue;
        count++;
        if (!is_untouched(sanitizer, ape_text_data(answer), ape_text_size(answer))) {
            printf("touched: %s\n", question);
            failed++;
        }
        ape_text_free(answer);
    }
    cJSON_Delete(root);
    ape__buffer_clear(&file);
    ape_code_sanitizer_free(sanitizer);
    printf("%d programs, %d touched\n", count, failed);
    return failed > 0 || count < 40;
}
