/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "planner/planner.h"

#include "counting_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A question must not get a byte of its own into the program but a symbol's. */
static void check_plan(const char *plan, size_t size)
{
    static const char head[] = "```python\nimport json\n";

    if (size < sizeof(head) - 1 || memcmp(plan, head, sizeof(head) - 1) != 0)
        abort();
    for (size_t i = 0; i < size; i++)
        if ((plan[i] < ' ' && plan[i] != '\n') || (unsigned char)plan[i] >= 0x7f || plan[i] == '\\')
            abort();
}

static void check_refusal(const ape_error *err)
{
    if (err->message[0] == '\0' || !ape__utf8_valid(err->message, strlen(err->message)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    counting_host counting;
    ape_text *plan = NULL;
    ape_error err;
    ape_status st;

    counting_host_init(&counting);
    st = ape__planner_answer(counting.host, (const char *)data, size, &plan, &err);
    if (st == APE_OK)
        check_plan(ape_text_data(plan), ape_text_size(plan));
    else if (st == APE_ERR_REFUSED)
        check_refusal(&err);
    else
        abort();
    ape_text_free(plan);
    if (!counting_host_done(&counting))
        abort();
    return 0;
}
