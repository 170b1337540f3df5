/* SPDX-License-Identifier: MIT */
#include "llm_client/prices.h"

#include <math.h>
#include <string.h>

#include "core/file.h"

enum { FILE_LIMIT = 1 << 20, MOST_ROWS = 10000 };

static bool read_price(const cJSON *row, const char *name, double *out)
{
    return ape__json_get_number(row, name, out) && *out >= 0 && *out < 1e6;
}

static bool read_row(const cJSON *row, ape__llm_price *out)
{
    const char *model = ape__json_get_string(row, "model");

    if (!model || !*model || strlen(model) >= sizeof(out->model))
        return false;
    memcpy(out->model, model, strlen(model) + 1);
    return read_price(row, "input", &out->input) && read_price(row, "output", &out->output) &&
           read_price(row, "cache_read", &out->cache_read) &&
           read_price(row, "cache_write", &out->cache_write);
}

static ape_status read_rows(ape_host *host, const char *path, const cJSON *root,
                            ape__llm_prices *out, ape_error *err)
{
    const cJSON *models = ape__json_get_array(root, "models"), *row;
    const char *date = ape__json_get_string(root, "date");
    int count = cJSON_GetArraySize(models);

    if (!date || strlen(date) >= sizeof(out->date) || !models || count < 1 || count > MOST_ROWS)
        return ape__fail(err, APE_ERR_FORMAT, "%s is no table of prices: it wants date and models",
                         path);
    out->rows = ape__alloc_array(host, (size_t)count, sizeof(*out->rows));
    if (!out->rows)
        return ape__fail_no_memory(err);
    out->count = (size_t)count;
    memcpy(out->date, date, strlen(date) + 1);
    count = 0;
    cJSON_ArrayForEach(row, models)
    {
        if (!read_row(row, &out->rows[count++]))
            return ape__fail(err, APE_ERR_FORMAT,
                             "%s: row %d wants model, input, cache_read, cache_write and output",
                             path, count);
    }
    return APE_OK;
}

ape_status ape__llm_prices_read(ape_host *host, const char *path, ape__llm_prices *out,
                                ape_error *err)
{
    ape__buffer text;
    cJSON *root;
    ape_status st;

    memset(out, 0, sizeof(*out));
    ape__buffer_init(&text, host);
    st = ape__file_read(&text, path, FILE_LIMIT, err);
    if (st == APE_OK)
        st = ape__json_parse(text.data ? text.data : "", text.size, &root, NULL);
    if (st == APE_ERR_FORMAT)
        ape__fail(err, st, "%s is no JSON", path);
    if (st == APE_OK) {
        st = read_rows(host, path, root, out, err);
        cJSON_Delete(root);
    }
    ape__buffer_clear(&text);
    if (st != APE_OK)
        ape__llm_prices_clear(host, out);
    return st;
}

void ape__llm_prices_clear(ape_host *host, ape__llm_prices *prices)
{
    if (prices->rows)
        ape__free(host, prices->rows, prices->count * sizeof(*prices->rows));
    prices->rows = NULL;
    prices->count = 0;
}

/* The longest name that is the model's, or its beginning up to a date. */
const ape__llm_price *ape__llm_price_find(const ape__llm_prices *prices, const char *model)
{
    const ape__llm_price *best = NULL;
    size_t best_size = 0;

    for (size_t i = 0; i < prices->count; i++) {
        const char *name = prices->rows[i].model;
        size_t size = strlen(name);

        if (size > best_size && strncmp(model, name, size) == 0 &&
            (model[size] == '\0' ||
             (model[size] == '-' && model[size + 1] >= '0' && model[size + 1] <= '9'))) {
            best = &prices->rows[i];
            best_size = size;
        }
    }
    return best;
}

int64_t ape__llm_cost(const ape__llm_prices *prices, const char *model, const ape__llm_usage *usage)
{
    const ape__llm_price *p = ape__llm_price_find(prices, model);

    if (!p || usage->input < 0 || usage->output < 0)
        return -1;
    /* Dollars for a million are millionths of a dollar for one. */
    return llround((double)usage->input * p->input + (double)usage->output * p->output +
                   (usage->cache_read > 0 ? (double)usage->cache_read * p->cache_read : 0) +
                   (usage->cache_write > 0 ? (double)usage->cache_write * p->cache_write : 0));
}
