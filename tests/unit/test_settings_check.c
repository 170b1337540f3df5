/* SPDX-License-Identifier: MIT */
#include <ape/settings.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "core/json.h"

#include "counting_host.h"

static counting_host counting;
static char path[] = "/tmp/ape-settings-XXXXXX";

static void setup(void)
{
    counting_host_init(&counting);
    close(mkstemp(path));
}

static void teardown(void)
{
    unlink(path);
    counting_host_end_test(&counting);
}

TestSuite(settings_check, .init = setup, .fini = teardown);

/* Safe for production. The keys are made up. */
static const char good[] =
    "ENVIRONMENT=production\n"
    "SECRET_KEY=9f3ac07be1584d26b7f0e6a91d5c83420e7ab45fd1926c38f4a05be7719dc26a\n"
    "API_KEYS=web:makebelieve4f9a17c0b2d8e63\n"
    "DEEPSEEK_API_KEY=sk-makebelieve-5b1d93ef07a2c4\n"
    "DATABASE_URL=postgresql://ape:k7Rw2vQx9LmZ@db.internal:5432/ape?sslmode=verify-full\n"
    "REDIS_URL=rediss://:Vb3nT8yUe1Ws@cache.internal:6379/0\n";

static ape_settings *load(const char *first, const char *second)
{
    ape_settings_options opts;
    ape_settings *s;
    FILE *f = fopen(path, "w");

    fprintf(f, "%s%s\n", first, second);
    fclose(f);
    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    opts.dotenv_path = path;
    cr_assert_eq(ape_settings_new(counting.host, &opts, &s, NULL), APE_OK);
    return s;
}

/* The reason given for a name, or NULL; lives until the next call. */
static const char *reason_for(const char *report, const char *name, const char *level)
{
    static char reason[300];
    cJSON *json;
    const cJSON *finding;
    const char *found = NULL;

    cr_assert_eq(ape__json_parse(report, strlen(report), &json, NULL), APE_OK);
    cJSON_ArrayForEach(finding, ape__json_get_array(json, "findings"))
    {
        if (strcmp(ape__json_get_string(finding, "name"), name) == 0 &&
            strcmp(ape__json_get_string(finding, "level"), level) == 0 && !found) {
            snprintf(reason, sizeof(reason), "%s", ape__json_get_string(finding, "reason"));
            found = reason;
        }
    }
    cJSON_Delete(json);
    return found;
}

Test(settings_check, good_configuration_passes)
{
    ape_settings *s = load(good, "");
    ape_text *report = NULL;
    ape_error err = { .message = "" };

    cr_assert_eq(ape_settings_check(s, &report, &err), APE_OK, "%s", err.message);
    cr_assert_str_eq(ape_text_data(report), "{\"environment\":\"production\",\"findings\":[],"
                                            "\"ok\":true,\"errors\":0,\"warnings\":0}");
    ape_text_free(report);
    ape_settings_free(s);
}

typedef struct bad {
    char lines[200]; /* over the good ones */
    char name[32];
    char says[48];
} bad;

ParameterizedTestParameters(settings_check, refuses)
{
    static bad rows[] = {
        { "SECRET_KEY=", "SECRET_KEY", "is missing" },
        { "SECRET_KEY=changeme", "SECRET_KEY", "placeholder" },
        { "SECRET_KEY=change-me-in-production-please-do-it", "SECRET_KEY", "placeholder" },
        { "SECRET_KEY=your-secret-key-goes-here-0123456789", "SECRET_KEY", "placeholder" },
        { "SECRET_KEY=dev-key-4f1b7a90c3e8d5264f1b7a90c3e8", "SECRET_KEY", "placeholder" },
        { "SECRET_KEY=9f3ac07be1584d26b7f0e6a91d5c834", "SECRET_KEY", "too short" },
        { "SECRET_KEY=a", "SECRET_KEY", "too short" },
        { "SECRET_KEY=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "SECRET_KEY", "repeats itself" },
        { "SECRET_KEY=0123456789abcdef0123456789abcdef", "SECRET_KEY", "repeats itself" },
        { "SECRET_KEY=abcdefghijklmnopqrstuvwxyz123456789", "SECRET_KEY", "is a run" },
        { "SECRET_KEY=9876543210zyxwvutsrqponmlkjihgfedcba", "SECRET_KEY", "is a run" },
        { "SECRET_KEY=aabababbbabaabbababbaabbbababaabbaab", "SECRET_KEY", "entropy" },
        { "SECRET_KEY_PREVIOUS=9f3ac07be1584d26b7f0e6a91d5c83420e7ab45fd1926c38f4a05be7719dc26a",
          "SECRET_KEY_PREVIOUS", "nothing was rotated" },
        { "SECRET_KEY_PREVIOUS=1d5c83420e7ab45fd1926c38f4a05be7719dc26a",
          "SECRET_KEY_PREVIOUS_UNTIL", "is missing" },
        { "SECRET_KEY_PREVIOUS=1d5c83420e7ab45fd1926c38f4a05be7719dc26a\n"
          "SECRET_KEY_PREVIOUS_UNTIL=2024-01-01T00:00:00Z",
          "SECRET_KEY_PREVIOUS_UNTIL", "days away" },
        { "SECRET_KEY_PREVIOUS=1d5c83420e7ab45fd1926c38f4a05be7719dc26a\n"
          "SECRET_KEY_PREVIOUS_UNTIL=tomorrow",
          "SECRET_KEY_PREVIOUS_UNTIL", "must be a time in UTC" },
        { "SECRET_KEY_PREVIOUS=short\nSECRET_KEY_PREVIOUS_UNTIL=2022-12-29T00:00:00Z",
          "SECRET_KEY_PREVIOUS", "too short" },
        { "API_KEYS=", "API_KEYS", "is missing" },
        { "API_KEYS=short", "API_KEYS", "key number 1 is too short" },
        { "API_KEYS=makebelieve4f9a17c0b2d8e63,web:abc", "API_KEYS", "key number 2 is too short" },
        { "API_KEYS=makebelieve4f9a17c0b2d8e63,,", "API_KEYS", "empty item" },
        { "API_KEYS=aaaaaaaaaaaaaaaaaaaaaaaa", "API_KEYS", "repeats itself" },
        { "API_KEYS=my-key-0123456789abcdef", "API_KEYS", "placeholder" },
        { "DEEPSEEK_API_KEY=", "DEEPSEEK_API_KEY", "is missing" },
        { "DEEPSEEK_API_KEY=your-api-key", "DEEPSEEK_API_KEY", "placeholder" },
        { "DEEPSEEK_API_KEY=sk-123", "DEEPSEEK_API_KEY", "too short" },
        { "LLM_CHAIN=gemini", "LLM_CHAIN", "names gemini, which has no key" },
        { "LLM_CHAIN=deepseek,anthropic,builtin", "LLM_CHAIN", "names anthropic" },
        { "LLM_CHAIN=deepseek,,builtin", "LLM_CHAIN", "empty item" },
        { "LLM_CHAIN=gemini\nGEMINI_API_KEY=short", "GEMINI_API_KEY", "too short" },
        { "LLM_CHAIN=gemini\nGEMINI_WIRE=smoke-signals", "GEMINI_WIRE", "must be one of" },
        { "DEEPSEEK_BASE_URL=http://api.internal/v1", "DEEPSEEK_BASE_URL", "use https" },
        { "DEEPSEEK_BASE_URL=ftp://api.internal/v1", "DEEPSEEK_BASE_URL", "these schemes" },
        { "DEEPSEEK_BASE_URL=api.internal/v1", "DEEPSEEK_BASE_URL", "is no URL" },
        { "DEEPSEEK_BASE_URL=https:///v1", "DEEPSEEK_BASE_URL", "names no host" },
        { "DATABASE_URL=postgresql://ape@db.internal/ape?sslmode=require", "DATABASE_URL",
          "has no password" },
        { "DATABASE_URL=postgresql://ape:postgres@db.internal/ape?sslmode=require", "DATABASE_URL",
          "default password" },
        { "DATABASE_URL=postgresql://ape:PassWord@db.internal/ape?sslmode=require", "DATABASE_URL",
          "default password" },
        { "DATABASE_URL=postgresql://predictor:predictor@db.internal/ape?sslmode=require",
          "DATABASE_URL", "user's name" },
        { "DATABASE_URL=postgresql://ape:k7Rw2@db.internal/ape?sslmode=require", "DATABASE_URL",
          "fewer than 12" },
        { "DATABASE_URL=postgresql://ape:k7Rw2vQx9LmZ@db.internal/ape", "DATABASE_URL",
          "plain text" },
        { "DATABASE_URL=postgresql://ape:k7Rw2vQx9LmZ@10.0.0.7/ape?sslmode=prefer", "DATABASE_URL",
          "plain text" },
        { "DATABASE_URL=postgresql:///ape?host=db.internal&password=k7Rw2vQx9LmZ", "DATABASE_URL",
          "plain text" },
        { "DATABASE_URL=mysql://ape:k7Rw2vQx9LmZ@db.internal/ape", "DATABASE_URL",
          "these schemes" },
        { "DATABASE_URL=db.internal", "DATABASE_URL", "scheme and ://" },
        { "DATABASE_URL=postgresql://ape:k7Rw2vQx9LmZ@db.internal:five/ape", "DATABASE_URL",
          "port that is not a number" },
        { "DATABASE_URL=postgresql://ape:k7Rw2vQx9LmZ@db.internal:70000/ape", "DATABASE_URL",
          "port above 65535" },
        { "DATABASE_URL=postgresql://ape:k7Rw2vQx9LmZ@db.internal:0/ape", "DATABASE_URL",
          "port 0" },
        { "DATABASE_URL=postgresql://ape:k7Rw2vQx9LmZ@[::1/ape", "DATABASE_URL", "bracket" },
        { "DATABASE_URL=postgresql://ape:k7Rw2vQx9LmZ@a.internal,b.internal/ape", "DATABASE_URL",
          "more than one host" },
        { "DATABASE_URL='postgresql://ape:k7Rw2vQx9LmZ@db.internal/my db'", "DATABASE_URL",
          "blank" },
        { "DATABASE_URL=\nPOSTGRES_HOST=db.internal\nPOSTGRES_SSLMODE=require", "POSTGRES_PASSWORD",
          "is missing" },
        { "DATABASE_URL=\nAPE_STORE=postgres", "POSTGRES_PASSWORD", "is missing" },
        { "DATABASE_URL=\nPOSTGRES_HOST=db.internal\nPOSTGRES_SSLMODE=require\n"
          "POSTGRES_PASSWORD=postgres",
          "POSTGRES_PASSWORD", "default password" },
        { "DATABASE_URL=\nPOSTGRES_HOST=db.internal\nPOSTGRES_SSLMODE=require\n"
          "POSTGRES_USER=forecasting-user\nPOSTGRES_PASSWORD=forecasting-user",
          "POSTGRES_PASSWORD", "user's name" },
        { "DATABASE_URL=\nPOSTGRES_HOST=db.internal\nPOSTGRES_PASSWORD=k7Rw2vQx9LmZ",
          "POSTGRES_HOST", "plain text" },
        { "POSTGRES_SSLMODE=always", "POSTGRES_SSLMODE", "must be one of" },
        { "POSTGRES_PORT=0", "POSTGRES_PORT", "from 1 to 65535" },
        { "APE_STORE=mysql", "APE_STORE", "must be one of" },
        { "REDIS_URL=redis://:Vb3nT8yUe1Ws@cache.internal:6379/0", "REDIS_URL", "plain text" },
        { "REDIS_URL=rediss://cache.internal:6379/0", "REDIS_URL", "has no password" },
        { "REDIS_URL=rediss://:redis@cache.internal:6379/0", "REDIS_URL", "default password" },
        { "REDIS_URL=rediss://:Vb3nT8yUe1Ws@cache.internal:6379/events", "REDIS_URL", "as /0" },
        { "REDIS_URL=rediss://", "REDIS_URL", "names no host" },
        { "REDIS_URL=http://cache.internal", "REDIS_URL", "these schemes" },
        { "REDIS_URL=\nREDIS_HOST=cache.internal\nREDIS_PASSWORD=Vb3nT8yUe1Ws", "REDIS_HOST",
          "plain text" },
        { "REDIS_URL=\nREDIS_HOST=cache.internal", "REDIS_PASSWORD", "is missing" },
        { "REDIS_PORT=6379x", "REDIS_PORT", "whole number" },
        { "NEO4J_URI=https://graph.internal", "NEO4J_PASSWORD", "is missing" },
        { "NEO4J_URI=https://graph.internal\nNEO4J_PASSWORD=neo4j", "NEO4J_PASSWORD", "default" },
        { "NEO4J_URI=http://graph.internal\nNEO4J_PASSWORD=Vb3nT8yUe1Ws", "NEO4J_URI",
          "use https" },
        { "NEO4J_URI=bolt://graph.internal\nNEO4J_PASSWORD=Vb3nT8yUe1Ws", "NEO4J_URI", "schemes" },
        { "SLACK_WEBHOOK_URL=http://hooks.internal/T0/B0/x", "SLACK_WEBHOOK_URL", "use https" },
        { "SLACK_WEBHOOK_URL=hooks.internal", "SLACK_WEBHOOK_URL", "is no URL" },
        { "CORS_ORIGINS=*", "CORS_ORIGINS", "allows every origin" },
        { "CORS_ORIGINS=https://a.internal,https://*.internal", "CORS_ORIGINS", "allows every" },
        { "CORS_ORIGINS=a.internal", "CORS_ORIGINS", "must list origins" },
        { "LOG_LEVEL=debug", "LOG_LEVEL", "debug logs" },
        { "LOG_LEVEL=loud", "LOG_LEVEL", "must be one of" },
        { "ENVIRONMENT=prodution", "ENVIRONMENT", "must be one of" },
        { "LLM_TOTAL_TIMEOUT_MS=soon", "LLM_TOTAL_TIMEOUT_MS", "whole number" },
        { "LLM_TOTAL_TIMEOUT_MS=-1", "LLM_TOTAL_TIMEOUT_MS", "whole number" },
        { "LLM_RETRIES=1000", "LLM_RETRIES", "from 0 to 100" },
        { "APE_STATE_DIR=\"/var/lib/ape\\n\"", "APE_STATE_DIR", "control character" },
    };

    return cr_make_param_array(bad, rows, sizeof(rows) / sizeof(rows[0]));
}

/* The values above must not be in what is told. */
static void assert_no_value_shows(const char *text)
{
    static const char *const secrets[] = { "9f3ac07be",       "1d5c83420e", "makebelieve",
                                           "k7Rw2vQx9",       "Vb3nT8yUe",  "changeme",
                                           "0123456789abcdef" };

    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
        cr_assert_null(strstr(text, secrets[i]), "a value shows in: %s", text);
}

ParameterizedTest(bad *row, settings_check, refuses)
{
    ape_settings *s = load(good, row->lines);
    ape_text *report = NULL;
    const char *reason;
    ape_error err;

    cr_assert_eq(ape_settings_check(s, &report, &err), APE_ERR_REFUSED, "accepted: %s", row->lines);
    reason = reason_for(ape_text_data(report), row->name, "error");
    cr_assert_not_null(reason, "%s is not named in %s", row->name, ape_text_data(report));
    cr_assert_not_null(strstr(reason, row->says), "%s: %s", row->name, reason);
    assert_no_value_shows(ape_text_data(report));
    assert_no_value_shows(err.message);
    ape_text_free(report);
    ape_settings_free(s);
}

typedef struct fine {
    char lines[200];
} fine;

ParameterizedTestParameters(settings_check, accepts)
{
    static fine rows[] = {
        { "DATABASE_URL=\nREDIS_URL=" },
        { "DATABASE_URL=postgresql:///ape?host=/run/postgresql" },
        { "DATABASE_URL=postgresql://ape:k7Rw2vQx9LmZ@127.0.0.1/ape" },
        { "DATABASE_URL=postgresql://ape:k7Rw2vQx9LmZ@[::1]:5432/ape" },
        { "DATABASE_URL=postgresql://ape:k7Rw2vQx9LmZ@postgres/ape\nAPE_PLAINTEXT_HOSTS=redis, "
          "postgres" },
        { "REDIS_URL=redis://127.0.0.1:6379" },
        { "REDIS_URL=unix:///run/redis.sock" },
        { "DEEPSEEK_API_KEY=\nLLM_CHAIN=builtin" },
        { "LLM_CHAIN=ollama,builtin\nOLLAMA_BASE_URL=http://localhost:11434/v1" },
        { "LLM_CHAIN=my-model\nMY_MODEL_API_KEY=sk-makebelieve-5b1d93ef07a2c4" },
        { "CORS_ORIGINS=https://a.internal, https://b.internal" },
        { "SECRET_KEY=Zm9yIGEgdGVzdDogNDJrQXEwUHdKeFZ1" },
        { "SECRET_KEY_PREVIOUS=1d5c83420e7ab45fd1926c38f4a05be7719dc26a\n"
          "SECRET_KEY_PREVIOUS_UNTIL=2022-12-30T00:00:00Z" },
        { "GITHUB_API_KEY=x" }, /* another program's */
    };

    return cr_make_param_array(fine, rows, sizeof(rows) / sizeof(rows[0]));
}

ParameterizedTest(fine *row, settings_check, accepts)
{
    ape_settings *s = load(good, row->lines);
    ape_error err = { .message = "" };

    cr_assert_eq(ape_settings_check(s, NULL, &err), APE_OK, "%s: %s", row->lines, err.message);
    ape_settings_free(s);
}

Test(settings_check, unsafe_is_a_warning_in_staging_and_silent_in_development)
{
    ape_settings *s = load("ENVIRONMENT=staging\nSECRET_KEY=changeme\n", "");
    ape_text *report;

    cr_assert_eq(ape_settings_check(s, &report, NULL), APE_OK);
    cr_assert_not_null(reason_for(ape_text_data(report), "SECRET_KEY", "warning"));
    ape_text_free(report);
    ape_settings_free(s);

    s = load("SECRET_KEY=changeme\n", "");
    cr_assert_eq(ape_settings_check(s, &report, NULL), APE_OK);
    cr_assert_not_null(strstr(ape_text_data(report), "\"findings\":[]"));
    ape_text_free(report);
    ape_settings_free(s);
}

Test(settings_check, file_open_to_everybody)
{
    ape_settings *s;
    ape_error err;

    chmod(path, 0644);
    s = load(good, "");
    cr_assert_eq(ape_settings_check(s, NULL, &err), APE_ERR_REFUSED);
    cr_assert_not_null(strstr(err.message, ".env can be read by every user"), "%s", err.message);
    ape_settings_free(s);
    chmod(path, 0602);
    s = load(good, "");
    cr_assert_eq(ape_settings_check(s, NULL, &err), APE_ERR_REFUSED);
    cr_assert_not_null(strstr(err.message, ".env can be written"), "%s", err.message);
    ape_settings_free(s);
}

typedef struct typo {
    char line[40];
    char name[32];
    char meant[32];
} typo;

ParameterizedTestParameters(settings_check, names_near_a_known_one)
{
    static typo rows[] = {
        { "POSTGRES_PASWORD=x", "POSTGRES_PASWORD", "POSTGRES_PASSWORD" },
        { "POSTGRES_PASSWROD=x", "POSTGRES_PASSWROD", "POSTGRES_PASSWORD" },
        { "DEEPSEK_API_KEY=x", "DEEPSEK_API_KEY", "DEEPSEEK_API_KEY" },
        { "SECRETKEY=x", "SECRETKEY", "SECRET_KEY" },
        { "secret_key=x", "secret_key", "SECRET_KEY" },
        { "ENVIROMENT=x", "ENVIROMENT", "ENVIRONMENT" },
        { "REDIS_ULR=x", "REDIS_ULR", "REDIS_URL" },
        { "LLM_TOTAL_TIMEOUT=x", "LLM_TOTAL_TIMEOUT", "" },
        { "LOGLEVEL=x", "LOGLEVEL", "LOG_LEVEL" },
        { "LOGNAME=x", "LOGNAME", "" },
        { "HOME=x", "HOME", "" },
        { "GITHUB_API_KEY=x", "GITHUB_API_KEY", "" },
    };

    return cr_make_param_array(typo, rows, sizeof(rows) / sizeof(rows[0]));
}

ParameterizedTest(typo *row, settings_check, names_near_a_known_one)
{
    ape_settings *s = load(row->line, "");
    const char *reason;
    ape_text *report;

    cr_assert_eq(ape_settings_check(s, &report, NULL), APE_OK);
    reason = reason_for(ape_text_data(report), row->name, "warning");
    if (row->meant[0])
        cr_assert(reason && strstr(reason, row->meant), "%s", ape_text_data(report));
    else
        cr_assert_null(reason, "%s", reason);
    ape_text_free(report);
    ape_settings_free(s);
}

Test(settings_check, rotation_believes_the_previous_key_until_its_time)
{
    ape_settings *s = load("SECRET_KEY=new\nSECRET_KEY_PREVIOUS=old\n"
                           "SECRET_KEY_PREVIOUS_UNTIL=2022-12-28T00:00:01Z\n",
                           "");

    cr_assert_str_eq(ape_settings_get_signing_key(s, 0), "new");
    cr_assert_str_eq(ape_settings_get_signing_key(s, 1), "old");
    cr_assert_null(ape_settings_get_signing_key(s, 2));
    counting.wall_ms += 999;
    cr_assert_not_null(ape_settings_get_signing_key(s, 1));
    counting.wall_ms += 1;
    cr_assert_null(ape_settings_get_signing_key(s, 1));
    cr_assert_eq(ape_settings_set(s, "SECRET_KEY_PREVIOUS_UNTIL", "some day", NULL), APE_OK);
    cr_assert_null(ape_settings_get_signing_key(s, 1));
    ape_settings_free(s);
}

Test(settings_check, defaults)
{
    ape_settings *s = load("POSTGRES_PORT=1\n", "");

    cr_assert_str_eq(ape_settings_get_or_default(s, "POSTGRES_PORT"), "1");
    cr_assert_str_eq(ape_settings_get_or_default(s, "POSTGRES_USER"), "ape");
    cr_assert_null(ape_settings_get_or_default(s, "NO_SUCH_SETTING"));
    cr_assert_null(ape_settings_get_or_default(s, "DATABASE_URL"));
    ape_settings_free(s);
}

Test(settings_check, description_masks_secrets)
{
    ape_settings *s = load(good, "LLM_CHAIN=deepseek,gemini\nGEMINI_API_KEY=makebelieve-gemini\n");
    ape_text *text;

    cr_assert_eq(ape_settings_describe(s, &text, NULL), APE_OK);
    cr_assert_not_null(strstr(ape_text_data(text), "\"name\":\"GEMINI_API_KEY\""));
    cr_assert_not_null(
        strstr(ape_text_data(text),
               "\"postgresql://ape:********@db.internal:5432/ape?sslmode=verify-full\""));
    cr_assert_not_null(strstr(ape_text_data(text), "\"source\":\"file\""));
    assert_no_value_shows(ape_text_data(text));
    ape_text_free(text);
    cr_assert_eq(ape_settings_set(s, "DATABASE_URL", "postgresql:///a?password=k7Rw2vQx9LmZ", NULL),
                 APE_OK);
    cr_assert_eq(ape_settings_set(s, "REDIS_URL", "Vb3nT8yUe1Ws", NULL), APE_OK);
    cr_assert_eq(ape_settings_describe(s, &text, NULL), APE_OK);
    assert_no_value_shows(ape_text_data(text));
    ape_text_free(text);
    ape_settings_free(s);
}

Test(settings_check, null_arguments)
{
    ape_settings *s = load("", "");
    ape_text *text;

    cr_assert_eq(ape_settings_check(NULL, NULL, NULL), APE_ERR_INVALID);
    cr_assert_eq(ape_settings_describe(NULL, &text, NULL), APE_ERR_INVALID);
    cr_assert_eq(ape_settings_describe(s, NULL, NULL), APE_ERR_INVALID);
    cr_assert_null(ape_settings_get_or_default(s, NULL));
    ape_settings_free(s);
}
