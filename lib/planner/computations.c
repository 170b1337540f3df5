/* SPDX-License-Identifier: MIT */
#include "planner/computations.h"

#define YEAR APE__PLAN_USES_YEAR
#define RATE APE__PLAN_USES_RATE
#define CONFIDENCE APE__PLAN_USES_CONFIDENCE
#define WINDOW APE__PLAN_USES_WINDOW
#define NUMPY APE__PLAN_USES_NUMPY
#define FORECAST APE__PLAN_USES_FORECAST

static const ape__plan_computation computations[APE__PLAN_METRIC_COUNT] = {
    [APE__PLAN_SHARPE_RATIO] = {
        YEAR | RATE | NUMPY,
        "returns = close.pct_change().dropna()\n"
        "volatility = returns.std(ddof=1) * np.sqrt(TRADING_DAYS)\n"
        "excess_return = returns.mean() * TRADING_DAYS - RISK_FREE_RATE\n"
        "sharpe_ratio = float(excess_return / volatility) if volatility > 0 else None\n",
        "    \"risk_free_rate\": RISK_FREE_RATE,\n"
        "    \"mean_daily_return\": float(returns.mean()),\n"
        "    \"annual_volatility\": float(volatility),\n"
        "    \"observations\": len(returns),\n",
    },
    [APE__PLAN_SORTINO_RATIO] = {
        YEAR | RATE | NUMPY,
        "returns = close.pct_change().dropna()\n"
        "# Downside deviation: root mean square of the losses, taken over all days.\n"
        "downside = np.sqrt((returns.clip(upper=0) ** 2).mean()) * np.sqrt(TRADING_DAYS)\n"
        "excess_return = returns.mean() * TRADING_DAYS - RISK_FREE_RATE\n"
        "sortino_ratio = float(excess_return / downside) if downside > 0 else None\n",
        "    \"risk_free_rate\": RISK_FREE_RATE,\n"
        "    \"mean_daily_return\": float(returns.mean()),\n"
        "    \"annual_downside_deviation\": float(downside),\n"
        "    \"observations\": len(returns),\n",
    },
    [APE__PLAN_VOLATILITY] = {
        YEAR | NUMPY,
        "returns = close.pct_change().dropna()\n"
        "volatility = float(returns.std(ddof=1) * np.sqrt(TRADING_DAYS))\n",
        "    \"daily_deviation\": float(returns.std(ddof=1)),\n"
        "    \"observations\": len(returns),\n",
    },
    [APE__PLAN_BETA] = {
        0,
        "returns = close.pct_change().dropna()\n"
        "asset, benchmark = (returns[ticker] for ticker in TICKERS)\n"
        "variance = benchmark.var(ddof=1)\n"
        "beta = float(asset.cov(benchmark) / variance) if variance > 0 else None\n",
        "    \"benchmark\": TICKERS[1],\n"
        "    \"observations\": len(returns),\n",
    },
    [APE__PLAN_CORRELATION] = {
        0,
        "returns = close.pct_change().dropna()\n"
        "first, second = (returns[ticker] for ticker in TICKERS)\n"
        "moves = first.std(ddof=1) > 0 and second.std(ddof=1) > 0\n"
        "correlation = float(first.corr(second)) if moves else None\n",
        "    \"observations\": len(returns),\n",
    },
    [APE__PLAN_MAX_DRAWDOWN] = {
        0,
        "drawdown = close / close.cummax() - 1\n"
        "max_drawdown = float(drawdown.min())\n"
        "trough = drawdown.idxmin()\n"
        "peak = close[:trough].idxmax()\n",
        "    \"peak_date\": peak.strftime(\"%Y-%m-%d\"),\n"
        "    \"trough_date\": trough.strftime(\"%Y-%m-%d\"),\n"
        "    \"observations\": len(close),\n",
    },
    [APE__PLAN_CAGR] = {
        0,
        "years = (close.index[-1] - close.index[0]).days / 365.25\n"
        "cagr = float((close.iloc[-1] / close.iloc[0]) ** (1 / years) - 1)\n",
        "    \"years\": years,\n"
        "    \"first_close\": float(close.iloc[0]),\n"
        "    \"last_close\": float(close.iloc[-1]),\n",
    },
    [APE__PLAN_TOTAL_RETURN] = {
        0,
        "total_return = float(close.iloc[-1] / close.iloc[0] - 1)\n",
        "    \"first_close\": float(close.iloc[0]),\n"
        "    \"last_close\": float(close.iloc[-1]),\n",
    },
    [APE__PLAN_VAR] = {
        CONFIDENCE | NUMPY,
        "returns = close.pct_change().dropna()\n"
        "# Historical one-day value at risk, a loss as a positive number.\n"
        "var = float(-np.quantile(returns, 1 - CONFIDENCE))\n",
        "    \"confidence\": CONFIDENCE,\n"
        "    \"observations\": len(returns),\n",
    },
    [APE__PLAN_CVAR] = {
        CONFIDENCE | NUMPY,
        "returns = close.pct_change().dropna()\n"
        "# The mean of the one-day losses that are at least the value at risk.\n"
        "threshold = np.quantile(returns, 1 - CONFIDENCE)\n"
        "tail = returns[returns <= threshold]\n"
        "cvar = float(-tail.mean())\n",
        "    \"confidence\": CONFIDENCE,\n"
        "    \"value_at_risk\": float(-threshold),\n"
        "    \"tail_observations\": len(tail),\n"
        "    \"observations\": len(returns),\n",
    },
    [APE__PLAN_SMA] = {
        WINDOW,
        "sma = float(close.mean())\n",
        "    \"window\": WINDOW,\n"
        "    \"last_close\": float(close.iloc[-1]),\n",
    },
    [APE__PLAN_EMA] = {
        WINDOW,
        "ema = float(close.ewm(span=WINDOW, adjust=False).mean().iloc[-1])\n",
        "    \"window\": WINDOW,\n"
        "    \"last_close\": float(close.iloc[-1]),\n",
    },
    [APE__PLAN_RSI] = {
        WINDOW,
        "change = close.diff().dropna()\n"
        "# Wilder's smoothing of the gains and of the losses.\n"
        "gain = change.clip(lower=0).ewm(alpha=1 / WINDOW, adjust=False).mean().iloc[-1]\n"
        "loss = (-change).clip(lower=0).ewm(alpha=1 / WINDOW, adjust=False).mean().iloc[-1]\n"
        "rsi = float(100 * gain / (gain + loss)) if gain + loss > 0 else None\n",
        "    \"window\": WINDOW,\n"
        "    \"last_close\": float(close.iloc[-1]),\n",
    },
    [APE__PLAN_LAST_PRICE] = {
        0,
        "last_price = float(close.iloc[-1])\n",
        "",
    },
    [APE__PLAN_HIGH_52W] = {
        0,
        "high_52w = float(close.max())\n",
        "    \"high_date\": close.idxmax().strftime(\"%Y-%m-%d\"),\n"
        "    \"last_close\": float(close.iloc[-1]),\n",
    },
    [APE__PLAN_LOW_52W] = {
        0,
        "low_52w = float(close.min())\n",
        "    \"low_date\": close.idxmin().strftime(\"%Y-%m-%d\"),\n"
        "    \"last_close\": float(close.iloc[-1]),\n",
    },
    [APE__PLAN_FORECAST] = {
        FORECAST | NUMPY,
        "# Trading days until the target date, counted as weekdays.\n"
        "last_day = close.index[-1].date()\n"
        "target_day = pd.Timestamp(TARGET_DATE).date()\n"
        "horizon = max(1, int(np.busday_count(last_day, target_day)))\n"
        "\n"
        "# Block bootstrap: paths drawn from the returns in blocks, which keeps what\n"
        "# neighbouring days have in common.\n"
        "log_returns = np.log(close / close.shift(1)).dropna().to_numpy()\n"
        "rng = np.random.default_rng(SEED)\n"
        "blocks = -(-horizon // BLOCK)\n"
        "starts = rng.integers(0, len(log_returns) - BLOCK + 1, size=(PATHS, blocks))\n"
        "days = starts[:, :, np.newaxis] + np.arange(BLOCK)\n"
        "paths = log_returns[days].reshape(PATHS, -1)[:, :horizon]\n"
        "final_prices = close.iloc[-1] * np.exp(paths.sum(axis=1))\n"
        "tail = (1 - CONFIDENCE) / 2\n"
        "price_low, price_base, price_high = (\n"
        "    float(price) for price in np.quantile(final_prices, [tail, 0.5, 1 - tail])\n"
        ")\n",
        "    \"price_low\": price_low,\n"
        "    \"price_high\": price_high,\n"
        "    \"confidence\": CONFIDENCE,\n"
        "    \"ticker\": TICKER,\n"
        "    \"as_of\": END,\n"
        "    \"target_date\": TARGET_DATE,\n"
        "    \"horizon_trading_days\": horizon,\n"
        "    \"last_close\": float(close.iloc[-1]),\n",
    },
};

const ape__plan_computation *ape__plan_computation_get(ape__plan_metric metric)
{
    return &computations[metric];
}
