/* SPDX-License-Identifier: MIT */
/* What a run can do, and what ends it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "try.h"

/* Nothing after the 5th may be seen on the 5th. */
static const char prices[] = "Date,Open,High,Low,Close,Adj Close,Volume\n"
                             "2021-01-04,10,11,9,10,10,100\n2021-01-05,11,12,10,11,11,200\n"
                             "2021-01-06,12,13,11,12.5,12.5,300\n";

typedef struct program {
    const char *code;
    ape_sandbox_reason reason;
    const char *text;
    uint32_t wall_ms; /* 0: plenty */
    uint32_t cpu_ms;
} program;

static const program programs[] = {
    { "print('hello')", APE_SANDBOX_OK, "hello\n", 0, 0 },
    { "import numpy, pandas\nprint(pandas.Series([1, 2]).sum())", APE_SANDBOX_OK, "3", 0, 0 },
    { "raise ValueError('too bad')", APE_SANDBOX_ERROR, "ValueError: too bad", 0, 0 },
    { "x = 1\nprint(x / 0)", APE_SANDBOX_ERROR, "line 2", 0, 0 },
    { "print('half'", APE_SANDBOX_ERROR, "SyntaxError", 0, 0 },
    { "import sys; sys.exit(0)", APE_SANDBOX_OK, "", 0, 0 },
    { "import sys; sys.exit('no such thing')", APE_SANDBOX_ERROR, "no such thing", 0, 0 },
    { "import os; os._exit(0)", APE_SANDBOX_ERROR, "", 0, 0 },
    { "import socket; socket.create_connection(('127.0.0.1', 80))", APE_SANDBOX_ERROR,
      "PermissionError", 0, 0 },
    { "import urllib.request; urllib.request.urlopen('http://169.254.169.254/')", APE_SANDBOX_ERROR,
      "URLError", 0, 0 },
    { "print(open('/etc/passwd').read())", APE_SANDBOX_ERROR, "Error", 0, 0 },
    { "open('/ape-was-here', 'w')", APE_SANDBOX_ERROR, "Error", 0, 0 },
    { "open('/tmp/ape-was-here', 'w')", APE_SANDBOX_ERROR, "Error", 0, 0 },
    { "import os; os.system('true') and print('no shell')", APE_SANDBOX_OK, "no shell", 0, 0 },
    { "import os; os.fork()", APE_SANDBOX_ERROR, "PermissionError", 0, 0 },
    { "import ctypes; ctypes.CDLL(None).ptrace(0, 0, 0, 0)", APE_SANDBOX_POLICY, "", 0, 0 },
    { "import ctypes; ctypes.string_at(0)", APE_SANDBOX_SIGNAL, "", 0, 0 },
    { "while True: pass", APE_SANDBOX_CPU, "", 0, 200 },
    { "import time; time.sleep(100)", APE_SANDBOX_WALL, "", 300, 0 },
    { "x = bytearray(1 << 40)", APE_SANDBOX_MEMORY, "", 0, 0 },
    { "x = []\nwhile True: x.append('a' * 100000)", APE_SANDBOX_MEMORY, "", 0, 0 },
    { "while True: print('x' * 1000)", APE_SANDBOX_OUTPUT, "xxx", 0, 0 },
    { "import datetime; print(datetime.date.today())", APE_SANDBOX_OK, "2021-01-05", 0, 0 },
    { "import yfinance as yf\nd = yf.download('X', start='2021-01-01', end='2030-01-01')\n"
      "print(list(d.index.strftime('%d')), d['Close']['X'].iloc[-1])",
      APE_SANDBOX_OK, "['04', '05'] 11.0", 0, 0 },
    { "import yfinance as yf\nprint(len(yf.Ticker('X').history(period='max')))", APE_SANDBOX_OK,
      "2\n", 0, 0 },
    { "import yfinance as yf\nd = yf.download('X', start='2021-01-06', end='2021-01-07')\n"
      "print(d.loc['2021-01-06'])",
      APE_SANDBOX_ERROR, "KeyError", 0, 0 },
    { "import yfinance as yf\nprint(yf.download('NOPE').empty)", APE_SANDBOX_OK,
      "possibly delisted", 0, 0 },
    { "import yfinance as yf\nprint(yf.download('../X').empty)", APE_SANDBOX_OK, "True", 0, 0 },
    { "import yfinance as yf\nyf.Ticker('X').info", APE_SANDBOX_ERROR, "NotPointInTimeError", 0,
      0 },
    { "x = bytearray(4 << 20); print(len(x))", APE_SANDBOX_OK, "4194304", 0, 0 },
};

/* Frames of the protocol from a run: it may lie about itself alone, and what it says before its
   end is its end. 0x52554e04 is STANDBY, 05 START, 06 END. */
#define FRAME                                                                                      \
    "import os, struct\nprint('before', flush=True)\ndef frame(*words):\n"                         \
    "    return os.write(3, struct.pack('<' + 'i' * len(words), *words))\n"

static const program imitations[] = {
    { FRAME "frame(0x52554e04, 0, 0)\nwhile True: pass", APE_SANDBOX_ERROR, "before", 0, 0 },
    { FRAME "frame(0x52554e05, 0, 0)\nwhile True: pass", APE_SANDBOX_ERROR, "before", 0, 0 },
    { FRAME "frame(*[0x52554e06] * 100)\nwhile True: pass", APE_SANDBOX_ERROR, "before", 0, 0 },
    { FRAME "os.write(3, b'')\nwhile True: pass", APE_SANDBOX_ERROR, "before", 0, 0 },
    { FRAME "frame(0x52554e06, 0, 7)\nprint('after', flush=True)\nwhile True: pass",
      APE_SANDBOX_ERROR, "before", 0, 0 },
    { FRAME "frame(0x52554e06, 1, 0)\nwhile True: pass", APE_SANDBOX_MEMORY, "before", 0, 0 },
    { FRAME "os.close(3)\nos.close(1)\nos.close(2)\nwhile True: pass", APE_SANDBOX_ERROR, "before",
      0, 0 },
    { FRAME "os.write(4, b'x' * 5000)\nimport yfinance as yf\nyf.download('X')\n"
            "print('served')",
      APE_SANDBOX_ERROR, "before", 0, 0 },
    { "import time\nwhile True: time.sleep(0.01)", APE_SANDBOX_WALL, "", 300, 0 },
};

static void check_programs(ape_sandbox *sandbox)
{
    ape_sandbox_run_options opts;

    ape_sandbox_run_options_init(&opts, sizeof(opts));
    opts.as_of = "2021-01-05";
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        opts.wall_ms = programs[i].wall_ms ? programs[i].wall_ms : 30000;
        opts.cpu_ms = programs[i].cpu_ms ? programs[i].cpu_ms : 20000;
        try_expect(sandbox, programs[i].code, &opts, programs[i].reason, programs[i].text);
    }
}

static void check_imitations(ape_sandbox *sandbox)
{
    ape_sandbox_run_options opts;

    ape_sandbox_run_options_init(&opts, sizeof(opts));
    opts.as_of = "2021-01-05";
    for (size_t i = 0; i < sizeof(imitations) / sizeof(imitations[0]); i++) {
        opts.wall_ms = imitations[i].wall_ms ? imitations[i].wall_ms : 30000;
        try_expect(sandbox, imitations[i].code, &opts, imitations[i].reason, imitations[i].text);
    }
    try_expect(sandbox, "print('the next one')", NULL, APE_SANDBOX_OK, "the next one");
}

static void check_bad_code(ape_sandbox *sandbox)
{
    static char large[(10 << 20) + 1];
    ape_sandbox_result *result;
    ape_error err;

    memset(large, '#', sizeof(large));
    try_check(ape_sandbox_run(sandbox, "", 0, NULL, &result, &err) == APE_ERR_INVALID, "empty code",
              "accepted");
    try_check(ape_sandbox_run(sandbox, large, sizeof(large), NULL, &result, &err) ==
                  APE_ERR_INVALID,
              "10 MB of code", "accepted");
    try_check(ape_sandbox_run(sandbox, "a\0b", 3, NULL, &result, &err) == APE_ERR_INVALID,
              "code with NUL", "accepted");
    try_check(ape_sandbox_run(sandbox, "\xff", 1, NULL, &result, &err) == APE_ERR_INVALID,
              "code that is not UTF-8", "accepted");
}

static void check_bad_limits(ape_sandbox *sandbox)
{
    ape_sandbox_run_options opts;
    ape_sandbox_result *result;
    ape_error err;

    for (int i = 0; i < 10; i++) {
        ape_sandbox_run_options_init(&opts, sizeof(opts));
        opts.wall_ms = i == 0 ? 0 : i == 1 ? 600001 : opts.wall_ms;
        opts.memory_mb = i == 2 ? 15 : i == 3 ? 65537 : opts.memory_mb;
        opts.output_bytes = i == 4 ? 0 : opts.output_bytes;
        opts.as_of = i == 5 ? "2021-02-30" : NULL;
        opts.cpu_ms = i == 6 ? 0 : i == 7 ? UINT32_MAX : opts.cpu_ms;
        opts.memory_mb = i == 8 ? UINT32_MAX : opts.memory_mb;
        opts.output_bytes = i == 9 ? UINT32_MAX : opts.output_bytes;
        try_check(ape_sandbox_run(sandbox, "1", 1, &opts, &result, &err) == APE_ERR_INVALID,
                  "an absurd option", err.message);
    }
}

static void check_json(ape_sandbox *sandbox)
{
    static const char *const parts[] = {
        "\"reason\":\"ok\"", "\"level\":", "\"seccomp\"", "\"as_of\":\"2021-01-06\"",
        "\"symbol\":\"X\"",  "\"rows\":3", "\"pandas\":"
    };
    ape_sandbox_result *result =
        try_run(sandbox, "import yfinance as yf\nyf.download('X', period='max')", NULL);
    ape_text *json;
    ape_error err;

    if (!result)
        return;
    if (ape_sandbox_result_to_json(result, &json, &err) == APE_OK) {
        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
            try_check(strstr(ape_text_data(json), parts[i]), parts[i], ape_text_data(json));
        ape_text_free(json);
    }
    ape_sandbox_result_free(result);
}

/* A program that carries on without the prices it asked for does not count as good. */
static void check_broken_file(void)
{
    static const char code[] = "import yfinance as yf\n"
                               "try: yf.download('BAD')\n"
                               "except Exception: pass\n"
                               "print('{\"sharpe_ratio\": 1}')";
    char folder[32];
    ape_market *market = try_market(folder, "BAD.csv", "Date,Close\n2021-01-04,1\n2021-01-05,?\n");
    ape_sandbox *sandbox = NULL;
    ape_error err;

    if (market && ape_sandbox_new(NULL, market, NULL, &sandbox, &err) != APE_OK)
        try_check(false, "sandbox", err.message);
    if (sandbox) {
        try_expect(sandbox, code, NULL, APE_SANDBOX_ERROR,
                   "BAD.csv: line 3: Close is not a number");
        try_expect(sandbox, "import yfinance as yf\nyf.download('BAD')", NULL, APE_SANDBOX_ERROR,
                   "MarketDataError: BAD.csv: line 3");
    }
    ape_sandbox_free(sandbox);
    ape_market_free(market);
    try_remove(folder);
}

int main(void)
{
    char folder[32];
    ape_market *market = try_market(folder, "X.csv", prices);
    ape_sandbox *sandbox = NULL;
    ape_error err;

    if (ape_sandbox_new(NULL, market, NULL, &sandbox, &err) != APE_OK) {
        try_check(false, "sandbox", err.message);
        return 1;
    }
    ape_market_free(market); /* the sandbox keeps it */
    check_programs(sandbox);
    check_imitations(sandbox);
    check_bad_code(sandbox);
    check_bad_limits(sandbox);
    check_json(sandbox);
    ape_sandbox_free(sandbox);
    check_broken_file();
    try_remove(folder);
    return try_failures ? 1 : 0;
}
