/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ape/orchestrator.h>

#include "orchestrator/sentence.h"

#include "counting_host.h"

static ape_status pass_gate(ape_host *host, void *user)
{
    static const char output[] = "{\"beta\": 0.5, \"note\": \"a \\u00e9\", \"x\": NaN}";
    ape__facts facts;
    ape__buffer sentence;
    ape_status st;

    (void)user;
    st = ape__gate_check(host, output, strlen(output), 20000, &facts, NULL);
    if (st != APE_OK)
        return st;
    ape__buffer_init(&sentence, host);
    ape__sentence_write(&sentence, &facts, "?", 1);
    st = sentence.failed ? APE_ERR_NO_MEMORY : APE_OK;
    ape__buffer_clear(&sentence);
    ape__facts_clear(&facts);
    return st;
}

static ape_status make(ape_host *host, const char *data_dir, ape_orchestrator **out)
{
    ape_orchestrator_options opts;
    ape_market_options market;
    ape_status st;

    ape_orchestrator_options_init(&opts, sizeof(opts));
    ape_market_options_init(&market, sizeof(market));
    market.data_dir = data_dir;
    st = ape_market_new(host, &market, &opts.market, NULL);
    if (st != APE_OK)
        return st;
    st = ape_orchestrator_new(host, &opts, out, NULL);
    ape_market_free(opts.market);
    return st;
}

/* A question that the built-in planner refuses: everything but a run. */
static ape_status ask(ape_host *host, void *data_dir)
{
    static const char question[] = "What is the meaning of life?";
    ape_orchestrator *orchestrator;
    ape_query_options opts;
    ape_answer *answer;
    ape_status st;

    st = make(host, data_dir, &orchestrator);
    if (st != APE_OK)
        return st;
    ape_query_options_init(&opts, sizeof(opts));
    opts.as_of = "2022-12-28";
    st = ape_orchestrator_query(orchestrator, question, strlen(question), &opts, &answer, NULL);
    ape_orchestrator_free(orchestrator);
    if (st != APE_OK)
        return st;
    st = ape_answer_get_status(answer) == APE_ANSWER_REFUSED ? APE_OK : APE_ERR_INTERNAL;
    ape_answer_free(answer);
    return st;
}

int main(void)
{
    char folder[] = "/tmp/ape-oom-XXXXXX";
    char file[64];
    const char *gate, *query;
    FILE *f;

    if (!mkdtemp(folder))
        return 1;
    snprintf(file, sizeof(file), "%s/KO.csv", folder);
    f = fopen(file, "w");
    if (!f)
        return 1;
    fputs("Date,Close\n2021-01-04,100\n", f);
    fclose(f);
    gate = each_allocation_fails(pass_gate, NULL);
    query = each_allocation_fails(ask, folder);
    unlink(file);
    rmdir(folder);
    if (gate)
        printf("gate: %s\n", gate);
    if (query)
        printf("query: %s\n", query);
    return gate || query;
}
