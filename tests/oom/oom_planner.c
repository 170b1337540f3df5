/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "planner/planner.h"

#include "counting_host.h"

static ape_status plan(ape_host *host, void *user)
{
    const char *question = user;
    ape_text *text = NULL;
    ape_status st = ape__planner_answer(host, question, strlen(question), &text, NULL);

    ape_text_free(text);
    return st;
}

/* A refusal needs memory too, to read the question. */
static ape_status refuse(ape_host *host, void *user)
{
    ape_status st = plan(host, user);

    return st == APE_ERR_REFUSED ? APE_OK : st;
}

int main(void)
{
    static char known[] = "As-of date: 2022-12-28\nQuestion: beta of KO since 2021";
    static char unknown[] = "Question: what is the weather?";
    const char *complaints[] = { each_allocation_fails(plan, known),
                                 each_allocation_fails(refuse, unknown) };
    int failed = 0;

    for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++)
        if (complaints[i]) {
            printf("%s\n", complaints[i]);
            failed = 1;
        }
    return failed;
}
