/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "metrics_file.h"
#include "session.h"

typedef struct golden_arguments {
    const char *path;
    const char *data_dir;
    const char *provider;
    const char *rules;
    const char *metrics_path;
    double min_accuracy;
} golden_arguments;

/* One question of the set, and what came of it. */
typedef struct golden_case {
    const char *id;
    const char *question;
    const char *metric;
    const char *as_of;
    double expected;
    double tolerance;
    double value; /* NaN where there is none */
    double total_ms;
    char note[240]; /* why there is no value */
} golden_case;

static bool read_case(const cJSON *item, golden_case *c)
{
    *c = (golden_case){
        .id = cJSON_GetStringValue(json_member(item, "id")),
        .question = cJSON_GetStringValue(json_member(item, "query")),
        .metric = cJSON_GetStringValue(json_member(item, "metric")),
        .as_of = cJSON_GetStringValue(json_member(item, "as_of")),
        .expected = json_number(item, "expected"),
        .tolerance = json_number(item, "tolerance"),
        .value = (double)NAN,
    };
    return c->id && c->question && c->metric && isfinite(c->expected) && isfinite(c->tolerance);
}

/* The value of the metric that was asked for, wherever the result holds it. */
static double find_value(const cJSON *result, const char *metric)
{
    const char *primary = cJSON_GetStringValue(json_member(result, "metric"));

    if (primary && strcmp(primary, metric) == 0)
        return json_number(result, "value");
    return json_number(json_member(result, "values"), metric);
}

static void read_answer(golden_case *c, const ape_answer *answer)
{
    cJSON *json = cJSON_Parse(ape_answer_json(answer));

    c->value = find_value(json_member(json, "result"), c->metric);
    c->total_ms = json_number(json_member(json, "timings_ms"), "total");
    if (!isfinite(c->value))
        snprintf(c->note, sizeof(c->note), "%s", ape_answer_sentence(answer));
    cJSON_Delete(json);
}

static void ask(ape_orchestrator *orchestrator, const golden_arguments *args, golden_case *c)
{
    ape_query_options opts;
    ape_answer *answer;
    ape_error err;

    ape_query_options_init(&opts, sizeof(opts));
    opts.as_of = c->as_of;
    opts.provider = args->provider;
    if (ape_orchestrator_query(orchestrator, c->question, strlen(c->question), &opts, &answer,
                               &err) != APE_OK) {
        snprintf(c->note, sizeof(c->note), "%s", err.message);
        return;
    }
    read_answer(c, answer);
    ape_answer_free(answer);
}

static bool is_right(const golden_case *c)
{
    double scale = fabs(c->expected) > 1 ? fabs(c->expected) : 1;

    return isfinite(c->value) && fabs(c->value - c->expected) <= c->tolerance * scale;
}

static void print_case(const golden_case *c)
{
    bool right = is_right(c), colour = shows_colour(stdout);
    const char *mark = right ? "\033[32m" : "\033[31m";

    printf("%-8s %s%-5s%s %-13s %22.15g %22.15g %8.1f  %s\n", c->id, colour ? mark : "",
           right ? "right" : "WRONG", colour ? "\033[0m" : "", c->metric, c->expected, c->value,
           c->total_ms, isfinite(c->value) ? c->question : c->note);
    fflush(stdout);
}

static int show_accuracy(ape_orchestrator *orchestrator, size_t right, size_t count,
                         double min_accuracy)
{
    double accuracy = (double)right / (double)count;
    ape_error err;

    if (ape_orchestrator_set_accuracy(orchestrator, "golden", accuracy, &err) != APE_OK)
        return complain(&err);
    printf("\n%zu of %zu right: accuracy %.4f (at least %.4f wanted)\n", right, count, accuracy,
           min_accuracy);
    return accuracy >= min_accuracy ? EXIT_DONE : EXIT_FAILED;
}

static int run_cases(ape_orchestrator *orchestrator, const golden_arguments *args,
                     const cJSON *queries)
{
    const cJSON *item;
    size_t right = 0, count = 0;

    printf("%-8s %-5s %-13s %22s %22s %8s  %s\n", "id", "", "metric", "expected", "value", "ms",
           "question");
    cJSON_ArrayForEach(item, queries)
    {
        golden_case c;

        count++;
        if (!read_case(item, &c)) {
            fprintf(stderr,
                    "ape: %s: query %zu must have id, query, metric, expected and tolerance\n",
                    args->path, count);
            return EXIT_FAILED;
        }
        ask(orchestrator, args, &c);
        print_case(&c);
        right += is_right(&c);
    }
    return show_accuracy(orchestrator, right, count, args->min_accuracy);
}

/* The file is written whatever the accuracy is: that is what it is for. */
static int run_measured(ape_orchestrator *orchestrator, const golden_arguments *args,
                        const cJSON *queries)
{
    ape_metrics_registry *registry = metrics_of(orchestrator);
    int status;

    if (!registry)
        return EXIT_FAILED;
    status = run_cases(orchestrator, args, queries);
    if (!write_metrics_file(registry, args->metrics_path))
        status = EXIT_FAILED;
    ape_metrics_registry_free(registry);
    return status;
}

/* NULL where the orchestrator's own will do, or after a complaint. */
static ape_code_sanitizer *sanitizer_for(const golden_arguments *args)
{
    ape_code_sanitizer_options opts;
    ape_code_sanitizer *sanitizer;
    ape_error err;

    if (!args->rules)
        return NULL;
    ape_code_sanitizer_options_init(&opts, sizeof(opts));
    opts.rules = args->rules;
    if (ape_code_sanitizer_new(NULL, &opts, &sanitizer, &err) == APE_OK)
        return sanitizer;
    complain(&err);
    return NULL;
}

static int run_set(const golden_arguments *args, const cJSON *queries)
{
    ape_code_sanitizer *sanitizer = sanitizer_for(args);
    ape_orchestrator *orchestrator;
    int status;

    if (args->rules && !sanitizer)
        return EXIT_USAGE;
    orchestrator = open_orchestrator(args->data_dir, NULL, sanitizer, &status);
    ape_code_sanitizer_free(sanitizer);
    if (!orchestrator)
        return status;
    status = args->metrics_path ? run_measured(orchestrator, args, queries)
                                : run_cases(orchestrator, args, queries);
    ape_orchestrator_free(orchestrator);
    return status;
}

static const command_option options[] = {
    SHARE_OPTION(golden_arguments, min_accuracy, "min-accuracy",
                 "fail below this share of right answers (default 0.9333)"),
    TEXT_OPTION(golden_arguments, metrics_path, "metrics", "FILE",
                "write ape_accuracy and what else was counted, for Prometheus' node_exporter"),
    PROVIDER_OPTION(golden_arguments, provider),
    TEXT_OPTION(golden_arguments, rules, "rules", "LEVELS",
                "levels of the sanitizer's rules, as all=off"),
    DATA_OPTION(golden_arguments, data_dir),
    OPTIONS_END,
};

static int run(int argc, char **argv)
{
    golden_arguments args = { .min_accuracy = 0.9333 };
    const cJSON *queries;
    size_t size;
    cJSON *set;
    char *text;
    int word = parse_options(&command_golden, argc, argv, &args), status;

    if (word < 0)
        return EXIT_USAGE;
    if (word + 1 != argc)
        return usage_error(&command_golden, "name one golden set");
    args.path = argv[word];
    text = read_file(args.path, &size);
    if (!text)
        return EXIT_FAILED;
    set = cJSON_ParseWithLength(text, size);
    free(text);
    queries = json_member(set, "queries");
    if (cJSON_GetArraySize(queries) > 0) {
        status = run_set(&args, queries);
    } else {
        fprintf(stderr, "ape: %s: expected {\"queries\": [...]} with at least one query\n",
                args.path);
        status = EXIT_FAILED;
    }
    cJSON_Delete(set);
    return status;
}

const command command_golden = {
    .name = "golden",
    .arguments = "[OPTION]... FILE",
    .summary = "Ask a set of questions with known answers, and count the right ones",
    .options = options,
    .help = "\nFILE is {\"queries\": [{\"id\", \"query\", \"metric\", \"expected\", "
            "\"tolerance\"}]}; an "
            "\"as_of\"\n"
            "date is optional. Right means |value - expected| <= tolerance * max(1, |expected|).\n"
            "Exit status: 0 at or above the bar, 1 below it, 2 usage.\n",
    .run = run,
};
