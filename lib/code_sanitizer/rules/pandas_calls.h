/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_PANDAS_CALLS_H
#define APE_CODE_SANITIZER_PANDAS_CALLS_H

#include "code_sanitizer/fixer.h"

/* Calls of methods, as the rules for pandas see them. */

/** True for "x.name(...)". */
bool ape__is_method(const ape__node *call, const char *name);

/** A frame or a series, surely. */
bool ape__is_pandas(const ape__node *node);

/** A frame, surely. */
bool ape__is_frame(const ape__node *node);

/** Another name for the method of a call; NULL for the fix does nothing. */
void ape__rename_method(ape__fix *fix, const ape__node *call, const char *name);

/* Ways to fill gaps that are gone, or that fill them with a word. */
void ape__check_fill(ape__fixer *f, const ape__node *call);

/* Methods and arguments that newer versions call otherwise. */
void ape__check_renamed(ape__fixer *f, const ape__node *call);

/* Arguments by names that do not exist. */
void ape__check_arguments(ape__fixer *f, const ape__node *call);

#endif /* APE_CODE_SANITIZER_PANDAS_CALLS_H */
