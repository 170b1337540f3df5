# SPDX-License-Identifier: MIT
"""The warm interpreter that runs are forked from. It never sees a run: not its code, not its
prices, not its output. What stands here is executed before the first fork; main() below the
call of ape_rt_serve() belongs to the child alone."""
import atexit
import builtins
import contextlib
import ctypes
import gc
import io
import json
import linecache
import os
import random
import sys
import traceback
import types

import numpy
import pandas

CODE_FD, MODULES_FD = 5, 6
PROGRAM_NAME = "program.py"


def add_module(name, fd):
    """A module from a descriptor: in a private root there is no file to import it from."""
    with open(fd, "rb") as source:
        text = source.read()
    module = types.ModuleType(name)
    module.__file__ = name + ".py"
    sys.modules[name] = module
    exec(compile(text, name + ".py", "exec"), module.__dict__)


def use_numpy():
    numpy.linalg.svd(numpy.eye(3))
    numpy.corrcoef(numpy.arange(5.0), numpy.arange(5.0) ** 2)
    yield numpy.random.default_rng(1).normal(size=3)


def use_prices():
    """The broker does not exist yet, so something answers in its place."""
    module = sys.modules["yfinance"]
    days = pandas.bdate_range("2020-01-01", periods=300).asi8 // 86400 // 10 ** 9
    no_actions = numpy.zeros(0, dtype=[("day", "<i4"), ("dividend", "<f8"), ("split", "<f8")])
    ask, module._ask = module._ask, lambda *request: (
        days.astype("<i4"),
        {title: numpy.linspace(1.0, 2.0, 300) for title in module._COLUMNS}, no_actions)
    try:
        yield days
        flat = module.download("X", start="2020-01-01", end="2021-01-01", multi_level_index=False)
        yield flat["Close"].dropna()
        both = module.download(["X", "Y"], start="2020-01-01", end="2021-01-01")["Close"]
        yield both["X"]
        yield both.pct_change().dropna().corr()
        yield module.Ticker("X").history(period="1y")
    finally:
        module._ask = ask


def use_returns():
    days = pandas.bdate_range("2020-01-01", periods=300, name="Date")
    close = pandas.Series(numpy.linspace(1.0, 2.0, 300), index=days, name="X")
    yield close
    returns = close.pct_change().dropna()
    yield returns.mean() / returns.std(ddof=1)
    yield (1 + returns).cumprod().cummax().min(), (close / close.cummax() - 1).min()
    yield returns.cov(returns), returns.corr(returns)
    yield returns.quantile(0.05), returns[returns < 0].std()
    yield close.index[0].strftime("%Y-%m-%d")
    yield pandas.Timestamp("2020-01-01") + pandas.DateOffset(days=1)
    yield compile("x = 1\nif x:\n    y = {'a': [x], 'b': f'{x:.2f}'}\n", "x", "exec")
    yield json.loads(json.dumps({"a": 1.5, "b": None, "c": "x"}, allow_nan=False))


def use_windows():
    close = next(use_returns())
    yield close.rolling(20).mean().iloc[-1], close.ewm(span=5, adjust=False).mean().iloc[-1]
    yield close.diff().clip(lower=0).ewm(alpha=0.1, adjust=False).mean().iloc[-1]
    yield close.resample("M").last().iloc[-1], close.loc["2020-02":"2020-06"].diff().iloc[-1]


def use_frames():
    close = next(use_returns())
    table = close.to_frame()
    yield str(table.head()), repr(table["X"].head()), table.head().to_dict()
    yield pandas.concat({"a": close, "b": close}, axis=1).dropna()
    yield table.describe(), table.reindex(table.index[::-1]).sort_index().ffill()
    yield pandas.read_csv(io.StringIO("Date,Close\n2020-01-01,1\n"), parse_dates=["Date"],
                          index_col=0)


# What programs do, done before they come, in small steps: modules that are imported late are in
# place then. The zygote does it once; a child does it again while it waits, for its pages to
# become its own, and stops as soon as its run is there.
USES = [use_prices, use_returns, use_numpy, use_windows, use_frames]


def wait_usefully():
    for use in USES:
        with contextlib.closing(use()) as steps:
            for _ in steps:
                if runtime.ape_rt_wanted():
                    return


def read_program():
    with open(CODE_FD, "rb") as source:
        return source.read()


def prepare_run():
    random.seed(random.SystemRandom().getrandbits(64))
    numpy.random.seed(random.SystemRandom().getrandbits(32))
    sys.stdin = io.TextIOWrapper(open(0, "rb"), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(open(1, "wb"), encoding="utf-8", errors="backslashreplace")
    sys.stderr = io.TextIOWrapper(open(2, "wb"), encoding="utf-8", errors="backslashreplace",
                                  line_buffering=True)
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
    sys.argv = [PROGRAM_NAME]


def show_exception():
    kind, value, trace = sys.exc_info()
    while trace and trace.tb_frame.f_code.co_filename == "<ape-vee>":
        trace = trace.tb_next
    traceback.print_exception(kind, value, trace)


def execute(source):
    """Run a program as __main__; its exit code."""
    main = types.ModuleType("__main__")
    main.__builtins__ = builtins
    sys.modules["__main__"] = main
    try:
        text = source.decode("utf-8")
        linecache.cache[PROGRAM_NAME] = (len(text), None, text.splitlines(True), PROGRAM_NAME)
        exec(compile(text, PROGRAM_NAME, "exec", dont_inherit=True), main.__dict__)
        return 0
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            return (stop.code or 0) & 0xff
        print(stop.code, file=sys.stderr)
    except BaseException:
        show_exception()
    return 1


def leave(code):
    """Nothing that was printed may be lost: an output that cannot be flushed is a failure."""
    try:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        code = code or 1
    runtime.ape_rt_end(code)


def main():
    runtime.ape_rt_start()
    source = read_program()
    prepare_run()
    leave(execute(source))


sys.path[:] = [path for path in sys.path if path]
sys.dont_write_bytecode = True
runtime = ctypes.PyDLL(None)
for function in ("ape_rt_ready", "ape_rt_serve", "ape_rt_wanted", "ape_rt_start",
                 "ape_rt_end"):
    getattr(runtime, function)
add_module("yfinance", MODULES_FD)
for use in USES:
    for _ in use():
        pass
if runtime.ape_rt_ready(sys.version.split()[0].encode(), numpy.__version__.encode(),
                        pandas.__version__.encode()) != 0:
    sys.exit("the supervisor has gone")
for name in ("LD_PRELOAD", "APE_VEE_LEVEL", "APE_VEE_PATHS"):
    os.environ.pop(name, None)
gc.collect()
gc.freeze()
runtime.ape_rt_serve()
if not runtime.ape_rt_wanted():
    wait_usefully()
main()
