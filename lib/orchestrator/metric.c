/* SPDX-License-Identifier: MIT */
#include "orchestrator/metric.h"

#include <float.h>
#include <string.h>

/*
 * Bounds are what mathematics allows; the sum of squares behind a correlation
 * may be off by a rounding. Ratios above a million come from a divisor that is
 * zero but for rounding: they are no result.
 */
#define LARGEST_RATIO 1e6
#define ROUNDING 1e-12
#define SMALLEST_PRICE DBL_MIN

static const ape__metric metrics[] = {
    { "sharpe_ratio", "Sharpe ratio", "Коэффициент Шарпа", "ratio", -LARGEST_RATIO, LARGEST_RATIO },
    { "sortino_ratio", "Sortino ratio", "Коэффициент Сортино", "ratio", -LARGEST_RATIO,
      LARGEST_RATIO },
    { "volatility", "annualised volatility", "Годовая волатильность", "ratio", 0, LARGEST_RATIO },
    { "beta", "beta", "Бета", "ratio", -LARGEST_RATIO, LARGEST_RATIO },
    { "correlation", "correlation", "Корреляция", "ratio", -1 - ROUNDING, 1 + ROUNDING },
    { "max_drawdown", "maximum drawdown", "Максимальная просадка", "ratio", -1, 0 },
    { "cagr", "compound annual growth rate", "Среднегодовой темп роста", "ratio", -1,
      LARGEST_RATIO },
    { "total_return", "total return", "Полная доходность", "ratio", -1, LARGEST_RATIO },
    { "var", "one-day value at risk", "Однодневный VaR", "ratio", -LARGEST_RATIO, 1 },
    { "cvar", "one-day conditional value at risk", "Однодневный CVaR", "ratio", -LARGEST_RATIO, 1 },
    { "sma", "simple moving average", "Простая скользящая средняя", "price", SMALLEST_PRICE,
      DBL_MAX },
    { "ema", "exponential moving average", "Экспоненциальная скользящая средняя", "price",
      SMALLEST_PRICE, DBL_MAX },
    { "rsi", "relative strength index", "Индекс относительной силы", "index", 0, 100 },
    { "last_price", "last price", "Последняя цена", "price", SMALLEST_PRICE, DBL_MAX },
    { "high_52w", "52-week high", "Максимум за 52 недели", "price", SMALLEST_PRICE, DBL_MAX },
    { "low_52w", "52-week low", "Минимум за 52 недели", "price", SMALLEST_PRICE, DBL_MAX },
    { "price_low", "lower bound of the price", "Нижняя граница цены", "price", SMALLEST_PRICE,
      DBL_MAX },
    { "price_base", "median price", "Медианная цена", "price", SMALLEST_PRICE, DBL_MAX },
    { "price_high", "upper bound of the price", "Верхняя граница цены", "price", SMALLEST_PRICE,
      DBL_MAX },
};

const ape__metric *ape__metric_at(size_t i)
{
    return i < sizeof(metrics) / sizeof(metrics[0]) ? &metrics[i] : NULL;
}

const ape__metric *ape__metric_find(const char *key)
{
    const ape__metric *m;

    for (size_t i = 0; (m = ape__metric_at(i)) != NULL; i++)
        if (strcmp(m->key, key) == 0)
            return m;
    return NULL;
}
