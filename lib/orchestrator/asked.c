/* SPDX-License-Identifier: MIT */
#include "orchestrator/asked.h"

#include <stdio.h>
#include <string.h>

#include "planner/question.h"

/* Any fund or index may stand for "the market". */
static void write_tickers(const ape__plan_tickers *tickers, ape__asked *out)
{
    for (size_t i = 0; i < tickers->count; i++) {
        size_t used = strlen(out->tickers);

        if (!tickers->items[i].is_market)
            snprintf(out->tickers + used, sizeof(out->tickers) - used, "%s%s", used > 0 ? "," : "",
                     tickers->items[i].symbol);
    }
}

ape_status ape__asked_read(ape_host *host, const char *question, size_t size, ape__date as_of,
                           ape__asked *out, ape_error *err)
{
    ape__plan_question understood;
    ape_status st = ape__plan_read_question(host, question, size, as_of, &understood, err);

    *out = (ape__asked){ "", "", "" };
    if (st != APE_OK)
        return st == APE_ERR_NO_MEMORY ? st : APE_OK;
    write_tickers(&understood.tickers, out);
    if (understood.period.has_start) {
        ape__date_format(understood.period.start, out->start);
        ape__date_format(understood.period.end, out->end);
    }
    return APE_OK;
}
