/* SPDX-License-Identifier: MIT */
#include "store/page.h"

#include <stdio.h>

void ape__page_begin(ape__page *page, ape_host *host, const char *list)
{
    ape__buffer_init(&page->buffer, host);
    ape__json_writer_init(&page->json, &page->buffer);
    if (!list)
        return;
    ape__json_begin_object(&page->json, NULL);
    ape__json_begin_array(&page->json, list);
}

ape_status ape__page_take(void *user, const ape__sql_value *columns, size_t count, ape_error *err)
{
    ape__page *p = user;

    (void)err;
    if (p->count == p->limit) {
        p->more = true;
        return APE_OK;
    }
    p->write_row(&p->json, columns, count);
    p->count++;
    p->last.created_ms = columns[p->created_column].integer;
    snprintf(p->last.id, sizeof(p->last.id), "%s", columns[0].text);
    return APE_OK;
}

void ape__page_end_list(ape__page *page)
{
    char next[APE__CURSOR_SIZE];

    ape__json_end_array(&page->json);
    ape__cursor_write(&page->last, next);
    ape__json_string(&page->json, "next", page->more ? next : NULL);
    ape__json_end_object(&page->json);
}

ape_status ape__page_give(ape__page *page, ape_status st, ape_text **out, ape_error *err)
{
    if (st == APE_OK)
        return ape__buffer_take(&page->buffer, out, err);
    ape__buffer_clear(&page->buffer);
    return st;
}
