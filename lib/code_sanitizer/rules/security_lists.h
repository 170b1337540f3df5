/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_SECURITY_LISTS_H
#define APE_CODE_SANITIZER_SECURITY_LISTS_H

#include <stdbool.h>
#include <stddef.h>

/* Lists of names, ended by NULL. */
extern const char *const ape__allowed_modules[];
extern const char *const ape__inner_modules[]; /* dotted, allowed as a whole */
extern const char *const ape__denied_parts[];  /* of a chain on a module */
extern const char *const ape__harmless_dunders[];
extern const char *const ape__frame_attributes[];
extern const char *const ape__allowed_sys[];
extern const char *const ape__file_methods[]; /* write a file, always */
extern const char *const ape__text_methods[]; /* write a file, or return text */

bool ape__list_has(const char *const *list, const char *text, size_t size);

/** True if a module's attribute is one of its insides: pandas.core. */
bool ape__is_inside(const char *module, size_t module_size, const char *part, size_t size);

typedef struct ape__denied_module {
    const char *name, *rule, *message;
} ape__denied_module;

/** Why a module must not be imported; NULL if nothing is known against it. */
const ape__denied_module *ape__denied_module_find(const char *name, size_t size);

typedef struct ape__denied_call {
    const char *name, *rule, *message;
} ape__denied_call;

/** Why a function, by its dotted name, must not be used; NULL if it may. */
const ape__denied_call *ape__denied_call_find(const char *dotted);

#endif /* APE_CODE_SANITIZER_SECURITY_LISTS_H */
