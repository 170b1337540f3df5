#!/usr/bin/env python3
"""Write the bundled sample prices, data/market/<TICKER>.csv, from the skfolio package.

    scripts/import-sample-data.py skfolio-1.12.2.tar.gz     the package file, sdist or wheel
    scripts/import-sample-data.py                           downloads it with "pip download"
    scripts/import-sample-data.py --check [FILE]            writes nothing; exit 1 if a CSV differs

The figures are copied as text, digit for digit; only their layout changes (one wide table
becomes one file per ticker). The three tables are checked against the SHA-256 below, so a
given version of this script always writes the same bytes. Standard library only.
"""

import argparse
import csv
import gzip
import hashlib
import io
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile

PACKAGE = "skfolio"
VERSION = "1.12.2"
FIRST_DATE = "2014-01-02"

# table inside the package -> SHA-256 of the decompressed text
TABLES = {
    "sp500_dataset.csv.gz": "5f769c6d7be57f62a4dfd1f553995855462a17c92b21a4af4245439c6115617f",
    "sp500_index.csv.gz": "365ea69a33af9f25cfbe31220dcc486ba971dd551d7de8e7ee9644561661efb7",
    "factors_dataset.csv.gz": "65cdc146fd8964af5a68bdd1b385bb9297e6d499ad16ec83ee7bb1930090b8e5",
}
FOLDER = "skfolio/datasets/data/"

# column name -> ticker, where they are not the same
TICKERS = {"SP500": "^GSPC"}


def download(folder):
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
               "--only-binary", ":all:", "--dest", str(folder), f"{PACKAGE}=={VERSION}"]
    subprocess.run(command, check=True)
    return next(pathlib.Path(folder).glob(f"{PACKAGE}-{VERSION}*"))


def members(package):
    """Yield (path inside the package, bytes) for the tables of a wheel or an sdist."""
    if zipfile.is_zipfile(package):
        with zipfile.ZipFile(package) as archive:
            for name in archive.namelist():
                if name.endswith(".csv.gz"):
                    yield name, archive.read(name)
    else:
        with tarfile.open(package) as archive:
            for entry in archive:
                if entry.isfile() and entry.name.endswith(".csv.gz"):
                    yield entry.name, archive.extractfile(entry).read()


def tables(package):
    found = {}
    for name, content in members(package):
        base = name.rsplit("/", 1)[-1]
        if base in TABLES and name.endswith(FOLDER + base):
            text = gzip.decompress(content)
            digest = hashlib.sha256(text).hexdigest()
            if digest != TABLES[base]:
                raise SystemExit(f"{package}: {name} has SHA-256 {digest}, expected "
                                 f"{TABLES[base]}: this is not {PACKAGE} {VERSION}")
            found[base] = text.decode("ascii")
    for base in TABLES:
        if base not in found:
            raise SystemExit(f"{package}: {FOLDER}{base} is missing")
    return [found[base] for base in TABLES]


def columns(text):
    """Yield (ticker, [(date, figure)]) from one wide table."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    header, body = rows[0], rows[1:]
    if header[0] != "Date":
        raise SystemExit(f"first column is {header[0]!r}, expected 'Date'")
    for number, name in enumerate(header[1:], start=1):
        series = [(row[0], row[number]) for row in body if row[0] >= FIRST_DATE]
        dates = [date for date, _ in series]
        if dates != sorted(set(dates)):
            raise SystemExit(f"{name}: the dates are not strictly rising")
        for date, figure in series:
            if not float(figure) > 0:
                raise SystemExit(f"{name}: {date}: {figure!r} is not a price")
        yield TICKERS.get(name, name), series


def render(series):
    lines = ["Date,Adj Close"]
    lines += [f"{date},{figure}" for date, figure in series]
    return ("\n".join(lines) + "\n").encode("ascii")


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("package", nargs="?", help="the downloaded package file (wheel or sdist)")
    parser.add_argument("--out", type=pathlib.Path, default=root / "data" / "market")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        package = pathlib.Path(arguments.package) if arguments.package else download(folder)
        files = {f"{ticker}.csv": (render(series), series)
                 for text in tables(package) for ticker, series in columns(text)}

    if not arguments.check:
        arguments.out.mkdir(parents=True, exist_ok=True)
    differing = []
    for name, (content, series) in sorted(files.items()):
        path = arguments.out / name
        if arguments.check:
            if not path.is_file() or path.read_bytes() != content:
                differing.append(name)
        else:
            path.write_bytes(content)
            print(f"{name}: {len(series)} rows, {series[0][0]} .. {series[-1][0]}")
    if differing:
        print("differs from the package: " + ", ".join(differing), file=sys.stderr)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
