#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write lib/code_sanitizer/rules/arguments_table.inc: the arguments that functions of pandas,
numpy and yfinance take by name, in any of the versions looked at.

    generate-argument-table.py --dump >OLD.json      under each interpreter that has such packages
    generate-argument-table.py OLD.json NEW.json...  joins the dumps and writes the table

A function that takes any argument in one of the versions has no row, unless it is known what its
**kwargs are good for. A function that is in none of the dumps has no row either.
"""
import datetime
import importlib
import inspect
import json
import pathlib
import re
import sys

# Of frames and series; those of one kind only are methods of that kind.
METHODS = """agg all any apply applymap asfreq astype autocorr between bfill clip corr corrwith count
cov cummax cummin cumprod cumsum describe diff div drop drop_duplicates dropna ewm expanding ffill
fillna groupby head idxmax idxmin interpolate join kurt max mean median melt merge min nlargest
nsmallest nunique pct_change pivot_table prod quantile rank reindex rename replace resample
reset_index rolling round sample sem set_index shift skew sort_index sort_values std sub sum tail
to_csv to_dict to_frame to_json to_list to_numpy to_string tz_convert tz_localize unstack
value_counts var where""".split()
OF_WINDOWS = "mean std var sum min max median quantile skew kurt corr cov count".split()
FUNCTIONS = """pandas.DataFrame pandas.Series pandas.concat pandas.cut pandas.date_range
pandas.bdate_range pandas.get_dummies pandas.isna pandas.merge pandas.notna pandas.qcut
pandas.to_datetime pandas.to_numeric pandas.to_timedelta pandas.period_range
numpy.arange numpy.argmax numpy.argmin numpy.argsort numpy.array numpy.asarray numpy.average
numpy.clip numpy.concatenate numpy.convolve numpy.corrcoef numpy.cov numpy.cumprod numpy.cumsum
numpy.diff numpy.dot numpy.full numpy.histogram numpy.interp numpy.linspace numpy.max numpy.mean
numpy.median numpy.min numpy.nanmean numpy.nanpercentile numpy.nanstd numpy.nanvar numpy.ones
numpy.percentile numpy.polyfit numpy.polyval numpy.prod numpy.quantile numpy.random.choice
numpy.random.normal numpy.random.randint numpy.random.uniform numpy.random.standard_normal
numpy.round numpy.std numpy.sum numpy.var numpy.where numpy.zeros numpy.linalg.inv
numpy.linalg.lstsq numpy.linalg.solve yfinance.download yfinance.Ticker""".split()

# What **kwargs are handed on to, and what that takes.
HANDED_ON = {"pct_change": ["freq", "axis", "fill_value", "suffix"],
             "date_range": ["closed", "inclusive"], "bdate_range": ["closed", "inclusive"],
             "history": """period interval start end prepost actions auto_adjust back_adjust repair
                 keepna rounding timeout raise_errors""".split(),
             "clip": ["where", "dtype", "casting", "order", "subok", "signature", "keepdims"],
             "quantile": ["q", "quantile", "numeric_only", "axis"]}
# What **kwargs of reductions may hold: the arguments of numpy's, which are checked and ignored.
OF_NUMPY = "axis dtype out keepdims initial where overwrite_input".split()
REDUCES = """all any count cummax cummin cumprod cumsum idxmax idxmin kurt max mean median min prod sem
skew std sum var round""".split()
# Taken by versions of yfinance that are not looked at.
ONCE = {"yfinance.download": ["as_panel", "show_errors", "proxy"],
        "yfinance.Ticker": ["proxy"],
        "ticker.history": ["proxy", "debug", "many", "tz"]}


def from_doc(function):
    """Arguments by the first line of the text, as "normal(loc=0.0, scale=1.0, size=None)"."""
    found = re.search(r"\A\s*[\w.]+\(([^()]*(?:\(\)[^()]*)*)\)", function.__doc__ or "")
    if not found:
        return None
    names = [part.split("=")[0].strip().strip("[]*") for part in found[1].split(",")]
    return [name for name in names if name.isidentifier()]


def arguments(function, method):
    """Names, None for one that takes any."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return from_doc(function)
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    if any(p.kind == p.VAR_KEYWORD for p in parameters):
        if method not in REDUCES and method not in HANDED_ON:
            return None
        names += HANDED_ON.get(method, OF_NUMPY)
    return [name for name in names if name != "self"]


def owners():
    import pandas
    import yfinance
    series = pandas.Series([1.0], index=pandas.DatetimeIndex(["2021-01-04"]))
    windows = [series.rolling(1), series.expanding(), series.ewm(1), series.resample("D"),
               series.to_frame().rolling(1), series.to_frame().resample("D")]
    yield "table", METHODS, [pandas.DataFrame, pandas.Series, pandas.Index, pandas.DatetimeIndex]
    yield "window", OF_WINDOWS, list(map(type, windows))
    yield "ticker", ["history"], [yfinance.Ticker]


def dump():
    found = {}
    for prefix, methods, classes in owners():
        for method in methods:
            found[f"{prefix}.{method}"] = [arguments(getattr(c, method), method) for c in classes
                                           if hasattr(c, method)]
    for dotted in FUNCTIONS:
        module, name = dotted.rsplit(".", 1)
        function = getattr(importlib.import_module(module), name, None)
        found[dotted] = [arguments(function, name)] if function else []
    versions = {name: importlib.import_module(name).__version__
                for name in ("pandas", "numpy", "yfinance")}
    json.dump({"versions": versions, "arguments": found}, sys.stdout)


def rows(dumps):
    for key in sorted(set().union(*(d["arguments"] for d in dumps))):
        lists = [names for d in dumps for names in d["arguments"].get(key, [])]
        if lists and None not in lists:
            yield key, sorted(set(ONCE.get(key, [])).union(*lists))


def write(dumps):
    versions = [" ".join(f"{n} {v}" for n, v in d["versions"].items()) for d in dumps]
    lines = ["/* SPDX-License-Identifier: MIT */",
             f"/* Made by scripts/generate-argument-table.py on {datetime.date.today()} from",
             *(f" * {v}" for v in versions), " */"]
    for key, names in rows(dumps):
        lines.append(f'{{ "{key}",')
        line = '  "'
        for name in names:
            if len(line) + len(name) > 96:
                lines.append(line + '"')
                line = '  "'
            line += " " + name
        lines.append(line + ' " },')
    out = pathlib.Path(__file__).parent.parent / "lib/code_sanitizer/rules/arguments_table.inc"
    out.write_text("\n".join(lines + [""]))
    print(out, file=sys.stderr)


if sys.argv[1:] == ["--dump"]:
    dump()
elif len(sys.argv) > 1:
    write([json.loads(pathlib.Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]])
else:
    sys.exit(__doc__)
