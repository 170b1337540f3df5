#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Take the standard library, and pandas, numpy, scipy and matplotlib where they are installed,
through the sanitizer: what is right must come out untouched.

    no_harm.py NO_HARM
"""
import os
import subprocess
import sys
import sysconfig

REPAIRED_MAX = 40  # files, of about 3,000: old API in the tests of pandas and numpy


def main():
    folders = [sysconfig.get_paths()["stdlib"]]
    folders += [f"/usr/lib/python3/dist-packages/{name}"
                for name in ("pandas", "numpy", "scipy", "matplotlib")]
    files = sorted({os.path.join(root, name) for folder in folders
                    for root, _, names in os.walk(folder) for name in names if name.endswith(".py")})
    if len(files) < 100:
        print("no standard library to try")
        return 77
    run = subprocess.run([sys.argv[1]], input="\n".join(files), text=True, stdout=subprocess.PIPE)
    print(run.stdout)
    repaired = int(run.stdout.splitlines()[-1].split(";")[1].split()[0])
    return 1 if run.returncode or repaired > REPAIRED_MAX else 0


sys.exit(main())
