/* SPDX-License-Identifier: MIT */
#ifndef APE_STORE_OPERATION_H
#define APE_STORE_OPERATION_H

#include "core/buffer.h"
#include "store/sql.h"

/*
 * Every write there is. One may be applied again with no other effect, and it can wait as
 * text in the outbox.
 */
typedef enum ape__operation_kind {
    APE__PUT_QUERY,
    APE__PUT_PREDICTION,
    APE__PUT_OUTCOME,
    APE__OPERATION_COUNT
} ape__operation_kind;

enum { APE__OPERATION_VALUES = 12 };

typedef struct ape__operation {
    ape__operation_kind kind;
    size_t count;
    ape__sql_value values[APE__OPERATION_VALUES];
} ape__operation;

enum { APE__OPERATION_ITEMS = 3 };

/** The statements it takes, to be run together; returns how many. They borrow its values. */
size_t ape__operation_items(const ape__operation *operation,
                            ape__sql_item out[APE__OPERATION_ITEMS]);

/** As text: a JSON list. */
void ape__operation_write(const ape__operation *operation, ape__buffer *out);

/** From text. Values live as long as @p memory, to be freed with cJSON_Delete(). */
ape_status ape__operation_read(const char *text, ape__operation *out, void **memory,
                               ape_error *err);

#endif /* APE_STORE_OPERATION_H */
