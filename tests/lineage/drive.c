/* SPDX-License-Identifier: MIT */
/* Does what lines on standard input say with a lineage of the environment's settings:
 *
 *     ask QUESTION     ask an orchestrator that has the lineage; prints the answer's status
 *     post JSON        queue an answer; prints the status
 *     repeat N JSON    the same N times; prints how often the queue was full
 *     flush MS         wait; prints the status
 *     counts           prints written and dropped
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ape/orchestrator.h>

typedef struct parts {
    ape_metrics_registry *registry;
    ape_lineage *lineage;
    ape_orchestrator *orchestrator;
} parts;

static uint32_t number(const char *name, uint32_t fallback)
{
    const char *text = getenv(name);

    return text ? (uint32_t)strtoul(text, NULL, 10) : fallback;
}

static void print_log(void *user, ape_log_level level, const char *area, const char *message)
{
    (void)user, (void)level;
    fprintf(stderr, "%s: %s\n", area, message);
}

static ape_host *make_host(void)
{
    ape_host *host = NULL;
    ape_host_options opts;

    ape_host_options_init(&opts, sizeof(opts));
    opts.log = print_log;
    return ape_host_new(&opts, &host, NULL) == APE_OK ? host : NULL;
}

static bool make_lineage(parts *p)
{
    ape_host *host = make_host();
    ape_settings *settings;
    ape_lineage_options opts;
    ape_error err;
    ape_status st;

    if (ape_settings_new(NULL, NULL, &settings, &err) != APE_OK ||
        ape_metrics_registry_new(NULL, NULL, &p->registry, &err) != APE_OK)
        return false;
    ape_lineage_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    opts.metrics = p->registry;
    opts.interval_ms = number("INTERVAL_MS", 10);
    opts.queue_limit = number("QUEUE_LIMIT", 1000);
    opts.retries = number("RETRIES", 3);
    st = ape_lineage_new(host, &opts, &p->lineage, &err);
    ape_host_free(host);
    ape_settings_free(settings);
    if (st != APE_OK)
        printf("%s %s\n", ape_status_name(st), err.message);
    else if (!p->lineage)
        puts("off");
    fflush(stdout);
    return st == APE_OK;
}

static void ask(parts *p, const char *question)
{
    ape_orchestrator_options opts;
    ape_answer *answer;
    ape_error err;

    ape_orchestrator_options_init(&opts, sizeof(opts));
    opts.lineage = p->lineage;
    if (!p->orchestrator && ape_orchestrator_new(NULL, &opts, &p->orchestrator, &err) != APE_OK) {
        puts(err.message);
        return;
    }
    if (ape_orchestrator_query(p->orchestrator, question, strlen(question), NULL, &answer, &err) !=
        APE_OK) {
        puts(err.message);
        return;
    }
    puts(ape_answer_json(answer));
    ape_answer_free(answer);
}

static void repeat(parts *p, char *rest)
{
    unsigned long full = 0, times = strtoul(rest, &rest, 10);

    rest++;
    for (unsigned long i = 0; i < times; i++)
        full += ape_lineage_post(p->lineage, rest, strlen(rest), NULL) == APE_ERR_LIMIT;
    printf("%lu\n", full);
}

static void print_counts(const parts *p)
{
    ape_text *text;
    char *line, *rest;

    if (ape_metrics_registry_to_text(p->registry, APE_METRICS_TEXT, &text, NULL) != APE_OK)
        return;
    rest = strdup(ape_text_data(text));
    for (line = strtok(rest, "\n"); line; line = strtok(NULL, "\n"))
        if (strncmp(line, "ape_lineage_answers_total{", 26) == 0)
            printf("%s ", strrchr(line, ' ') + 1);
    putchar('\n');
    free(rest);
    ape_text_free(text);
}

static void obey(parts *p, char *line)
{
    char *rest = strchr(line, ' ');

    rest = rest ? rest + 1 : line;
    if (strncmp(line, "ask ", 4) == 0)
        ask(p, rest);
    else if (strncmp(line, "post ", 5) == 0)
        puts(ape_status_name(ape_lineage_post(p->lineage, rest, strlen(rest), NULL)));
    else if (strncmp(line, "repeat ", 7) == 0)
        repeat(p, rest);
    else if (strncmp(line, "flush ", 6) == 0)
        puts(ape_status_name(ape_lineage_flush(p->lineage, (uint32_t)strtoul(rest, NULL, 10))));
    else
        print_counts(p);
    fflush(stdout);
}

int main(void)
{
    parts p = { NULL };
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    bool made = make_lineage(&p);

    while (made && (size = getline(&line, &capacity, stdin)) > 0) {
        line[size - 1] = '\0';
        obey(&p, line);
    }
    free(line);
    ape_orchestrator_free(p.orchestrator);
    ape_lineage_free(p.lineage);
    ape_metrics_registry_free(p.registry);
    return made ? 0 : 1;
}
