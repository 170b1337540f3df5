/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "core/buffer.h"
#include "planner/planner.h"

/* Print the builtin planner's program for each line of stdin, "AS_OF<tab>QUESTION", after a
 * line with its size; a refusal has its message instead, and a minus before its size. */
int main(void)
{
    char line[32768];

    while (fgets(line, sizeof(line), stdin)) {
        char message[33000];
        ape_text *plan = NULL;
        ape_error err;
        char *tab = strchr(line, '\t');
        int size;

        if (!tab)
            return 2;
        *tab = '\0';
        size = snprintf(message, sizeof(message), "As-of date: %s\nQuestion: %s", line, tab + 1);
        if (ape__planner_answer(NULL, message, (size_t)size, &plan, &err) != APE_OK) {
            printf("-%zu\n%s\n", strlen(err.message), err.message);
            continue;
        }
        printf("%zu\n%s\n", ape_text_size(plan), ape_text_data(plan));
        ape_text_free(plan);
    }
    return 0;
}
