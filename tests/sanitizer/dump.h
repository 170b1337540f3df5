/* SPDX-License-Identifier: MIT */
#ifndef APE_TESTS_SANITIZER_DUMP_H
#define APE_TESTS_SANITIZER_DUMP_H

#include "code_sanitizer/python/parser.h"
#include "core/buffer.h"

/** Write a tree as text, in the order of the fields of Python's ast module;
 *  conformance.py writes the same from Python's own trees. */
void dump_tree(ape__buffer *out, const char *text, size_t size, int minor, const ape__node *module);

#endif /* APE_TESTS_SANITIZER_DUMP_H */
