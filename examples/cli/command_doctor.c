/* SPDX-License-Identifier: MIT */

#include "json.h"
#include "session.h"

static void print_description(const char *description)
{
    cJSON *json = cJSON_Parse(description);
    const cJSON *runtime = json_member(json, "runtime");
    const char *why_not_higher = cJSON_GetStringValue(json_member(json, "why_not_higher"));
    const cJSON *mechanism;

    printf("isolation  level %s, proved by a self-test:", json_text(json, "level"));
    cJSON_ArrayForEach(mechanism, json_member(json, "mechanisms"))
        printf(" %s", cJSON_GetStringValue(mechanism));
    printf("\nnot more   %s", why_not_higher ? why_not_higher : "there is no higher level");
    if (json_number(json, "landlock_abi") > 0)
        printf("\nlandlock   version %.0f of its interface", json_number(json, "landlock_abi"));
    else
        printf("\nlandlock   not in this kernel: the private root alone hides files");
    printf("\nfilter     sha256 %s", json_text(json, "filter_sha256"));
    printf("\ncgroups    not used: limits of memory and time are those of each process");
    printf("\nruntime    Python %s, numpy %s, pandas %s\n", json_text(runtime, "python"),
           json_text(runtime, "numpy"), json_text(runtime, "pandas"));
    cJSON_Delete(json);
}

static int describe(ape_sandbox *sandbox, bool json)
{
    ape_text *description;
    ape_error err;

    if (ape_sandbox_describe(sandbox, &description, &err) != APE_OK)
        return complain(&err);
    if (json)
        puts(ape_text_data(description));
    else
        print_description(ape_text_data(description));
    ape_text_free(description);
    return EXIT_DONE;
}

typedef struct doctor_arguments {
    bool json;
} doctor_arguments;

static const command_option options[] = {
    JSON_OPTION(doctor_arguments, json),
    OPTIONS_END,
};

static int run(int argc, char **argv)
{
    doctor_arguments args = { .json = false };
    int word = parse_options(&command_doctor, argc, argv, &args), status;
    ape_sandbox *sandbox;

    if (word < 0)
        return EXIT_USAGE;
    if (word != argc)
        return usage_error(&command_doctor, "doctor takes no argument: '%s'", argv[word]);
    sandbox = open_sandbox(NULL, &status);
    if (!sandbox)
        return status;
    status = describe(sandbox, args.json);
    ape_sandbox_free(sandbox);
    return status;
}

const command command_doctor = {
    .name = "doctor",
    .arguments = "[OPTION]...",
    .summary = "Say what isolation this machine gives, and why not more",
    .options = options,
    .help = "\nExit status: 0 programs can run, 1 they cannot, 2 usage.\n",
    .run = run,
};
