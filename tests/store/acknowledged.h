/* SPDX-License-Identifier: MIT */
#ifndef APE_TESTS_ACKNOWLEDGED_H
#define APE_TESTS_ACKNOWLEDGED_H

#include <ape/store.h>

#include "store/sql.h"

#include "servers.h"

/* Predictions of writers that number what they write, and the proof that all of it is there. */

/** Open a store over SQLite, or over @p postgres if it is not NULL. */
ape_store *acknowledged_open(const char *folder, const test_server *postgres);

/** Write prediction @p number of @p writer; its id says both. True once acknowledged. */
bool acknowledged_put(ape_store *store, int writer, int number, ape_store_place *place);

/**
 * Every number from 0 to acknowledged[w] - 1 of each writer is in the database, once, and in the
 * order of its writing. Ends the test if not. @return rows of these writers.
 */
long acknowledged_verify(const char *folder, const test_server *postgres, const int *acknowledged,
                         int writers);

#endif /* APE_TESTS_ACKNOWLEDGED_H */
