/* SPDX-License-Identifier: MIT */
#include "planner/phrases.h"

#define STRONG(metric, phrases)                                                                    \
    {                                                                                              \
        phrases, APE__PLAN_##metric, APE__PLAN_METRIC, false, NULL                                 \
    }
#define WEAK(metric, phrases)                                                                      \
    {                                                                                              \
        phrases, APE__PLAN_##metric, APE__PLAN_WEAK_METRIC, true, NULL                             \
    }
#define WORDS(role, phrases)                                                                       \
    {                                                                                              \
        phrases, APE__PLAN_NO_METRIC, APE__PLAN_##role, false, NULL                                \
    }
#define UNKNOWN(name, phrases)                                                                     \
    {                                                                                              \
        phrases, APE__PLAN_NO_METRIC, APE__PLAN_FILLER, false, name                                \
    }

/* Letters are small, Russian yo is written as e; see ape__plan_match(). The longest phrase
 * wins, so "exponential moving average" is not a moving average. */
const ape__plan_phrases ape__plan_phrases_table[] = {
    STRONG(SHARPE_RATIO, "sharpe|sharpe ratio|sharpe ratios|sharp ratio|коэффициент* шарп*|"
                         "коэфициент* шарп*|шарп|шарпа|шарпу|шарпом"),
    STRONG(SORTINO_RATIO, "sortino|sortino ratio|коэффициент* сортино|сортино"),
    STRONG(VOLATILITY, "volatility|volatile|vol|annual* volatility|realized volatility|"
                       "realised volatility|historical volatility|standard deviation|"
                       "волатильност*|волатилен|волатильн*|стандартн* отклонени*|"
                       "среднеквадратическ* отклонени*|историческ* волатильност*"),
    STRONG(BETA, "beta|betas|beta coefficient|бета|беты|бету|бетой|бете|бета коэффициент*|"
                 "коэффициент* бета|коэффициент* беты"),
    STRONG(CORRELATION, "correlation|correlations|correlated|correlate|correlates|"
                        "correlation coefficient|pearson correlation|"
                        "корреляц*|коррелир*|коррелирова*|скоррелирован*|коррелирован*|"
                        "коэффициент* корреляци*"),
    STRONG(MAX_DRAWDOWN, "drawdown|drawdowns|draw down|max drawdown|max draw down|maximum drawdown|"
                         "maximum draw down|maximal drawdown|biggest drawdown|largest drawdown|"
                         "worst drawdown|deepest drawdown|mdd|peak to trough|"
                         "peak to trough decline|peak to trough loss|"
                         "просадк*|просадок|просел*|максимальн* просадк*|"
                         "наибольш* просадк*|макс просадк*|худш* просадк*"),
    STRONG(CAGR, "cagr|compound annual growth rate|compounded annual growth rate|"
                 "compound annual growth|annual growth rate|annual* growth|annualized return|"
                 "annualised return|annualized returns|annualised returns|annual* total return|"
                 "compound annual return|"
                 "среднегодов* темп* роста|среднегодов* рост*|"
                 "среднегодов* доходност*|совокупн* среднегодов* темп* роста|"
                 "годов* темп* роста|процент* годовых"),
    STRONG(TOTAL_RETURN,
           "total return|total returns|cumulative return|cumulative returns|holding period return|"
           "overall return|price return|полн* доходност*|общ* доходност*|"
           "совокупн* доходност*|накопленн* доходност*|"
           "суммарн* доходност*"),
    WEAK(TOTAL_RETURN, "return|returns|returned|gain|gained|yielded|performance|perform|performed|"
                       "up|down|change|changed|price change|percent "
                       "change|изменени*|изменил*|доходност*|прибыльност*|заработ*|"
                       "потерял*|снизил*|рост|падени*|вырос|выросла|выросли|прибавил*|упал|упала|"
                       "упали|подорожал*|подешевел*|rise|rose|"
                       "fall|fell|grow|grew|lost|lose|go up|go down"),
    STRONG(VAR, "var|value at risk|historical var|historical value at risk|"
                "вар|стоимост* под риском|рисков* стоимост*|"
                "стоимост* риска|историческ* var"),
    STRONG(CVAR, "cvar|conditional var|conditional value at risk|expected shortfall|"
                 "expected tail loss|average value at risk|es|etl|tvar|tail var|"
                 "условн* var|условн* стоимост* под риском|ожидаем* потер*|"
                 "ожидаем* убыт*|ожидаем* дефицит*|средн* потер* в хвосте"),
    STRONG(
        SMA,
        "sma|smas|simple moving average|moving average|moving averages|"
        "simple average|day ma|days ma|ma (|dma|дневн* ma|скользящ* средн*|прост* скользящ* средн*|"
        "средн* скользящ*|простую скользящую|скользящ*|прост* скользящ*"),
    STRONG(EMA, "ema|emas|exponential moving average|exponentially weighted moving average|"
                "exponential average|ewma|exponential ma|экспоненциальн* скользящ* средн*|"
                "экспоненциальн* средн*|экспоненциальн* скользящ*|"
                "экспоненциальн* средн* скользящ*"),
    STRONG(RSI, "rsi|relative strength index|relative strength|индекс* относительн* силы|"
                "относительн* сил*"),
    STRONG(LAST_PRICE, "last price|latest price|current price|recent price|most recent price|"
                       "last close|latest close|last closing price|latest closing price|"
                       "последн* цен*|текущ* цен*|"
                       "цен* закрыти*|последн* цен* закрыти*|последн* котировк*|"
                       "текущ* котировк*|текущ* курс*"),
    WEAK(LAST_PRICE,
         "price|prices|priced|closing price|close price|share price|stock price|spot "
         "price|close|closes|closed|closing prices|closing|close prices|quote|worth|"
         "cost|costs|trading at|trade at|how much is|stock prices|share prices|цен|цена|цены|"
         "цену|ценой|цене|сколько стоит|сколько стоят|стоит|стоят|"
         "стоил*|сколько стоил*|стоимост*|котировк*|закрыти*|курс|курса"),
    STRONG(HIGH_52W,
           "52 week high|52 weeks high|52 w high|52 wk high|52 week highs|52 week maximum|"
           "52 week max|52 week peak|high over the last 52 weeks|"
           "high over the past 52 weeks|high of the last 52 weeks|"
           "high in the last 52 weeks|high for the last 52 weeks|one year high|"
           "fifty two week high|1 year high|12 month high|52 week high price|"
           "52 week high closing price|yearly high|annual high|"
           "52 недельн* максимум*|52 недельн* хай|максимум* за 52 недели|"
           "максимум* за последние 52 недели|максимум* 52 недель|"
           "максимальн* цен* за 52 недели|"
           "максимальн* цен* за последние 52 недели|годов* максимум*|"
           "максимум* за год|максимум* за последний год"),
    STRONG(LOW_52W,
           "52 week low|52 weeks low|52 w low|52 wk low|52 week lows|52 week minimum|52 week min|"
           "52 week bottom|low over the last 52 weeks|low over the past 52 weeks|"
           "low of the last 52 weeks|low in the last 52 weeks|low for the last 52 weeks|"
           "one year low|fifty two week low|1 year low|12 month low|52 week low price|"
           "52 week low closing price|yearly low|annual low|"
           "52 недельн* минимум*|минимум* за 52 недели|"
           "минимум* за последние 52 недели|минимум* 52 недель|"
           "минимальн* цен* за 52 недели|минимальн* цен* за последние 52 недели|"
           "годов* минимум*|минимум* за год|минимум* за последний год"),
    STRONG(FORECAST,
           "where will|where would|where could|what will|how much will|forecast*|predict|predicts|"
           "predicted|prediction|predictions|projection|price target|target price|"
           "price corridor|price range|corridor|outlook|going to be|going to trade|куда "
           "пойдет|will be|be worth|be trading|"
           "где будет|где будут|где окажется|где окажутся|будет|"
           "будут|сколько будет стоить|сколько будут стоить|"
           "будет стоить|будут стоить|какой будет|какая будет|"
           "прогноз*|спрогнозир*|предскаж*|предсказ*|коридор*|"
           "ценов* коридор*|коридор* цен*|прогноз* цен*"),
    WORDS(PARAMETER, "risk free rate of return|risk free return"),
    WORDS(FILLER,
          "using 252 trading days|assuming 252 trading days|with 252 trading days|"
          "based on 252 trading days|252 trading days a year|252 trading days per year|"
          "ratio|up to|daily returns|adjusted closing prices|adjusted close|based on daily returns|"
          "market price|дневн* доходност*|ежедневн* доходност*"),
    UNKNOWN("advice", "should i|buy or sell|стоит ли|покупать|продавать"),
    UNKNOWN("MACD", "macd"),
    UNKNOWN("alpha", "alpha|jensen|альфа|альфу"),
    UNKNOWN("the Treynor ratio", "treynor|трейнор*"),
    UNKNOWN("the Calmar ratio", "calmar|кальмар*"),
    UNKNOWN("the Omega ratio", "omega ratio|омега"),
    UNKNOWN("the information ratio", "information ratio|tracking error"),
    UNKNOWN("a Bollinger band", "bollinger|боллиндж*"),
    UNKNOWN("the stochastic oscillator", "stochastic|стохастик*"),
    UNKNOWN("the average true range", "atr|average true range"),
    UNKNOWN("a dividend", "dividend|dividends|dividend yield|дивиденд*"),
    UNKNOWN("market capitalisation", "market cap|market capitalization|market capitalisation|"
                                     "капитализац*"),
    UNKNOWN("trading volume", "volume|trading volume|объем торгов|объем|объема|"
                              "объемы"),
    UNKNOWN("an earnings figure", "p e|p e ratio|pe ratio|eps|earnings|revenue|roe|roa|roi|"
                                  "price to earnings|price earnings|выручк*|прибыль на акцию"),
    UNKNOWN("skewness or kurtosis", "skew|skewness|kurtosis|асимметри*|эксцесс*"),
    UNKNOWN("covariance", "covariance|ковариац*"),
    UNKNOWN("implied volatility", "implied volatility|implied vol|подразумеваем* волатильност*"),
    UNKNOWN("semi-deviation", "downside deviation|semi deviation|semideviation"),
    UNKNOWN("an annual return (say CAGR or total return)",
            "annual return|annual returns|average annual return|average yearly return|"
            "yearly return|годов* доходност*"),
    UNKNOWN("an average return", "average return|mean return|average daily return|"
                                 "mean daily return|average returns|mean returns|"
                                 "средн* доходност*|средн* дневн* доходност*"),
    UNKNOWN("an average price", "average price|mean price|average closing price|средн* цен*"),
    UNKNOWN("a risk-adjusted return other than Sharpe or Sortino", "risk adjusted return*"),
    UNKNOWN("a drawdown's length", "drawdown duration|drawdown length|average drawdown|"
                                   "средн* просадк*|длительност* просадк*"),
    UNKNOWN("unannualised volatility", "daily volatility|monthly volatility|weekly volatility|"
                                       "дневн* волатильност*|месячн* волатильност*"),
    UNKNOWN("a rolling figure", "rolling|скользящ* корреляц*|скользящ* бет*|"
                                "скользящ* волатильност*"),
    UNKNOWN("anything from weekly or monthly returns",
            "weekly|monthly|weekly returns|monthly returns|недельн* доходност*|"
            "месячн* доходност*|еженедельн*|ежемесячн*"),
    UNKNOWN("anything from intraday prices", "intraday|hourly|внутридневн*|часов*"),
    UNKNOWN("anything from log returns", "log return|log returns|logarithmic returns|"
                                         "логарифмическ* доходност*"),
    UNKNOWN("a rank correlation", "spearman|kendall|rank correlation|спирмен*|кендалл*"),
    UNKNOWN("parametric or simulated VaR", "parametric|gaussian|monte carlo|cornish fisher|"
                                           "параметрическ*|монте карло"),
    UNKNOWN("an excess over another return", "excess return|excess returns|избыточн* доходност*"),
    UNKNOWN("an unadjusted price", "unadjusted|не скорректирован*"),
};

const size_t ape__plan_phrases_count =
    sizeof(ape__plan_phrases_table) / sizeof(ape__plan_phrases_table[0]);
