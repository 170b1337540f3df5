#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Break programs of the standard library in small ways, and ask this interpreter and the
sanitizer's parser about each: what Python rejects must be rejected, what it takes must be taken.

    mutants.py PARSE_FILES COUNT
"""
import io
import os
import random
import subprocess
import sys
import sysconfig
import tokenize
import warnings

warnings.simplefilter("ignore")
MINOR = sys.version_info[1]
FALSE_ACCEPTS_MAX = 0.002  # of the invalid ones
INSERTED = ["(", ")", "[", "]", "{", "}", ":", ",", "=", "==", ".", "*", "**", "not", "in", "if",
            "else", "for", "def", "lambda", "yield", "await", "async", "return", "break", "1", "x",
            "'s'", "b's'", "f'{x}'", ":=", "->", "@", "import", "from", "None", "global", ";", "is"]


def sources():
    folder = sysconfig.get_paths()["stdlib"]
    found = []
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(root, name)
            if name.endswith(".py") and 300 < os.path.getsize(path) < 6000:
                try:
                    with open(path, encoding="utf-8") as file:
                        text = file.read()
                    compile(text, path, "exec", dont_inherit=True)
                    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
                except (SyntaxError, ValueError, tokenize.TokenError):
                    continue
                found.append((text, [t for t in tokens if t.string.strip()]))
    return found


def offsets(text):
    starts = [0, 0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def mutate(rng, text, tokens):
    starts = offsets(text)
    token = rng.choice(tokens)
    start = starts[token.start[0]] + token.start[1]
    end = starts[token.end[0]] + token.end[1]
    how = rng.randrange(8)
    if how == 0:
        return text[:start] + text[end:]
    if how == 1:
        return text[:end] + " " + text[start:end] + text[end:]
    if how == 2:
        other = rng.choice(tokens).string
        return text[:start] + other + text[end:]
    if how == 3:
        return text[:start] + rng.choice(INSERTED) + " " + text[start:]
    if how == 4:
        return text[:start]
    if how == 5:
        line = starts[token.start[0]]
        return text[:line] + rng.choice([" ", "    ", "\t"]) + text[line:]
    if how == 6:
        line = starts[token.start[0]]
        return text[:line] + text[line:].lstrip(" ")
    return text[:start] + rng.choice(INSERTED) + text[end:]


def accepts(text):
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return getattr(error, "lineno", 0) or 0
    except (RecursionError, MemoryError):
        return None
    return -1


def main():
    program, count = sys.argv[1], int(sys.argv[2])
    rng = random.Random(20240701)
    pool = sources()
    if len(pool) < 50:
        print("no standard library to take programs from")
        return 77
    mutants = [mutate(rng, *rng.choice(pool)) for _ in range(count)]
    stream = b"".join(b"%d\n%s" % (len(m), m) for m in (text.encode() for text in mutants))
    answers = subprocess.run([program, str(MINOR), "--stream"], input=stream,
                             stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    invalid = false_accepts = false_rejects = same_line = 0
    for text, answer in zip(mutants, answers):
        wanted = accepts(text)
        if wanted is None:
            continue
        taken = answer.startswith("ok")
        if wanted == -1:
            if not taken:
                false_rejects += 1
                print("REJECTED, but valid:", answer, "\n", text if len(text) < 1500 else "")
            continue
        invalid += 1
        if taken:
            false_accepts += 1
            print(f"TAKEN, but invalid at line {wanted}:",
                  "\n".join(text.splitlines()[max(0, wanted - 2):wanted + 1]))
        else:
            same_line += answer.split()[1] == str(wanted)
    print(f"Python 3.{MINOR}: {len(answers)} mutants, {invalid} invalid; {false_accepts} of them "
          f"taken, {false_rejects} valid ones rejected; error on the same line: "
          f"{100 * same_line / max(1, invalid):.1f} %")
    return 1 if false_rejects or false_accepts > FALSE_ACCEPTS_MAX * invalid else 0


sys.exit(main())
