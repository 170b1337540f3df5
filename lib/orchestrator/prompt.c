/* SPDX-License-Identifier: MIT */
#include "orchestrator/prompt.h"

#include <string.h>

#include "core/buffer.h"
#include "core/error.h"
#include "orchestrator/metric.h"

static const char system_prompt[] =
    "You write one short Python program that computes the answer to a question about daily\n"
    "stock prices. You never write numbers of your own: every number comes from the data.\n"
    "\n"
    "The program\n"
    "- gets prices with yfinance: yf.download(TICKER, start=..., end=..., auto_adjust=True,\n"
    "  multi_level_index=False)[\"Close\"]; \"end\" is exclusive there; there is no other network, "
    "no\n"
    "  file, and nothing later than the as-of date, which is today;\n"
    "- uses only json, math, statistics, datetime, numpy, pandas and yfinance;\n"
    "- prints exactly one JSON object with json.dumps, and nothing else: \"metric\" names the key "
    "of the\n"
    "  answer; further keys are \"tickers\" (a list), \"start\" and \"end\" (first and last day "
    "used, as\n"
    "  \"2021-01-04\"), and what helps to check the answer; keys are snake_case, values are "
    "numbers,\n"
    "  strings, booleans, null or lists of them; null means that the value is undefined;\n"
    "- does not round, does not catch exceptions to print a made-up value, and raises\n"
    "  SystemExit(\"no prices for ...\") when a frame is empty.\n"
    "\n"
    "Conventions, unless the question says otherwise: adjusted closes; simple daily returns "
    "formed\n"
    "inside the window (the first return is the second day over the first); sample standard "
    "deviation;\n"
    "252 trading days a year; Sharpe = (mean * 252 - 0.02) / (standard deviation * sqrt(252)); "
    "ratios,\n"
    "not percent; the end date of a question is inclusive; a question without dates means the "
    "last\n"
    "252 trading days up to the as-of date.\n"
    "\n"
    "Answer with the program in one ```python fence. Metric keys:";

static void append_metric_keys(ape__buffer *text)
{
    const ape__metric *m;

    for (size_t i = 0; (m = ape__metric_at(i)) != NULL; i++)
        ape__buffer_printf(text, "%s %s", i ? "," : "", m->key);
    ape__buffer_puts(text, ".\n");
}

static void append_on_one_line(ape__buffer *text, const char *question, size_t size)
{
    size_t start = text->size;

    ape__buffer_append(text, question, size);
    if (text->failed)
        return;
    for (size_t i = start; i < text->size; i++)
        if (text->data[i] == '\n' || text->data[i] == '\r')
            text->data[i] = ' ';
}

static ape_status add(ape_llm_request *request, ape_llm_role role, ape__buffer *text,
                      ape_error *err)
{
    ape_status st = text->failed
                        ? ape__fail_no_memory(err)
                        : ape_llm_request_add_message(request, role, text->data, text->size, err);

    ape__buffer_clear(text);
    return st;
}

ape_status ape__prompt_add(ape_host *host, ape_llm_request *request, const char *question,
                           size_t size, const char *as_of, ape_error *err)
{
    ape__buffer text;
    ape_status st;

    ape__buffer_init(&text, host);
    ape__buffer_puts(&text, system_prompt);
    append_metric_keys(&text);
    st = add(request, APE_LLM_SYSTEM, &text, err);
    if (st != APE_OK)
        return st;
    ape__buffer_printf(&text, "As-of date: %s\nQuestion: ", as_of);
    append_on_one_line(&text, question, size);
    ape__buffer_puts(&text, "\n");
    return add(request, APE_LLM_USER, &text, err);
}
