/* SPDX-License-Identifier: MIT */
#ifndef APE_STORE_PAGE_H
#define APE_STORE_PAGE_H

#include "store/fields.h"
#include "store/store.h"

/** Rows of one kind as JSON, as many as were asked for, and where the next page goes on. */
typedef struct ape__page {
    ape__buffer buffer;
    ape__json_writer json;
    /** One row as a JSON object. */
    void (*write_row)(ape__json_writer *writer, const ape__sql_value *columns, size_t count);
    size_t created_column; /* of the time in the cursor; its id is the first */
    uint32_t limit;
    uint32_t count;
    ape__cursor last;
    bool more;
} ape__page;

/** Begin a page; its limit and write_row are set. With @p list, {list: [. */
void ape__page_begin(ape__page *page, ape_host *host, const char *list);

/** For ape__store_read(): takes a row as long as there is room. */
ape_status ape__page_take(void *page, const ape__sql_value *columns, size_t count, ape_error *err);

/** Close the list, and say where the next page begins. */
void ape__page_end_list(ape__page *page);

/** The page as a text if @p st is APE_OK; else it is thrown away. */
ape_status ape__page_give(ape__page *page, ape_status st, ape_text **out, ape_error *err);

#endif /* APE_STORE_PAGE_H */
