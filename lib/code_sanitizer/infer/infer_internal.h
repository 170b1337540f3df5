/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_INFER_INTERNAL_H
#define APE_CODE_SANITIZER_INFER_INTERNAL_H

#include "code_sanitizer/infer/infer.h"

typedef struct ape__binding {
    ape__name name;
    const ape__value *value;
} ape__binding;

/* The names of one function or of the module. */
typedef struct ape__env {
    struct ape__env *outer;
    ape__binding *items;
    uint32_t count, capacity;
    bool dead; /* nothing behind a return or raise is reached */
    const ape__value *returned;
} ape__env;

/* Bounds on the work: steps altogether, calls within calls. */
enum { APE__INFER_STEPS_MAX = 400000, APE__INFER_CALLS_MAX = 4 };

struct ape__infer {
    ape__arena *arena;
    ape__env *env;
    uint32_t steps;
    uint32_t calls;
    uint32_t in_handler; /* of exceptions, or where a frame is empty */
    uint32_t in_guard;   /* try with ZeroDivisionError, np.errstate */
    struct ape__guard {
        struct ape__guard *next;
        const ape__node *test;
    } * guards; /* expressions that were tested */
};

static inline bool ape__infer_exhausted(const ape__infer *in)
{
    return in->steps > APE__INFER_STEPS_MAX || in->arena->failed;
}

const ape__value *ape__infer_lookup(ape__infer *in, ape__name name);
void ape__infer_bind(ape__infer *in, ape__name name, const ape__value *value);
void ape__infer_assign(ape__infer *in, ape__node *target, const ape__value *value);

/* A dict or list of that name holds something more. NULL: nobody knows what. */
void ape__infer_put_into(ape__infer *in, const ape__node *container, uint32_t origin,
                         const ape__value *item);

/* A fresh value, to be filled in. */
ape__value *ape__infer_new(ape__infer *in, ape__kind kind, uint32_t origin);
ape__value *ape__infer_copy(ape__infer *in, const ape__value *value);

const ape__value *ape__infer_expression(ape__infer *in, ape__node *node);
const ape__value *ape__infer_call(ape__infer *in, ape__node *node);
const ape__value *ape__infer_method(ape__infer *in, ape__node *node, const ape__value *receiver,
                                    ape__name method);
const ape__value *ape__infer_attribute(ape__infer *in, ape__node *node);
const ape__value *ape__infer_subscript(ape__infer *in, ape__node *node);
const ape__value *ape__infer_call_function(ape__infer *in, ape__node *call, ape__node *function);
void ape__infer_body(ape__infer *in, const ape__nodes *body);

/* Note what happened to the calls that a value is made of. */
void ape__infer_mark(const ape__value *value, uint32_t mark);
/* A value was used where one number, or plain data, must stand. */
void ape__infer_needs_scalar(const ape__value *value);
/* A value went where it is not followed. */
void ape__infer_escapes(const ape__value *value);

#endif /* APE_CODE_SANITIZER_INFER_INTERNAL_H */
