#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Take the standard library, and Debian's pandas, numpy, scipy and matplotlib where they are
installed, through the sanitizer: what is right must come out untouched.

    no_harm.py NO_HARM

Every rule that repairs something there has been looked at, and stands below with where it may and
why that is right; any other repair fails.
"""
import collections
import fnmatch
import os
import re
import subprocess
import sys
import sysconfig

LIBRARIES = "/usr/lib/python3/dist-packages"
# rule: files in which it may repair something, and why it is right there
EXPECTED = {
    "APE104": (["numpy/distutils/command/__init__.py"],
               "np.NA() in a test that nobody runs: np is really never imported there"),
    "APE304": (["pandas/tests/*/methods/test_append.py"],
               "tests of append() itself; pd.concat() gives the same frame or series"),
    "APE305": (["pandas/tests/*/test_api.py"],
               "tests of iteritems() itself; items() gives the same pairs"),
    "APE306": (["pandas/tests/arrays/test_datetimes.py", "pandas/tests/extension/base/missing.py",
                "pandas/tests/frame/methods/test_*.py", "pandas/tests/groupby/transform/*.py",
                "pandas/tests/resample/test_*.py", "pandas/tests/series/methods/test_*.py",
                "pandas/tests/window/test_ewm.py"],
               "fillna(method=) on a literal frame or series: ffill() and bfill() are the same"),
    "APE409": (["numpy/ma/tests/test_extras.py"],
               "tests that corrcoef() ignores ddof= and bias=: without them it gives the same"),
    "APE506": (["matplotlib/tests/test_backend*.py", "matplotlib/tests/tinypages/range*.py",
                "pandas/util/_doctools.py", "scipy/optimize/_shgo_lib/triangulation.py",
                "scipy/special/_precompute/*.py"],
               "plt.show() of a figure for somebody to look at: the rule is about just that"),
}


def python_files():
    folders = [sysconfig.get_paths()["stdlib"]]
    folders += [os.path.join(LIBRARIES, name) for name in ("pandas", "numpy", "scipy", "matplotlib")]
    return sorted(os.path.join(root, name) for folder in folders
                  for root, _, names in os.walk(folder) for name in names
                  if name.endswith(".py") and "site-packages" not in root)


def unexpected(line):
    """The rule and file of a repair; None for one that stands in the table."""
    found = re.match(r"(\S+):\d+: (APE\d+) ", line)
    if not found:
        return None
    path, rule = os.path.relpath(found.group(1), LIBRARIES), found.group(2)
    patterns = EXPECTED.get(rule, ([], ""))[0]
    return None if any(fnmatch.fnmatch(path, pattern) for pattern in patterns) else (rule, path)


def main():
    files = python_files()
    if len(files) < 100:
        print("no standard library to try")
        return 77
    run = subprocess.run([sys.argv[1]], input="\n".join(files), text=True, stdout=subprocess.PIPE)
    lines = run.stdout.splitlines()
    surprises = collections.Counter(filter(None, map(unexpected, lines)))
    print("\n".join(line for line in lines if not re.search(r": APE\d+ ", line)))
    for (rule, path), count in sorted(surprises.items()):
        print(f"{rule} repairs {path} in {count} places: look at it, and mend the rule or note why")
    return 1 if run.returncode or surprises else 0


sys.exit(main())
