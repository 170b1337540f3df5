/* SPDX-License-Identifier: MIT */
#include <ape/settings.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

/*
 * Thirty secrets, each easy to find, are set in every way there is. None may show
 * in what the library says, nor be left in memory that it gives back.
 */

enum { CANARIES = 30 };

static const char *const names[CANARIES] = {
    "SECRET_KEY",         "SECRET_KEY_PREVIOUS", "API_KEYS",          "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",     "NEO4J_PASSWORD",      "SLACK_WEBHOOK_URL", "DEEPSEEK_API_KEY",
    "ANTHROPIC_API_KEY",  "OPENAI_API_KEY",      "GEMINI_API_KEY",    "MISTRAL_API_KEY",
    "GROQ_API_KEY",       "TOGETHER_API_KEY",    "AZURE_API_KEY",     "DATABASE_URL",
    "REDIS_URL",          "NEO4J_URI",           "DEEPSEEK_BASE_URL", "OPENAI_BASE_URL",
    "ANTHROPIC_BASE_URL", "SECRETKEY",           "POSTGRES_PASSWROD", "DEEPSEK_API_KEY",
    "SECRET_KEY_PREVIOU", "REDIS_PASWORD",       "OPENAI_API_KEYS",   "NEO4J_PASSWORDS",
    "DATABASE_ULR",       "SLACK_WEBHOOK_ULR",
};

static size_t left_in_memory, said;
static char path[] = "/tmp/ape-bird-XXXXXX";

static size_t canaries_in(const char *bytes, size_t size)
{
    size_t found = 0;

    for (const char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), "canary-", 7)); at++)
        found++;
    return found;
}

/* Never resizes in place, so that what growing leaves behind is seen too. */
static void *inspecting_alloc(void *user, void *ptr, size_t old_size, size_t new_size)
{
    void *fresh = new_size > 0 ? malloc(new_size) : NULL;

    (void)user;
    if (fresh && ptr)
        memcpy(fresh, ptr, old_size < new_size ? old_size : new_size);
    if (ptr)
        left_in_memory += canaries_in(ptr, old_size);
    free(ptr);
    return fresh;
}

static void count_in_log(void *user, ape_log_level level, const char *area, const char *message)
{
    (void)user, (void)level, (void)area;
    said += canaries_in(message, strlen(message));
}

static ape_host *inspecting_host(void)
{
    ape_host_options opts;
    ape_host *host;

    ape_host_options_init(&opts, sizeof(opts));
    opts.alloc = inspecting_alloc;
    opts.log = count_in_log;
    cr_assert_eq(ape_host_new(&opts, &host, NULL), APE_OK);
    return host;
}

/* Every second one as a value of its own, every other within a URL. */
static void write_file(const char *environment)
{
    FILE *f = fopen(path, "w");

    fprintf(f, "ENVIRONMENT=%s\nLLM_CHAIN=gemini,mistral,groq,together,azure\n", environment);
    for (int i = 0; i < CANARIES; i++)
        fprintf(f, strstr(names[i], "UR") ? "%s=\"http://u:canary-%d@h:99x\"\n" : "%s=canary-%d\n",
                names[i], i);
    fclose(f);
}

static void look_everywhere(const char *environment)
{
    ape_host *host = inspecting_host();
    ape_settings_options opts;
    ape_settings *s;
    ape_text *text;
    ape_error err;

    write_file(environment);
    ape_settings_options_init(&opts, sizeof(opts));
    opts.dotenv_path = path;
    cr_assert_eq(ape_settings_new(host, &opts, &s, NULL), APE_OK);
    cr_assert_eq(canaries_in(ape_settings_get(s, "SECRET_KEY"), 7), 1, "the canary was lost");
    cr_assert_eq(ape_settings_check(s, &text, &err), APE_ERR_REFUSED);
    said += canaries_in(ape_text_data(text), ape_text_size(text));
    said += canaries_in(err.message, strlen(err.message));
    ape_text_free(text);
    cr_assert_eq(ape_settings_describe(s, &text, NULL), APE_OK);
    said += canaries_in(ape_text_data(text), ape_text_size(text));
    ape_text_free(text);
    cr_assert_eq(ape_settings_set(s, "OPENAI_API_KEY", "canary-new", NULL), APE_OK);
    cr_assert_eq(ape_settings_set(s, "REDIS_PASSWORD", NULL, NULL), APE_OK);
    ape_settings_free(s);
    ape_host_free(host);
}

Test(settings_canary, thirty_secrets_show_nowhere)
{
    close(mkstemp(path));
    look_everywhere("development");
    look_everywhere("staging");
    look_everywhere("production");
    unlink(path);
    cr_assert_eq(said, 0, "%zu secrets were told", said);
    cr_assert_eq(left_in_memory, 0, "%zu secrets are left in memory", left_in_memory);
}

Test(settings_canary, broken_file_tells_and_leaves_nothing)
{
    ape_host *host = inspecting_host();
    ape_settings_options opts;
    ape_settings *s = NULL;
    ape_error err;
    FILE *f;

    close(mkstemp(path));
    f = fopen(path, "w");
    fputs("SECRET_KEY=canary-1\nAPI_KEYS='canary-2\ncanary-3\n", f);
    fclose(f);
    ape_settings_options_init(&opts, sizeof(opts));
    opts.dotenv_path = path;
    cr_assert_eq(ape_settings_new(host, &opts, &s, &err), APE_ERR_FORMAT);
    unlink(path);
    ape_host_free(host);
    cr_assert_eq(canaries_in(err.message, strlen(err.message)), 0);
    cr_assert_eq(left_in_memory + said, 0);
}
