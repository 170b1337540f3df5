#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every character that a name may hold, alone and with marks behind it: the parser must compare
names in the same normal form as this interpreter.

    names.py PARSE_FILES NFKC_TABLE
"""
import hashlib
import pathlib
import random
import re
import subprocess
import sys
import unicodedata

from conformance import MINOR, own_result_of

MARKED = 20000


def names():
    rng = random.Random(7)
    every = [chr(c) for c in range(0x80, 0x110000)
             if not 0xD800 <= c < 0xE000 and ("a" + chr(c)).isidentifier()]
    marks = [c for c in every if unicodedata.combining(c) or 0x1160 <= ord(c) < 0x1200]
    yield from ("a" + c for c in every)
    for _ in range(MARKED):
        name = rng.choice(every) + "".join(rng.choice(marks) for _ in range(rng.randrange(1, 5)))
        yield name if name.isidentifier() else "a" + name


def main():
    program = sys.argv[1]
    made_from = re.search(r"from Unicode ([\d.]+)\.", pathlib.Path(sys.argv[2]).read_text()).group(1)
    same_unicode = made_from == unicodedata.unidata_version
    texts = [name.encode() for name in names()]
    stream = b"".join(b"%d\n%s" % (len(text), text) for text in texts)
    found = subprocess.run([program, str(MINOR), "--stream"], input=stream, stdout=subprocess.PIPE,
                           check=True).stdout.decode().splitlines()
    wrong = unknown = 0
    for text, line in zip(texts, found):
        kind, dump = own_result_of(text)
        if line.startswith("error") and kind == "ok" and not same_unicode:
            unknown += 1  # a character of another version of Unicode
        elif line != f"ok {hashlib.sha256(dump).hexdigest()}":
            wrong += 1
            print(ascii(text.decode()), line)
    print(f"{len(texts)} names, {wrong} differ, {unknown} of another Unicode than {made_from}")
    return 1 if wrong or len(found) != len(texts) else 0


sys.exit(main())
