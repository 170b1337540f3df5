/* SPDX-License-Identifier: CC0-1.0 */
/* Ask one question and print the answer. */
#include <stdio.h>
#include <string.h>

#include <ape/ape.h>

int main(int argc, char **argv)
{
    const char *question = argc > 1 ? argv[1] : "Calculate the Sharpe ratio for AAPL in 2021";
    ape_orchestrator *orchestrator;
    ape_answer *answer;
    ape_error err;

    if (ape_orchestrator_new(NULL, NULL, &orchestrator, &err) != APE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    if (ape_orchestrator_query(orchestrator, question, strlen(question), NULL, &answer, &err) ==
        APE_OK) {
        puts(ape_answer_sentence(answer));
        ape_answer_free(answer);
    } else {
        fprintf(stderr, "%s\n", err.message);
    }
    ape_orchestrator_free(orchestrator);
    return 0;
}
