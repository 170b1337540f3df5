/* SPDX-License-Identifier: MIT */
#include "orchestrator/gate.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "counting_host.h"

static counting_host counting;

static void setup(void)
{
    counting_host_init(&counting);
}

static void teardown(void)
{
    counting_host_end_test(&counting);
}

TestSuite(gate, .init = setup, .fini = teardown);

static ape_status check(const char *output, size_t size, ape__facts *facts, ape_error *err)
{
    ape__date as_of;

    cr_assert(ape__date_parse("2022-12-28", 10, &as_of));
    return ape__gate_check(counting.host, output, size, as_of, facts, err);
}

typedef struct passing {
    char output[200];
    char metric[24];
    double value; /* -99: undefined */
} passing;

ParameterizedTestParameters(gate, lets_pass)
{
    static passing cases[] = {
        { "{\"metric\": \"sharpe_ratio\", \"sharpe_ratio\": 1.36}\n", "sharpe_ratio", 1.36 },
        { " {\"beta\": 0.3814, \"observations\": 252}", "beta", 0.3814 },
        { "{\"sharpe_ratio\": NaN}", "sharpe_ratio", -99 },
        { "{\"sharpe_ratio\": -Infinity, \"note\": \"NaN \\\" Infinity\"}", "sharpe_ratio", -99 },
        { "{\"metric\": \"cagr\", \"cagr\": null}", "cagr", -99 },
        { "{\"metric\": \"cagr\", \"cagr\": 1e999}", "cagr", -99 },
        { "{\"metric\": \"ulcer_index\", \"ulcer_index\": 7}", "ulcer_index", 7 },
        { "{\"price_low\": 1, \"price_base\": 2, \"price_high\": 3}", "price_base", 2 },
        { "{\"correlation\": 1.0000000000000002}", "correlation", 1.0000000000000002 },
        { "{\"rsi\": 55, \"tickers\": [\"BRK-B\", \"^GSPC\"], \"start\": \"2021-01-04\", "
          "\"end\": \"2022-12-28\"}",
          "rsi", 55 },
        { "{\"rsi\": 55, \"window\": 14, \"method\": \"Wilder, 14 days, 2021-01-04\"}", "rsi", 55 },
        { "{\"metric\": \"high_52w\", \"high_52w\": 3}", "high_52w", 3 },
        { "{\"sma\": 3, \"values\": [1, null, \"x\", true]}", "sma", 3 },
    };

    return cr_make_param_array(passing, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(passing *c, gate, lets_pass)
{
    ape__facts facts;
    ape_error err;

    cr_assert_eq(check(c->output, strlen(c->output), &facts, &err), APE_OK, "%s", err.message);
    cr_assert_str_eq(facts.metric, c->metric);
    cr_assert_eq(facts.defined, c->value != -99);
    if (facts.defined)
        cr_assert_eq(facts.value, c->value);
    ape__facts_clear(&facts);
}

typedef struct stopped {
    char output[160];
    char says[48];
    ape_status status;
} stopped;

ParameterizedTestParameters(gate, stops)
{
    static stopped cases[] = {
        { "", "one JSON object", APE_ERR_FORMAT },
        { "1.36", "not another value", APE_ERR_FORMAT },
        { "[1]", "not another value", APE_ERR_FORMAT },
        { "Sharpe: 1.36", "one JSON object", APE_ERR_FORMAT },
        { "{\"beta\": 1} {\"beta\": 1}", "one JSON object", APE_ERR_FORMAT },
        { "loading\n{\"beta\": 1}", "one JSON object", APE_ERR_FORMAT },
        { "{'beta': 1}", "one JSON object", APE_ERR_FORMAT },
        { "{\"beta\": 1\xff}", "UTF-8", APE_ERR_FORMAT },
        { "{}", "name the key", APE_ERR_FORMAT },
        { "{\"beta\": 1, \"rsi\": 2}", "name the key", APE_ERR_FORMAT },
        { "{\"metric\": \"beta\", \"rsi\": 2}", "\"beta\" must be there", APE_ERR_FORMAT },
        { "{\"beta\": \"1\"}", "\"beta\" must be there", APE_ERR_FORMAT },
        { "{\"Beta\": 1}", "not snake_case", APE_ERR_FORMAT },
        { "{\"beta\": 1, \"beta\": 2}", "appears twice", APE_ERR_FORMAT },
        { "{\"beta\": 1, \"x\": {\"y\": 1}}", "a list of them", APE_ERR_FORMAT },
        { "{\"beta\": 1, \"x\": [[1]]}", "a list of them", APE_ERR_FORMAT },
        { "{\"beta\": 1, \"tickers\": \"KO\"}", "list of symbols", APE_ERR_FORMAT },
        { "{\"beta\": 1, \"tickers\": [\"KO is 60\"]}", "list of symbols", APE_ERR_FORMAT },
        { "{\"beta\": 1, \"start\": \"January\"}", "must be a date", APE_ERR_FORMAT },
        { "{\"beta\": 1, \"note\": \"it will rise to 300\"}", "no value", APE_ERR_FORMAT },
        { "{\"beta\": 1, \"note\": [\"about 0.9\"]}", "no value", APE_ERR_FORMAT },
        { "{\"correlation\": 1.1}", "correlation cannot be 1.1", APE_ERR_REFUSED },
        { "{\"volatility\": -0.1}", "volatility cannot be -0.1", APE_ERR_REFUSED },
        { "{\"last_price\": 0}", "last_price cannot be 0", APE_ERR_REFUSED },
        { "{\"max_drawdown\": 0.2}", "max_drawdown cannot", APE_ERR_REFUSED },
        { "{\"rsi\": 101}", "rsi cannot", APE_ERR_REFUSED },
        { "{\"sharpe_ratio\": 6.8e15}", "sharpe_ratio cannot", APE_ERR_REFUSED },
        { "{\"metric\": \"beta\", \"beta\": 1, \"correlation\": -2}", "correlation cannot",
          APE_ERR_REFUSED },
        { "{\"price_low\": 3, \"price_base\": 2, \"price_high\": 4}", "not in order",
          APE_ERR_REFUSED },
        { "{\"beta\": 1, \"start\": \"2021-02-01\", \"end\": \"2021-01-01\"}", "after",
          APE_ERR_REFUSED },
        { "{\"beta\": 1, \"end\": \"2022-12-29\"}", "beyond the as-of", APE_ERR_REFUSED },
    };

    return cr_make_param_array(stopped, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(stopped *c, gate, stops)
{
    ape__facts facts;
    ape_error err;

    cr_assert_eq(check(c->output, strlen(c->output), &facts, &err), c->status, "%s", c->output);
    cr_assert_not_null(strstr(err.message, c->says), "%s", err.message);
}

Test(gate, nul_and_depth_are_stopped)
{
    char deep[6000];
    ape__facts facts;

    cr_assert_eq(check("{\"beta\": 1}\0", 12, &facts, NULL), APE_ERR_FORMAT);
    memset(deep, '[', sizeof(deep));
    cr_assert_eq(check(deep, sizeof(deep), &facts, NULL), APE_ERR_FORMAT);
}
