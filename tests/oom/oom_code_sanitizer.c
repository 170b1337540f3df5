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
    /* rules with values, edits in two rounds, and what the question is about */
    "import json\nimport yfinance as yf\n"
    "d = yf.download('MSFT', start='2021-03-01', end='2021-06-30')\n"
    "def sharpe(p):\n    r = p.pct_change()\n    if len(r) == 0:\n        return None\n"
    "    return r.mean() / r.std()\n"
    "print(json.dumps({'sharpe': sharpe(d['Close']), 'days': np.float(d['Close'].count())}))\n",
    "import pandas as pd\nimport yfinance as yf\n"
    "try:\n    h = yf.Ticker('AAPL').history(period='1year')\n"
    "except Exception as e:\n    h = None\n"
    "df = df.dropna(inplace=True)\nh = h.append(h)\nm = h['Adj Close'].resample('ME').last()\n"
    "print(h[h.Close > 1 and h.Close < 2], m.shift(-1), \xef\xbd\x85val('1'))\n",
    "print 'a', \"b\"\nif x\n  y = 1 <> 2\nreturn {'a': f\"{d[\"a\"]}\"}\n",
    "In [1]: x = 1\n   ...: y = 2\nOut[1]: 3\n%time\n!pip install x\n",
    "",
};

static ape_status sanitize(ape_host *host, void *user)
{
    const char *answer = user;
    ape_code_sanitizer_options opts;
    ape_code_sanitizer *sanitizer;
    ape_code_request request;
    ape_sanitized_code *code;
    ape_text *json;
    ape_status st;

    ape_code_sanitizer_options_init(&opts, sizeof(opts));
    opts.unsafe_fixes = 1;
    opts.allow_imports = "statsmodels";
    ape_code_request_init(&request, sizeof(request));
    request.as_of = "2022-12-28";
    request.tickers = "AAPL,KO";
    request.start = "2021-01-04";
    request.end = "2021-12-31";
    st = ape_code_sanitizer_new(host, &opts, &sanitizer, NULL);
    if (st != APE_OK)
        return st;
    st = ape_code_sanitizer_sanitize(sanitizer, answer, strlen(answer), &request, &code, NULL);
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
        char answer[1000];
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
