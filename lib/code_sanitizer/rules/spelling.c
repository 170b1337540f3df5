/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "code_sanitizer/rules/binding.h"

enum { SHORTEST = 5, LONGEST = 60 };

static const char *const builtins[] = {
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BufferError",
    "ConnectionError",
    "DeprecationWarning",
    "EOFError",
    "Ellipsis",
    "Exception",
    "False",
    "FileNotFoundError",
    "FloatingPointError",
    "FutureWarning",
    "GeneratorExit",
    "ImportError",
    "IndexError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NotImplemented",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "RecursionError",
    "RuntimeError",
    "RuntimeWarning",
    "StopIteration",
    "SyntaxError",
    "SystemExit",
    "TimeoutError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UserWarning",
    "ValueError",
    "Warning",
    "ZeroDivisionError",
    "__import__",
    "__name__",
    "aiter",
    "anext",
    "ascii",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "classmethod",
    "compile",
    "complex",
    "delattr",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "input",
    "isinstance",
    "issubclass",
    "locals",
    "memoryview",
    "object",
    "print",
    "property",
    "range",
    "reversed",
    "round",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "super",
    "tuple",
    "__file__",
    "__doc__",
};

static bool is_builtin(ape__name name)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
        if (ape__name_is(name, builtins[i]))
            return true;
    return false;
}

bool ape__is_one_slip(ape__name one, ape__name two)
{
    uint32_t start = 0, left, right;

    while (start < one.size && start < two.size && one.text[start] == two.text[start])
        start++;
    for (left = one.size, right = two.size;
         left > start && right > start && one.text[left - 1] == two.text[right - 1];
         left--, right--)
        ;
    left -= start;
    right -= start;
    if (left + right <= 2 && left <= 1 && right <= 1)
        return left + right > 0;
    return left == 2 && right == 2 && one.text[start] == two.text[start + 1] &&
           one.text[start + 1] == two.text[start];
}

void ape__check_spelling(ape__fixer *f, const ape__node *node)
{
    const ape__named *only = NULL;
    ape__fix *fix;

    if (node->name.size < SHORTEST || node->name.size > LONGEST || is_builtin(node->name))
        return;
    for (uint32_t i = 0; i < f->names.capacity; i++) {
        const ape__named *known = &f->names.table[i];

        if (!known->name.text || (!known->bound && !known->target) ||
            !ape__is_one_slip(node->name, known->name))
            continue;
        if (only)
            return; /* one of two is meant */
        only = known;
    }
    if (!only)
        return;
    fix = ape__fixer_find(f, "APE109", node,
                          ape__fixer_format(f, "the name %.*s is never bound; %.*s is",
                                            (int)node->name.size, node->name.text,
                                            (int)only->name.size, only->name.text));
    ape__fix_replace(fix, node->start, node->end,
                     ape__fixer_format(f, "%.*s", (int)only->name.size, only->name.text));
}
