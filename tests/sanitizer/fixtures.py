#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the programs of the rules' fixtures, as they came and as they were sanitized.

    fixtures.py CORPUS RULES_DOC MARKET SHIM RULES [--write] FILE...

Each rule of RULES_DOC that the expression RULES matches must have five cases in which it finds something and ten that name it in
leaves=. What programs do is compared by value with the lines that stand behind the verdict:

    +++ before raises ValueError       what the raw answer does, where it was changed or rejected
    +++ after prints {"x": 1.5}        what the sanitized program does
    +++ prints {"x": 1.5}              what both do: nothing was changed

A program that came out must not fail, unless its case says run=fails. run=no leaves a case out:
what it needs is not on this machine. What security rejects is not run. --write writes the lines
into the files, to be read before they are committed.

Programs are run by forks of one warm interpreter, with the yfinance of the sandbox on the prices
of MARKET up to 2022-12-28. These have closes only; the other columns are made of them. pyplot, fredapi
and scipy.stats.norm are stand-ins.
"""
import collections
import contextlib
import csv
import io
import json
import math
import os
import pathlib
import re
import signal
import subprocess
import sys
import types
import warnings

FIRES, LEAVES = 5, 10
AS_OF_END = "2022-12-29"
VERSIONS = ("3.11", "1.5", "1.24")
SECURITY = re.compile(r"reject .*APE(7\d\d|316|015)")
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


# What stands in for the sandbox's broker, and for packages.

def read_prices(pandas, market, symbol):
    path = market / (symbol + ".csv")
    if not path.exists():
        return None
    with open(path, encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    index = pandas.DatetimeIndex([row[0] for row in rows], name="Date")
    close = pandas.Series([float(row[1]) for row in rows], index=index)
    before = close.shift(1).fillna(close.iloc[0])
    volume = 1e6 + 1000 * (close * 1000 % 997).round()
    return pandas.DataFrame({
        "Open": before, "High": close.combine(before, max) * 1.01,
        "Low": close.combine(before, min) * 0.99, "Close": close, "Adj Close": close,
        "Volume": volume})


def broker(numpy, pandas, market):
    cache = {}

    def ask(symbol, first, last):
        if symbol not in cache:
            cache[symbol] = read_prices(pandas, market, symbol)
        table = cache[symbol]
        if table is None:
            return None
        day = [pandas.Timestamp(max(d, -100000), unit="D") for d in (first, min(last, 40000))]
        table = table[day[0]:day[1]]
        actions = numpy.array([(18323, 0, 0.25, 0.0)], dtype=[
            ("day", "<i4"), ("pad", "<i4"), ("dividend", "<f8"), ("split", "<f8")])
        days = (table.index - pandas.Timestamp(0)).days.to_numpy().astype("<i4")
        has_action = len(days) and days[0] <= 18323 <= days[-1]
        columns = {title: table[title].to_numpy().copy() for title in table.columns}
        return days, columns, actions[:1 if has_action else 0]
    return ask


def load_shim(path, market):
    import numpy
    import pandas
    shim = types.ModuleType("yfinance")
    exec(compile(path.read_text(encoding="utf-8"), "yfinance.py", "exec"), shim.__dict__)
    history = shim._history

    def until_as_of(symbol, period, start, end, *rest):
        if end is None or str(end)[:10] > AS_OF_END:
            period, end = period or (None if start else "1mo"), AS_OF_END
        return history(symbol, period, start, end, *rest)
    shim._history = until_as_of
    shim._ask = broker(numpy, pandas, market)
    sys.modules["yfinance"] = shim


def no_display(*_):
    raise RuntimeError("no display")


def fred_series(_self, _name, observation_start=None, observation_end=None, **_ignored):
    import pandas
    months = pandas.date_range("1981-01-01", "2022-12-01", freq="MS")
    series = pandas.Series(14.0 - 0.027 * pandas.RangeIndex(len(months)).to_series().values, months)
    return series[observation_start:observation_end]


def load_stand_ins():
    import statistics
    fredapi = types.ModuleType("fredapi")
    fredapi.Fred = type("Fred", (), {"__init__": lambda self, api_key=None: None,
                                     "get_series": fred_series})
    ignored = types.SimpleNamespace(plot=lambda *a, **k: None)
    pyplot = types.ModuleType("matplotlib.pyplot")
    pyplot.__getattr__ = lambda name: no_display if name == "show" else lambda *a, **k: ignored
    pyplot.subplots = lambda *a, **k: (ignored, ignored)
    matplotlib = types.ModuleType("matplotlib")
    matplotlib.pyplot = pyplot
    stats = types.ModuleType("scipy.stats")
    normal = statistics.NormalDist()
    stats.norm = types.SimpleNamespace(ppf=normal.inv_cdf, cdf=normal.cdf)
    scipy = types.ModuleType("scipy")
    scipy.stats = stats
    sys.modules.update({"fredapi": fredapi, "matplotlib": matplotlib, "matplotlib.pyplot": pyplot, "scipy": scipy,
                        "scipy.stats": stats})


# One program in one child.

def execute(text):
    import random
    import numpy
    warnings.simplefilter("ignore")
    random.seed(1)
    numpy.random.seed(1)
    out = io.StringIO()
    error = None
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    sys.stdin = io.StringIO("")
    signal.alarm(120)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            exec(compile(text, "program.py", "exec", dont_inherit=True), main.__dict__)
        except SystemExit as stop:
            error = "SystemExit" if stop.code not in (None, 0) else None
        except BaseException as failure:
            error = type(failure).__name__
    return f"raises {error}" if error else "prints " + out.getvalue().strip().replace("\n", " / ")


def run_in_child(text):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with open(writer, "w", encoding="utf-8") as pipe:
            pipe.write(execute(text)[:300])
            pipe.flush()
            os._exit(0)
    os.close(writer)
    with open(reader, encoding="utf-8") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return said or f"ends with status {status}"


# Cases, and what they should do.

def is_run(case):
    return "run=no" not in case["options"] and not SECURITY.match(case["got"])


def results(case):
    raw = case["raw"].rstrip("\n") + "\n"
    if case["got"].startswith("reject"):
        return {"before": run_in_child(raw)}
    code = case["code"]
    if code.strip() == raw.strip():
        return {"": run_in_child(raw)}
    return {"before": run_in_child(raw), "after": run_in_child(code)}


def lines_of(done):
    return "".join(f"+++ {when + ' ' if when else ''}{what}".rstrip() + "\n"
                   for when, what in done.items())


def close(one, two):
    return math.isclose(float(one), float(two), rel_tol=1e-9, abs_tol=1e-12)


def alike(one, two):
    numbers = NUMBER.findall(one), NUMBER.findall(two)
    return NUMBER.sub("#", one) == NUMBER.sub("#", two) and all(map(close, *numbers))


def complaint(case, done):
    last = done.get("after", done.get(""))
    if last and not last.startswith("prints") and "run=fails" not in case["options"]:
        return "the program that came out fails"
    if not alike(lines_of(done), case["records"]):
        return "it does something else than is written"
    return None


def named(case):
    return set(re.findall(r"APE\d+", "".join(re.findall(r"leaves=(\S+)", case["options"]))))


def check_counts(cases, rules, wanted):
    fires, leaves = collections.Counter(), collections.Counter()
    seen = {}
    short = 0
    for case in cases:
        same = seen.setdefault((case["raw"], case["options"]), case)
        if same is not case:
            print(f"{case['file']}: {case['title']}: the same program as {same['title']}")
            short += 1
        for rule in case["got"].split()[1:]:
            fires[rule] += 1
        for rule in named(case):
            leaves[rule] += 1
    for rule in filter(re.compile(wanted).match, rules):
        if fires[rule] < FIRES or leaves[rule] < LEAVES:
            print(f"{rule}: {fires[rule]} cases that it finds, {leaves[rule]} that it leaves alone; "
                  f"{FIRES} and {LEAVES} are wanted")
            short += 1
    return short


def run_share(cases, pipe):
    for number, case in cases:
        pipe.write(json.dumps([number, results(case)]) + "\n")
    pipe.flush()


def run_all(cases):
    """Results by place, from as many workers as there are processors."""
    chosen = [(i, case) for i, case in enumerate(cases) if is_run(case)]
    workers = min(os.cpu_count() or 1, 8)
    readers = []
    for worker in range(workers):
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.close(reader)
            with open(writer, "w", encoding="utf-8") as pipe:
                run_share(chosen[worker::workers], pipe)
            os._exit(0)
        os.close(writer)
        readers.append(reader)
    done = {}
    for reader in readers:
        with open(reader, encoding="utf-8") as pipe:
            done.update(json.loads(line) for line in pipe)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return done


def write_records(path, done):
    """The file with the lines of each case, in their order, written anew."""
    out, number = [], -1
    for line in path.read_bytes().decode("utf-8").split("\n"):
        if line.startswith("+++ "):
            continue
        out.append(line)
        if line.startswith("--- "):
            number += 1
            out += done.get(number, "").splitlines()
    path.write_bytes("\n".join(out).encode("utf-8"))


def can_run():
    try:
        import numpy
        import pandas
    except ImportError:
        return "numpy and pandas are not here"
    found = (sys.version, pandas.__version__, numpy.__version__)
    if any(not have.startswith(want + ".") for have, want in zip(found, VERSIONS)):
        return "the values are those of Python %s, pandas %s, numpy %s" % VERSIONS
    return None


def main():
    corpus, doc, market, shim, wanted = sys.argv[1:6]
    writing = "--write" in sys.argv
    files = [name for name in sys.argv[6:] if name != "--write"]
    emitted = subprocess.run([corpus, "--emit", *files], stdout=subprocess.PIPE, check=True)
    cases = [json.loads(line) for line in emitted.stdout.decode("utf-8").splitlines()]
    rules = re.findall(r"^### (APE\d+)", pathlib.Path(doc).read_text(encoding="utf-8"), re.M)
    failures = 0 if writing else check_counts(cases, rules, wanted)
    obstacle = can_run()
    if obstacle:
        print("not run:", obstacle)
        return 1 if failures else 77
    load_stand_ins()
    load_shim(pathlib.Path(shim), pathlib.Path(market))
    done = run_all(cases)
    if writing:
        for name in files:
            own = [i for i, case in enumerate(cases) if case["file"] == name]
            write_records(pathlib.Path(name),
                          {i - own[0]: lines_of(done[i]) for i in own if i in done})
    for i, what in done.items():
        why = complaint(dict(cases[i], records=lines_of(what)) if writing else cases[i], what)
        if why:
            failures += 1
            print(f"{cases[i]['file']}: {cases[i]['title']}: {why}\n{lines_of(what)}"
                  f"{'' if writing else 'written:' + chr(10) + cases[i]['records']}")
    print(f"{len(cases)} cases, {len(done)} run, {failures} failures")
    return 1 if failures else 0


sys.exit(main())
