/* SPDX-License-Identifier: MIT */
#include "core/settings_table.h"

#include <string.h>

#include "core/settings_check.h"

#define SERVER "Server"
#define DATABASE "Store"
#define REDIS "Event bus"
#define LLM "Language models"
#define SERVICES "Other services"

const ape__setting ape__settings_table[] = {
    { .name = "ENVIRONMENT",
      .group = SERVER,
      .type = APE__SETTING_CHOICE,
      .words = "development staging production",
      .fallback = "development",
      .help = "How strict the checks are. Production refuses to start on an unsafe setting." },
    { .name = "SECRET_KEY",
      .group = SERVER,
      .secrecy = APE__SECRET,
      .check = ape__check_secret_key,
      .help = "Signs what the server hands out and later believes. At least 32 characters of "
              "chance: openssl rand -hex 32." },
    { .name = "SECRET_KEY_PREVIOUS",
      .group = SERVER,
      .secrecy = APE__SECRET,
      .check = ape__check_secret_key,
      .help = "The key before the last rotation. Still believed until SECRET_KEY_PREVIOUS_UNTIL, "
              "never used to sign." },
    { .name = "SECRET_KEY_PREVIOUS_UNTIL",
      .group = SERVER,
      .type = APE__SETTING_TIME,
      .help = "When SECRET_KEY_PREVIOUS stops being believed, as 2026-11-23T12:00:00Z." },
    { .name = "API_KEYS",
      .group = SERVER,
      .type = APE__SETTING_LIST,
      .secrecy = APE__SECRET,
      .check = ape__check_api_keys,
      .help = "Keys that clients of the server may present; a name and a colon may stand in front "
              "of each. sha256: and 64 hexadecimal digits stand for a key that only its owner "
              "has. Two at a time make rotation smooth." },
    { .name = "CORS_ORIGINS",
      .group = SERVER,
      .type = APE__SETTING_LIST,
      .check = ape__check_cors,
      .help = "Origins whose pages may call the server, as https://app.example.com." },
    { .name = "LOG_LEVEL",
      .group = SERVER,
      .type = APE__SETTING_CHOICE,
      .words = "debug info warning error",
      .fallback = "info",
      .check = ape__check_log_level,
      .help = "The least important lines that are logged." },
    { .name = "APE_PLAINTEXT_HOSTS",
      .group = SERVER,
      .type = APE__SETTING_LIST,
      .help = "Hosts on a private network that production may speak to without TLS." },
    { .name = "APE_DATA_DIR",
      .group = DATABASE,
      .help = "Folder of price files. Unset: the sample prices that come with libape." },
    { .name = "APE_DATA_SOURCES",
      .group = DATABASE,
      .type = APE__SETTING_LIST,
      .help = "Where prices are fetched from, in order of preference: yahoo, stooq, alphavantage. "
              "Unset: all of them that have what they need." },
    { .name = "YAHOO_URL",
      .group = DATABASE,
      .type = APE__SETTING_URL,
      .words = "https http",
      .secrecy = APE__SECRET_IN_URL,
      .check = ape__check_plain_text,
      .fallback = "https://query1.finance.yahoo.com",
      .help = "Where Yahoo's chart service is, or one that speaks as it does." },
    { .name = "STOOQ_URL",
      .group = DATABASE,
      .type = APE__SETTING_URL,
      .words = "https http",
      .secrecy = APE__SECRET_IN_URL,
      .check = ape__check_plain_text,
      .fallback = "https://stooq.com",
      .help = "Where Stooq is, or one that speaks as it does." },
    { .name = "ALPHAVANTAGE_URL",
      .group = DATABASE,
      .type = APE__SETTING_URL,
      .words = "https http",
      .secrecy = APE__SECRET_IN_URL,
      .check = ape__check_plain_text,
      .fallback = "https://www.alphavantage.co",
      .help = "Where Alpha Vantage is, or one that speaks as it does." },
    { .name = "ALPHAVANTAGE_API_KEY",
      .group = DATABASE,
      .secrecy = APE__SECRET,
      .help = "Key of Alpha Vantage, with adjusted daily prices in its plan. Unset: it is not "
              "asked." },
    { .name = "APE_PYTHON",
      .group = DATABASE,
      .help = "Interpreter of the sandbox, with numpy and pandas. Unset: python3 in /usr/local/bin "
              "or /usr/bin." },
    { .name = "APE_STATE_DIR",
      .group = DATABASE,
      .help = "Folder of the SQLite file and of the outbox. Unset: ape in XDG_STATE_HOME, or in "
              "~/.local/state." },
    { .name = "APE_STORE",
      .group = DATABASE,
      .type = APE__SETTING_CHOICE,
      .words = "sqlite postgres",
      .help = "Where queries and predictions are kept. Unset: postgres where a database is "
              "configured, else sqlite." },
    { .name = "DATABASE_URL",
      .group = DATABASE,
      .type = APE__SETTING_URL,
      .words = "postgresql postgres",
      .secrecy = APE__SECRET_IN_URL,
      .check = ape__check_database_url,
      .help = "PostgreSQL, as postgresql://user:password@host:5432/database?sslmode=verify-full. "
              "Wins over POSTGRES_*." },
    { .name = "POSTGRES_HOST",
      .group = DATABASE,
      .help = "PostgreSQL server; a path means the folder of its socket." },
    { .name = "POSTGRES_PORT",
      .group = DATABASE,
      .type = APE__SETTING_INTEGER,
      .min = 1,
      .max = 65535,
      .fallback = "5432",
      .help = "Port of the PostgreSQL server." },
    { .name = "POSTGRES_USER",
      .group = DATABASE,
      .fallback = "ape",
      .help = "User of the database." },
    { .name = "POSTGRES_PASSWORD",
      .group = DATABASE,
      .secrecy = APE__SECRET,
      .check = ape__check_password,
      .help = "Password of that user." },
    { .name = "POSTGRES_DB",
      .group = DATABASE,
      .fallback = "ape",
      .help = "Name of the database." },
    { .name = "POSTGRES_SSLMODE",
      .group = DATABASE,
      .type = APE__SETTING_CHOICE,
      .words = "disable allow prefer require verify-ca verify-full",
      .fallback = "prefer",
      .help = "How much TLS PostgreSQL must offer, in the words of libpq." },
    { .name = "REDIS_URL",
      .group = REDIS,
      .type = APE__SETTING_URL,
      .words = "redis rediss unix",
      .secrecy = APE__SECRET_IN_URL,
      .check = ape__check_redis_url,
      .help = "Redis, as redis://:password@host:6379/0, or rediss:// for TLS. Wins over "
              "REDIS_HOST. Neither: the bus stays in memory." },
    { .name = "REDIS_CA_FILE",
      .group = REDIS,
      .help = "File of the certificates that may have signed that of Redis. Unset: those of the "
              "system." },
    { .name = "REDIS_HOST", .group = REDIS, .help = "Redis server." },
    { .name = "REDIS_PORT",
      .group = REDIS,
      .type = APE__SETTING_INTEGER,
      .min = 1,
      .max = 65535,
      .fallback = "6379",
      .help = "Port of the Redis server." },
    { .name = "REDIS_PASSWORD",
      .group = REDIS,
      .secrecy = APE__SECRET,
      .check = ape__check_password,
      .help = "Password of the Redis server." },
    { .name = "LLM_CHAIN",
      .group = LLM,
      .type = APE__SETTING_LIST,
      .check = ape__check_chain,
      .help = "Providers in order of preference. Unset: deepseek, anthropic, openai as far as "
              "they have keys, then builtin." },
    { .name = "*_API_KEY",
      .group = LLM,
      .secrecy = APE__SECRET,
      .check = ape__check_api_keys,
      .help = "Key of a provider, or several, separated by commas. NAME is the provider's name in "
              "LLM_CHAIN, as in DEEPSEEK_API_KEY." },
    { .name = "*_BASE_URL",
      .group = LLM,
      .type = APE__SETTING_URL,
      .words = "https http",
      .secrecy = APE__SECRET_IN_URL,
      .check = ape__check_plain_text,
      .help = "Where the provider is, as https://api.example.com/v1." },
    { .name = "*_MODEL", .group = LLM, .help = "Model of the provider." },
    { .name = "*_WIRE",
      .group = LLM,
      .type = APE__SETTING_CHOICE,
      .words = "openai anthropic",
      .fallback = "openai",
      .help = "Which of the two protocols the provider speaks." },
    { .name = "*_RPM",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .max = 1000000000,
      .fallback = "0",
      .help = "Requests a minute that each key of the provider may send; 0: no limit of our own. "
              "What the provider's headers say counts besides." },
    { .name = "*_TPM",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .max = 1000000000,
      .fallback = "0",
      .help = "Tokens a minute, in and out together, likewise." },
    { .name = "LLM_CONNECT_TIMEOUT_MS",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .min = 1,
      .max = 86400000,
      .fallback = "5000",
      .help = "Longest wait for a connection." },
    { .name = "LLM_HEADERS_TIMEOUT_MS",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .min = 1,
      .max = 86400000,
      .fallback = "30000",
      .help = "Longest wait for the head of a reply." },
    { .name = "LLM_FIRST_CONTENT_TIMEOUT_MS",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .min = 1,
      .max = 86400000,
      .fallback = "30000",
      .help = "Longest wait for the first word of a reply." },
    { .name = "LLM_IDLE_TIMEOUT_MS",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .min = 1,
      .max = 86400000,
      .fallback = "20000",
      .help = "Longest silence within a reply." },
    { .name = "LLM_TOTAL_TIMEOUT_MS",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .min = 1,
      .max = 86400000,
      .fallback = "180000",
      .help = "Deadline over all attempts for one completion." },
    { .name = "LLM_RETRIES",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .min = 0,
      .max = 100,
      .fallback = "2",
      .help = "How often a provider that failed is asked again, over the whole chain. Going on to "
              "the next provider does not count." },
    { .name = "LLM_MIN_BYTES_PER_S",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .max = 1000000,
      .fallback = "4",
      .help = "A reply that comes more slowly than this, over 10 s, is given up; 0: never." },
    { .name = "LLM_CA_FILE",
      .group = LLM,
      .help = "Certificates (PEM) that providers are believed by, for a private authority. Unset: "
              "the system's. Nothing switches the check off." },
    { .name = "LLM_PRICE_FILE",
      .group = LLM,
      .help =
          "Table of prices, for the cost of answers, in the form of data/llm-prices.json. Unset: "
          "the one that comes with libape." },
    { .name = "LLM_BUDGET_USD_PER_CALL",
      .group = LLM,
      .type = APE__SETTING_NUMBER,
      .max = 1e6,
      .fallback = "0",
      .help = "Most US dollars that one request may cost, over all its attempts; 0: no limit. With "
              "a budget, a provider whose price is not known is not asked." },
    { .name = "LLM_BUDGET_USD",
      .group = LLM,
      .type = APE__SETTING_NUMBER,
      .max = 1e6,
      .fallback = "0",
      .help = "Most US dollars that this process may spend in one period; 0: no limit." },
    { .name = "LLM_BUDGET_PERIOD_S",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .min = 60,
      .max = 31536000,
      .fallback = "86400",
      .help = "Length of a period, in seconds. Periods begin at its multiples since 1970 in UTC: "
              "days at midnight." },
    { .name = "LLM_HEDGE_PERCENT",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .max = 100,
      .fallback = "0",
      .help = "Of a hundred requests, so many may be sent to the next provider too while the first "
              "one keeps silent; the first whole answer counts. 0: never." },
    { .name = "LLM_HEDGE_DELAY_MS",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .max = 86400000,
      .fallback = "0",
      .help =
          "Silence after which that happens; 0: longer than 95 of a hundred first words of that "
          "provider took." },
    { .name = "LLM_CACHE_ENTRIES",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .max = 1000,
      .fallback = "0",
      .help = "So many answers are kept, and given again when exactly the same is asked; only for "
              "requests that allow it, as questions with an as-of date do. 0: none." },
    { .name = "LLM_CACHE_MS",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .min = 1,
      .max = 2592000000,
      .fallback = "3600000",
      .help = "How long an answer is kept." },
    { .name = "LLM_BREAKER_FAILURES",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .min = 1,
      .max = 1000000,
      .fallback = "4",
      .help = "So many failures in a row, and a provider is left alone for a while." },
    { .name = "LLM_BREAKER_OPEN_MS",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .max = 86400000,
      .fallback = "60000",
      .help = "How long it is left alone, before it is tried again." },
    { .name = "LLM_BREAKERS_SHARED",
      .group = LLM,
      .type = APE__SETTING_INTEGER,
      .max = 1,
      .fallback = "0",
      .help = "1: servers share the circuit breakers of their providers with others on the same "
              "Redis: what one finds failing is left alone by all, and one of them tries again." },
    { .name = "SLACK_WEBHOOK_URL",
      .group = SERVICES,
      .type = APE__SETTING_URL,
      .words = "https http",
      .secrecy = APE__SECRET,
      .check = ape__check_plain_text,
      .help = "Where alerts are posted. Whoever knows the address can post, so it is a secret." },
    { .name = "NEO4J_URI",
      .group = SERVICES,
      .type = APE__SETTING_URL,
      .words = "https http",
      .secrecy = APE__SECRET_IN_URL,
      .check = ape__check_plain_text,
      .help = "Neo4j over HTTP, for the lineage of answers; its path may name the database "
              "(default neo4j). Unset: off." },
    { .name = "NEO4J_USER", .group = SERVICES, .fallback = "neo4j", .help = "User of Neo4j." },
    { .name = "NEO4J_PASSWORD",
      .group = SERVICES,
      .secrecy = APE__SECRET,
      .check = ape__check_password,
      .help = "Password of that user." },
};

const size_t ape__settings_table_size =
    sizeof(ape__settings_table) / sizeof(ape__settings_table[0]);

bool ape__setting_is_pattern(const ape__setting *setting)
{
    return setting->name[0] == '*';
}

size_t ape__setting_stem_size(const ape__setting *pattern, const char *name)
{
    size_t size = strlen(name), end = strlen(pattern->name) - 1;

    return size > end && strcmp(name + size - end, pattern->name + 1) == 0 ? size - end : 0;
}

const ape__setting *ape__setting_find(const char *name)
{
    const ape__setting *found = NULL;

    for (size_t i = 0; i < ape__settings_table_size; i++) {
        const ape__setting *s = &ape__settings_table[i];

        if (strcmp(s->name, name) == 0)
            return s;
        if (ape__setting_is_pattern(s) && ape__setting_stem_size(s, name) > 0)
            found = s;
    }
    return found;
}

const char *ape__setting_type_name(ape__setting_type type)
{
    static const char *const names[] = { "text",   "integer", "number", "flag",
                                         "choice", "list",    "url",    "time" };

    return names[type];
}

bool ape__word_in(const char *words, const char *word, size_t word_size)
{
    while (*words) {
        size_t size = strcspn(words, " ");

        if (size == word_size && memcmp(words, word, size) == 0)
            return true;
        words += size + strspn(words + size, " ");
    }
    return false;
}
