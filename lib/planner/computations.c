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
        "peak = close.loc[:trough].idxmax()\n",
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
        "tomorrow = close.index[-1] + pd.Timedelta(days=1)\n"
        "horizon = max(1, len(pd.bdate_range(tomorrow, TARGET_DATE)))\n"
        "needed = SAMPLE + horizon + 20 * STEP\n"
        "if len(close) < needed:\n"
        "    raise SystemExit(\n"
        "        f\"only {len(close)} prices for {TICKER} from {START} to {END}, \"\n"
        "        f\"at least {needed} are needed to forecast {horizon} trading days\"\n"
        "    )\n"
        "\n"
        "# Block bootstrap: a path is made of blocks of neighbouring daily returns.\n"
        "lengths = [min(BLOCK, horizon - day) for day in range(0, horizon, BLOCK)]\n"
        "rng = np.random.default_rng(SEED)\n"
        "starts = rng.integers(0, SAMPLE - BLOCK + 1, size=(PATHS, len(lengths)))\n"
        "log_price = np.log(close.to_numpy())\n"
        "tail = (1 - CONFIDENCE) / 2\n"
        "\n"
        "\n"
        "def corridor(day):\n"
        "    \"\"\"Low, base and high log return over the horizon, from the SAMPLE returns before.\"\"\"\n"
        "    past = log_price[day - SAMPLE : day + 1]\n"
        "    paths = (past[starts + lengths] - past[starts]).sum(axis=1)\n"
        "    drift = horizon * (past[-1] - past[0]) / SAMPLE\n"
        "    return np.quantile(paths, [tail, 0.5, 1 - tail]) - (1 - KEPT_DRIFT) * drift\n"
        "\n"
        "\n"
        "# How wrong the same forecast would have been in the past: 1 is the corridor's edge.\n"
        "last = len(log_price) - 1\n"
        "errors = []\n"
        "for day in range(last - horizon, SAMPLE - 1, -STEP):\n"
        "    low, base, high = corridor(day)\n"
        "    miss = log_price[day + horizon] - log_price[day] - base\n"
        "    width = high - base if miss > 0 else base - low\n"
        "    errors.append(abs(miss) / width if width > 0 else np.inf)\n"
        "\n"
        "# Conformal calibration: scale the corridor so that it would have held CONFIDENCE of them.\n"
        "rank = min(len(errors), int(np.ceil((len(errors) + 1) * CONFIDENCE)))\n"
        "scale = float(np.sort(errors)[rank - 1])\n"
        "low, base, high = corridor(last)\n"
        "last_close = float(close.iloc[-1])\n"
        "if np.isfinite(scale):\n"
        "    price_low = float(last_close * np.exp(base - scale * (base - low)))\n"
        "    price_base = float(last_close * np.exp(base))\n"
        "    price_high = float(last_close * np.exp(base + scale * (high - base)))\n"
        "else:  # a price that did not move says nothing of how far it may\n"
        "    price_low = price_base = price_high = scale = None\n",
        "    \"price_low\": price_low,\n"
        "    \"price_high\": price_high,\n"
        "    \"confidence\": CONFIDENCE,\n"
        "    \"ticker\": TICKER,\n"
        "    \"as_of\": END,\n"
        "    \"target_date\": TARGET_DATE,\n"
        "    \"horizon_trading_days\": horizon,\n"
        "    \"last_close\": last_close,\n"
        "    \"calibration_scale\": scale,\n"
        "    \"past_forecasts\": len(errors),\n",
    },
};

const ape__plan_computation *ape__plan_computation_get(ape__plan_metric metric)
{
    return &computations[metric];
}
