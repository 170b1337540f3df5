/* SPDX-License-Identifier: MIT */
#ifndef APE_LLM_CLIENT_PRICES_H
#define APE_LLM_CLIENT_PRICES_H

#include "llm_client/reply.h"

/** US dollars for a million tokens, by model. */
typedef struct ape__llm_price {
    char model[64];
    double input;
    double cache_read;
    double cache_write;
    double output;
} ape__llm_price;

typedef struct ape__llm_prices {
    ape__llm_price *rows;
    size_t count;
    char date[16]; /* of the table */
} ape__llm_prices;

/**
 * Read a table of prices; see data/llm-prices.json.
 *
 * @return APE_OK; APE_ERR_NOT_FOUND, APE_ERR_IO; APE_ERR_FORMAT for a file that is
 *         no such table (the message says where); APE_ERR_NO_MEMORY.
 */
ape_status ape__llm_prices_read(ape_host *host, const char *path, ape__llm_prices *out,
                                ape_error *err);
void ape__llm_prices_clear(ape_host *host, ape__llm_prices *prices);

/** The price of a model, or of the one that it is a dated version of; NULL: not known. */
const ape__llm_price *ape__llm_price_find(const ape__llm_prices *prices, const char *model);

/** Millionths of a dollar; -1 where the model's price or a count is unknown. */
int64_t ape__llm_cost(const ape__llm_prices *prices, const char *model,
                      const ape__llm_usage *usage);

#endif /* APE_LLM_CLIENT_PRICES_H */
