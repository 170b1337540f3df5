/* SPDX-License-Identifier: MIT */
#include "orchestrator/sentence.h"

#include <string.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "counting_host.h"

typedef struct said {
    char output[220];
    char question[40];
    char sentence[160];
} said;

ParameterizedTestParameters(sentence, says)
{
    static said cases[] = {
        { "{\"sharpe_ratio\": 1.3398512345678901, \"tickers\": [\"AAPL\"], \"start\": "
          "\"2021-01-04\", \"end\": \"2021-12-31\"}",
          "Sharpe of AAPL", "Sharpe ratio of AAPL from 2021-01-04 to 2021-12-31: 1.33985" },
        { "{\"correlation\": 0.5, \"tickers\": [\"KO\", \"PEP\"]}", "?",
          "Correlation of KO and PEP: 0.5" },
        { "{\"correlation\": 0.5, \"tickers\": [\"KO\", \"PEP\"]}", "Корреляция?",
          "Корреляция: KO и PEP: 0.5" },
        { "{\"beta\": 0.5, \"tickers\": [\"KO\", \"^GSPC\"]}", "?",
          "Beta of KO relative to ^GSPC: 0.5" },
        { "{\"volatility\": NaN, \"tickers\": [\"KO\"]}", "?",
          "Annualised volatility of KO: undefined" },
        { "{\"last_price\": 135.374, \"tickers\": [\"AAPL\"], \"start\": \"2021-06-30\", \"end\": "
          "\"2021-06-30\"}",
          "Last price of AAPL", "Last price of AAPL on 2021-06-30: 135.374" },
        { "{\"metric\": \"ulcer_index\", \"ulcer_index\": 7}", "?", "ulcer index: 7" },
        { "{\"price_low\": 110.5, \"price_base\": 126.25, \"price_high\": 141, \"tickers\": "
          "[\"AAPL\"], \"target_date\": \"2023-01-27\", \"confidence\": 0.8}",
          "Where will AAPL be in 30 days?",
          "Median price forecast of AAPL, 2023-01-27: 126.25 [110.5, 141], confidence 0.8" },
        { "{\"var\": -0.0, \"tickers\": [\"KO\"]}", "?", "One-day value at risk of KO: 0" },
        { "{\"last_price\": 123456789.125}", "?", "Last price: 123456789.12" },
    };

    return cr_make_param_array(said, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(said *c, sentence, says)
{
    counting_host counting;
    ape__facts facts;
    ape__buffer b;
    ape_error err;

    counting_host_init(&counting);
    ape__buffer_init(&b, counting.host);
    cr_assert_eq(ape__gate_check(counting.host, c->output, strlen(c->output), 40000, &facts, &err),
                 APE_OK, "%s", err.message);
    ape__sentence_write(&b, &facts, c->question, strlen(c->question));
    cr_assert_str_eq(b.data, c->sentence);
    ape__facts_clear(&facts);
    ape__buffer_clear(&b);
    counting_host_end_test(&counting);
}
