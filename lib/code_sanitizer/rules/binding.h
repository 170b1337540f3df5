/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_BINDING_H
#define APE_CODE_SANITIZER_BINDING_H

#include "code_sanitizer/fixer.h"

/* One letter too many, one too few, another one, or two in the wrong order. */
bool ape__is_one_slip(ape__name one, ape__name two);

/* A name that nothing binds, and one like it that something does. */
void ape__check_spelling(ape__fixer *f, const ape__node *name);

/* A variable by the name of a module or of a builtin that is wanted later. */
void ape__check_shadow(ape__fixer *f, const ape__node *node);

/* Names that only some ways through a body bind; of a MODULE or FUNCTION. */
void ape__check_unbound(ape__fixer *f, const ape__node *body);

/* Functions that are defined and never called; output that only "__main__" gives. */
void ape__check_entry(ape__fixer *f);

/* Programs that may not end: loops, recursion, sleep. */
void ape__check_endless(ape__fixer *f, const ape__node *node);

#endif /* APE_CODE_SANITIZER_BINDING_H */
