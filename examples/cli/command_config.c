/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli.h"
#include "json.h"

static void print_findings(const char *report)
{
    cJSON *json = cJSON_Parse(report);
    const cJSON *finding;

    cJSON_ArrayForEach(finding, json_member(json, "findings"))
        printf("%s: %s: %s\n", cJSON_GetStringValue(json_member(finding, "level")),
               cJSON_GetStringValue(json_member(finding, "name")),
               cJSON_GetStringValue(json_member(finding, "reason")));
    printf("%s: %.0f errors, %.0f warnings\n",
           cJSON_GetStringValue(json_member(json, "environment")), json_number(json, "errors"),
           json_number(json, "warnings"));
    cJSON_Delete(json);
}

static int check(const ape_settings *settings, bool json)
{
    ape_text *report = NULL;
    ape_error err;
    ape_status st = ape_settings_check(settings, &report, &err);

    if (!report)
        return complain(&err);
    if (json)
        puts(ape_text_data(report));
    else
        print_findings(ape_text_data(report));
    ape_text_free(report);
    return st == APE_OK ? EXIT_DONE : EXIT_FAILED;
}

/* A value of any type, as it would stand in .env. */
static void print_value(const cJSON *value)
{
    if (cJSON_IsString(value))
        fputs(value->valuestring, stdout);
    else if (cJSON_IsNumber(value))
        printf("%.15g", value->valuedouble);
    else if (cJSON_IsBool(value))
        fputs(cJSON_IsTrue(value) ? "true" : "false", stdout);
}

static void print_settings(const char *description)
{
    cJSON *json = cJSON_Parse(description);
    const cJSON *setting;

    cJSON_ArrayForEach(setting, json_member(json, "settings"))
    {
        const char *source = cJSON_GetStringValue(json_member(setting, "source"));

        printf("%-30s ", cJSON_GetStringValue(json_member(setting, "name")));
        print_value(json_member(setting, "value"));
        printf("%s%s%s\n", source ? "  (" : "", source ? source : "-", source ? ")" : "");
    }
    cJSON_Delete(json);
}

static int show(const ape_settings *settings, bool json)
{
    ape_text *description;
    ape_error err;

    if (ape_settings_describe(settings, &description, &err) != APE_OK)
        return complain(&err);
    if (json)
        puts(ape_text_data(description));
    else
        print_settings(ape_text_data(description));
    ape_text_free(description);
    return EXIT_DONE;
}

static int with_settings(int (*body)(const ape_settings *settings, bool json), bool json)
{
    ape_settings *settings = load_settings();
    int status;

    if (!settings)
        return EXIT_FAILED;
    status = body(settings, json);
    ape_settings_free(settings);
    return status;
}

typedef struct config_arguments {
    bool json;
} config_arguments;

static const command_option options[] = {
    JSON_OPTION(config_arguments, json),
    OPTIONS_END,
};

static int run(int argc, char **argv)
{
    config_arguments args = { .json = false };
    int word = parse_options(&command_config, argc, argv, &args);

    if (word < 0)
        return EXIT_USAGE;
    if (word + 1 == argc && strcmp(argv[word], "check") == 0)
        return with_settings(check, args.json);
    if (word + 1 == argc && strcmp(argv[word], "show") == 0)
        return with_settings(show, args.json);
    return usage_error(&command_config, "say what to do with the settings: check or show");
}

const command command_config = {
    .name = "config",
    .arguments = "check|show [OPTION]...",
    .summary = "Check the settings, or show them with secrets masked",
    .options = options,
    .help = "\nExit status: 0 good, 1 a setting is wrong or unsafe, 2 usage.\n",
    .run = run,
};
