#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare the sanitizer's parser with this interpreter's own, on the standard library and whatever
folders are named: the same files accepted, and, from Python 3.10 on, the same tree for each.

    conformance.py PARSE_FILES [--show FILE] [FOLDER ...]
"""
import ast
import hashlib
import io
import os
import re
import subprocess
import sys
import sysconfig
import tokenize
import warnings

warnings.simplefilter("ignore")
sys.setrecursionlimit(20000)
MINOR = sys.version_info[1]
OPS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
       ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<",
       ast.RShift: ">>", ast.Pow: "**", ast.UAdd: "+", ast.USub: "-", ast.Invert: "~",
       ast.Not: "not", ast.And: "and", ast.Or: "or"}
COMPARISONS = [ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot, ast.In,
               ast.NotIn]
SKIPPED = {"ctx", "kind", "type_comment", "type_ignores"}


class Dumper:
    def __init__(self, source):
        self.source = source
        self.lines = [0]
        for found in re.finditer(rb"\r\n|\r|\n", source):
            self.lines.append(found.end())
        self.out = io.BytesIO()
        self.in_fstring = 0

    def put(self, text):
        self.out.write(text.encode("utf-8", "surrogatepass"))

    def name(self, text):
        if not text:
            self.put("-")
            self.put(" ")
            return
        self.put(text + " ")

    def list(self, nodes):
        self.put("[")
        for node in nodes:
            self.node(node)
        self.put("]")

    def offset(self, line, column):
        return self.lines[line - 1] + column

    def head(self, node):
        self.put(type(node).__name__)
        if hasattr(node, "lineno") and not self.in_fstring:
            self.put(f"@{node.lineno}:{node.col_offset}-{node.end_lineno}:{node.end_col_offset}")
        self.put("(")

    def constant(self, value, node):
        if isinstance(value, (str, bytes)):
            self.put("b" if isinstance(value, bytes) else "s")
            part = self.source[self.offset(node.lineno, node.col_offset):
                               self.offset(node.end_lineno, node.end_col_offset)]
            if b"\\N" in part:
                self.put("?")
                return
            data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
            self.put(f"{len(data)}:")
            self.out.write(data)
        else:
            self.put(str(value) if value is None or isinstance(value, bool) else
                     "Ellipsis" if value is ... else type(value).__name__)

    def arg(self, node, default):
        if node is None:
            self.put("-")
            return
        self.head(node)
        self.name(node.arg)
        self.node(node.annotation)
        self.put(")")
        self.node(default)

    def args(self, nodes, defaults):
        self.put("[")
        for node, default in zip(nodes, defaults):
            self.arg(node, default)
        self.put("]")

    def arguments(self, node):
        plain = node.posonlyargs + node.args
        defaults = [None] * (len(plain) - len(node.defaults)) + node.defaults
        count = len(node.posonlyargs)
        self.put("arguments(")
        self.args(node.posonlyargs, defaults[:count])
        self.args(node.args, defaults[count:])
        self.arg(node.vararg, None)
        self.args(node.kwonlyargs, node.kw_defaults)
        self.arg(node.kwarg, None)
        self.put(")")

    def joined(self, node):
        self.in_fstring += MINOR < 12
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.put("{")
                self.node(part.value)
                self.put(str(part.conversion))
                if part.format_spec:
                    self.joined(part.format_spec)
                self.put("}")
        self.in_fstring -= MINOR < 12

    def match_class(self, node):
        self.node(node.cls)
        self.list(node.patterns)
        for name in node.kwd_attrs:
            self.name(name)
        for pattern in node.kwd_patterns:
            self.node(pattern)

    def field(self, node, name, value):
        if name == "module" or name in ("id", "attr", "arg", "name", "asname", "rest"):
            if isinstance(value, ast.AST):
                self.node(value)
            else:
                self.name(value or "")
        elif name == "names" and isinstance(node, (ast.Global, ast.Nonlocal)):
            for item in value:
                self.name(item)
        elif name == "op":
            self.put(OPS[type(value)])
        elif name == "ops":
            self.put("".join(f"{COMPARISONS.index(type(o))}," for o in value))
        elif isinstance(value, list):
            self.list(value)
        elif value is None or isinstance(value, ast.AST):
            self.node(value)
        else:
            self.put(str(value))

    def node(self, node):
        if node is None:
            self.put("-")
            return
        if isinstance(node, ast.arguments):
            self.arguments(node)
            return
        self.head(node)
        if isinstance(node, (ast.Constant, getattr(ast, "MatchSingleton", ast.Constant))):
            self.constant(node.value, node)
        elif isinstance(node, ast.JoinedStr):
            self.joined(node)
        elif type(node).__name__ == "MatchClass":
            self.match_class(node)
        else:
            for name in node._fields:
                if name not in SKIPPED:
                    self.field(node, name, getattr(node, name, None))
        self.put(")")


def own_result(path):
    """("ok", dump) or ("error", message), or None if the file is no UTF-8."""
    with open(path, "rb") as file:
        return own_result_of(file.read())


def own_result_of(source):
    if source.startswith(b"\xef\xbb\xbf"):
        source = source[3:]
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError:
        return None
    try:
        tree = ast.parse(text)
        compile(text, "text", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return ("error", f"{getattr(error, 'lineno', 0)} {error}")
    except (RecursionError, MemoryError):
        return None
    dumper = Dumper(source)
    dumper.list(tree.body)
    return ("ok", dumper.out.getvalue())


def python_files(folders):
    for folder in folders:
        for root, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if name.endswith(".py") and "site-packages" not in root:
                    yield os.path.join(root, name)


def main():
    program = sys.argv[1]
    arguments = sys.argv[2:]
    if arguments[:1] == ["--show"]:
        theirs = subprocess.run([program, str(MINOR), "--text"], input=arguments[1], text=True,
                                stdout=subprocess.PIPE).stdout
        kind, ours = own_result(arguments[1])
        ours = ours if isinstance(ours, str) else ours.decode("utf-8", "replace")
        theirs = theirs[3:]
        for i, (a, b) in enumerate(zip(theirs, ours)):
            if a != b:
                print("theirs:", theirs[max(0, i - 300):i + 100], "\nours:  ", ours[max(0, i - 300):i + 100])
                break
        return 0
    folders = arguments or [sysconfig.get_paths()["stdlib"]]
    files = list(python_files(folders))
    if len(files) < 100:
        print("no standard library to compare with")
        return 77
    found = subprocess.run([program, str(MINOR)], input="\n".join(files), text=True,
                           stdout=subprocess.PIPE, check=True).stdout.splitlines()
    counts = {"same": 0, "skipped": 0}
    wrong = []
    for path, line in zip(files, found):
        wanted = own_result(path)
        if wanted is None:
            counts["skipped"] += 1
            continue
        kind, _, rest = line.partition(" ")
        if kind != wanted[0]:
            wrong.append(f"{path}: Python says {wanted[0]} {wanted[1][:80]!r}, the parser {line[:100]}")
        elif kind == "ok" and MINOR >= 10 and rest != hashlib.sha256(wanted[1]).hexdigest():
            wrong.append(f"{path}: another tree")
        else:
            counts["same"] += 1
    print(f"Python 3.{MINOR}: {len(files)} files, {counts['same']} the same, "
          f"{counts['skipped']} not UTF-8 or too deep for Python, {len(wrong)} differ")
    print("\n".join(wrong))
    return 1 if wrong or len(found) != len(files) else 0


if __name__ == "__main__":
    sys.exit(main())
