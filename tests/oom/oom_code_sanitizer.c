/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <ape/code_sanitizer.h>

#include "counting_host.h"

/* Each takes another way through the sanitizer. */
static const char *const answers[] = {
    "import json\nprint(json.dumps({'a': [x for x in range(3) if x], 'b': f'{1:>{2}}'}))\n",
    "Sure:\n```python\nimport math\nx = math.pi\n```\nand\n```python\nprint(x)\n```\n",
    "Here is the code:\n\nimport math\nprint(math.pi)\n\nI hope it helps you.\n",
    "<think>no</think>{\"code\": \"print(1)\"}",
    "{\"code\": \"print(1)\"}",
    "import os\nopen('a')\neval('1')\n",
    "print(\xe2\x80\x9c"
    "a\xe2\x80\x9d)\n",
    ">>> x = 1\n>>> print(x)\n1\n",
    "def f(:\n",
    "",
};

static ape_status sanitize(ape_host *host, void *user)
{
    const char *answer = user;
    ape_code_sanitizer *sanitizer;
    ape_sanitized_code *code;
    ape_text *json;
    ape_status st;

    st = ape_code_sanitizer_new(host, NULL, &sanitizer, NULL);
    if (st != APE_OK)
        return st;
    st = ape_code_sanitizer_sanitize(sanitizer, answer, strlen(answer), NULL, &code, NULL);
    ape_code_sanitizer_free(sanitizer);
    if (st != APE_OK)
        return st;
    st = ape_sanitized_code_to_json(code, &json, NULL);
    if (st == APE_OK)
        ape_text_free(json);
    ape_sanitized_code_free(code);
    return st;
}

int main(void)
{
    int failed = 0;

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        char answer[300];
        const char *complaint;

        snprintf(answer, sizeof(answer), "%s", answers[i]);
        complaint = each_allocation_fails(sanitize, answer);
        if (complaint) {
            printf("answer %zu: %s\n", i, complaint);
            failed = 1;
        }
    }
    return failed;
}
