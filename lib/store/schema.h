/* SPDX-License-Identifier: MIT */
#ifndef APE_STORE_SCHEMA_H
#define APE_STORE_SCHEMA_H

#include <stddef.h>

/*
 * Steps that lead from an empty database to today's, one a release that changed the schema.
 * A step, once released, is never edited: add one.
 */
extern const char *const ape__schema_sqlite[];
extern const char *const ape__schema_postgres[];
extern const char *const ape__schema_outbox[];
extern const size_t ape__schema_size;
extern const size_t ape__schema_outbox_size;

#endif /* APE_STORE_SCHEMA_H */
