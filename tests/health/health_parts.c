/* SPDX-License-Identifier: MIT */
/* health_parts APE_VEE: the ready-made checks, of the library's own parts, and of Neo4j, each well
 * and in trouble. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ape/health_checks.h>

#include "core/json.h"
#include "llm_client/client.h"

#include "counting_host.h"
#include "metrics_text.h"
#include "servers.h"

static counting_host counting;
static ape_health_checker *checker;
static const char *helper;

/* A server that answers each request in the same way, and keeps what it was asked. */
typedef struct web_server {
    int listener;
    int port;
    int status;
    const char *body;
    char request[4096];
    pthread_t thread;
} web_server;

static void answer(web_server *s, int fd)
{
    size_t size = 0;
    char head[160];
    ssize_t got;
    bool is_whole = false;

    while (!is_whole && (got = read(fd, s->request + size, sizeof(s->request) - 1 - size)) > 0) {
        size += (size_t)got;
        s->request[size] = '\0';
        is_whole = strncmp(s->request, "POST", 4) == 0 ? strstr(s->request, "]}") != NULL
                                                       : strstr(s->request, "\r\n\r\n") != NULL;
    }
    snprintf(head, sizeof(head),
             "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", s->status,
             strlen(s->body));
    if (is_whole && write(fd, head, strlen(head)) > 0 && write(fd, s->body, strlen(s->body)) < 0)
        perror("write");
    close(fd);
}

static void *serve(void *user)
{
    web_server *s = user;
    int fd;

    while ((fd = accept(s->listener, NULL, NULL)) >= 0)
        answer(s, fd);
    return NULL;
}

static void web_server_start(web_server *s)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);

    s->status = 200;
    s->body = "{}";
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    test_expect(bind(s->listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                    listen(s->listener, 10) == 0 &&
                    getsockname(s->listener, (struct sockaddr *)&address, &size) == 0,
                "no port");
    s->port = ntohs(address.sin_port);
    test_expect(pthread_create(&s->thread, NULL, serve, s) == 0, "no thread");
}

static void web_server_stop(web_server *s)
{
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
}

/* One run of everything; what it says of one check. */
static void expect(const char *name, const char *status, const char *message)
{
    ape_text *text;
    const cJSON *check;
    const char *found;
    cJSON *root;

    counting.now_ms += 60000;
    ape_health_checker_run_due(checker);
    test_expect(ape_health_checker_to_json(checker, APE_HEALTH_DETAILED, &text, NULL) == APE_OK,
                "no report");
    test_expect(ape__json_parse(ape_text_data(text), ape_text_size(text), &root, NULL) == APE_OK,
                "no JSON");
    check = ape__json_get_object(ape__json_get_object(root, "checks"), name);
    found = ape__json_get_string(check, "status");
    test_expect(found && strcmp(found, status) == 0, "%s is not %s: %s", name, status,
                ape_text_data(text));
    found = ape__json_get_string(check, "last_error");
    test_expect(message[0] == '\0' || (found && strstr(found, message)), "%s does not say %s: %s",
                name, message, ape_text_data(text));
    test_expect(!strstr(ape_text_data(text), "canary"), "a secret is shown: %s",
                ape_text_data(text));
    cJSON_Delete(root);
    ape_text_free(text);
}

static ape_health_check_options at_once(void)
{
    ape_health_check_options opts;

    ape_health_check_options_init(&opts, sizeof(opts));
    opts.rise = opts.fall = 1;
    opts.timeout_ms = 30000;
    return opts;
}

static void begin(void)
{
    ape_health_checker_options opts;

    ape_health_checker_options_init(&opts, sizeof(opts));
    opts.workers = 0;
    test_expect(ape_health_checker_new(counting.host, &opts, &checker, NULL) == APE_OK, "-");
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[160];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "we");
    test_expect(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s", path);
}

static ape_market *market_of(const char *folder)
{
    ape_market_options opts;
    ape_market *market;
    ape_error err = { .message = "" };

    ape_market_options_init(&opts, sizeof(opts));
    opts.data_dir = folder;
    test_expect(ape_market_new(counting.host, &opts, &market, &err) == APE_OK, "%s", err.message);
    return market;
}

/* It is 2022-12-28 for the counting host. */
static void prices_may_be_old_or_missing(void)
{
    ape_health_check_options opts = at_once();
    char folder[64], empty[64];
    ape_market *market, *nothing;

    begin();
    test_folder_new(folder);
    test_folder_new(empty);
    write_file(folder, "AAPL.csv", "Date,Close\n2022-12-01,100\n2022-12-20,101\n");
    write_file(empty, "AAPL.csv", "Date,Close\n");
    market = market_of(folder);
    nothing = market_of(empty);
    test_expect(
        ape_health_checker_add_market(checker, "any", market, 0, &opts, NULL) == APE_OK &&
            ape_health_checker_add_market(checker, "young", market, 8, &opts, NULL) == APE_OK &&
            ape_health_checker_add_market(checker, "old", market, 7, &opts, NULL) == APE_OK &&
            ape_health_checker_add_market(checker, "none", nothing, 0, &opts, NULL) == APE_OK,
        "-");
    ape_market_free(market);
    ape_market_free(nothing);
    expect("any", "healthy", "");
    expect("young", "healthy", "");
    expect("old", "degraded", "the newest prices are of 2022-12-20, 8 days ago");
    expect("none", "unhealthy", "no file ends with a dated line");
    ape_health_checker_free(checker);
    test_folder_remove(folder);
    test_folder_remove(empty);
}

static ape_settings *settings_of(const char *const (*pairs)[2], size_t count)
{
    ape_settings_options opts;
    ape_settings *settings;

    ape_settings_options_init(&opts, sizeof(opts));
    opts.ignore_environment = 1;
    test_expect(ape_settings_new(counting.host, &opts, &settings, NULL) == APE_OK, "-");
    for (size_t i = 0; i < count; i++)
        test_expect(ape_settings_set(settings, pairs[i][0], pairs[i][1], NULL) == APE_OK, "-");
    return settings;
}

static ape_llm_client *client_of(int port)
{
    char url[64];
    const char *const pairs[][2] = {
        { "LLM_CHAIN", "deepseek,anthropic,openai,builtin" },
        { "DEEPSEEK_API_KEY", "make-believe-canary-key" },
        { "DEEPSEEK_BASE_URL", url },
        { "ANTHROPIC_API_KEY", "make-believe-canary-key" },
        { "ANTHROPIC_BASE_URL", url },
    };
    ape_llm_client *client;
    ape_settings *settings;
    ape_error err = { .message = "" };

    snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
    settings = settings_of(pairs, sizeof(pairs) / sizeof(pairs[0]));
    test_expect(ape_llm_client_new(counting.host, settings, &client, &err) == APE_OK, "%s",
                err.message);
    ape_settings_free(settings);
    return client;
}

/* Its provider asks for a pause. */
static void open_breaker(ape_llm_client *client, size_t link, uint64_t pause_ms)
{
    ape__llm_chain *chain = ape__llm_client_chain(client);
    ape_circuit_breaker *breaker = chain->providers[link].breaker;
    ape_circuit_breaker_ticket ticket;

    test_expect(ape_circuit_breaker_acquire(breaker, &ticket) == APE_OK &&
                    ape_circuit_breaker_report_rejected(breaker, &ticket, pause_ms) == APE_OK,
                "-");
    ape__llm_chain_free(chain);
}

static void a_model_is_as_its_breaker_is(void)
{
    static const char *const names[] = { "deepseek", "anthropic", "openai", "builtin" };
    ape_health_check_options opts = at_once();
    ape_llm_client *client = client_of(1);
    ape_error err;

    begin();
    for (int i = 0; i < 4; i++)
        test_expect(ape_health_checker_add_llm_provider(checker, client, names[i], 0, &opts,
                                                        &err) == APE_OK,
                    "%s", err.message);
    test_expect(ape_health_checker_add_llm_provider(checker, client, "nobody", 0, &opts, &err) ==
                        APE_ERR_NOT_FOUND &&
                    strcmp(err.message, "\"nobody\" is not in the chain") == 0,
                "%s", err.message);
    test_expect(ape_health_checker_add_llm_provider(checker, client, "deepseek", 2, &opts, NULL) ==
                    APE_ERR_INVALID,
                "-");
    expect("deepseek", "healthy", "");
    expect("openai", "unhealthy", "it has no key");
    expect("builtin", "healthy", "");
    open_breaker(client, 0, 150000);
    expect("deepseek", "unhealthy", "circuit breaker open for another 90 s");
    expect("anthropic", "healthy", "");
    expect("deepseek", "degraded", "half open");
    test_expect(ape_llm_client_reload(client, NULL, NULL) == APE_OK, "-");
    expect("deepseek", "unhealthy", "it is not in the chain any more");
    ape_llm_client_free(client);
    ape_health_checker_free(checker);
}

static void a_model_may_be_asked(void)
{
    ape_health_check_options opts = at_once();
    web_server web;
    ape_llm_client *client;

    begin();
    web_server_start(&web);
    client = client_of(web.port);
    test_expect(ape_health_checker_add_llm_provider(checker, client, "deepseek", 1, &opts, NULL) ==
                    APE_OK,
                "-");
    expect("deepseek", "healthy", "");
    test_expect(strncmp(web.request, "GET /models HTTP/1.1\r\n", 22) == 0 &&
                    strstr(web.request, "\r\nAuthorization: Bearer make-believe-canary-key\r\n"),
                "%s", web.request);
    web.status = 429;
    expect("deepseek", "healthy", "");
    web.status = 401;
    expect("deepseek", "unhealthy", "HTTP status 401: the key is wrong");
    web.status = 503;
    expect("deepseek", "unhealthy", "HTTP status 503");
    test_expect(ape_health_checker_remove(checker, "deepseek", NULL) == APE_OK, "-");
    web.status = 200;
    test_expect(ape_health_checker_add_llm_provider(checker, client, "anthropic", 1, &opts, NULL) ==
                    APE_OK,
                "-");
    expect("anthropic", "healthy", "");
    test_expect(strncmp(web.request, "GET /v1/models HTTP/1.1\r\n", 25) == 0 &&
                    strstr(web.request, "\r\nx-api-key: make-believe-canary-key\r\n") &&
                    strstr(web.request, "\r\nanthropic-version: "),
                "%s", web.request);
    web_server_stop(&web);
    expect("anthropic", "unhealthy", "connect");
    ape_llm_client_free(client);
    ape_health_checker_free(checker);
}

static void neo4j_answers_a_query(void)
{
    static const struct {
        int status;
        const char *body, *health, *message;
    } rows[] = {
        { 200, "{\"results\":[{\"columns\":[\"1\"],\"data\":[{\"row\":[1]}]}],\"errors\":[]}",
          "healthy", "" },
        { 200,
          "{\"results\":[],\"errors\":[{\"code\":\"Neo.TransientError.General\",\"message\":\"\"}]"
          "}",
          "unhealthy", "Neo.TransientError.General" },
        { 200, "{\"results\":[],\"errors\":[]}", "unhealthy", "returned nothing" },
        { 200, "<html>", "unhealthy", "not Neo4j's" },
        { 200, "{}", "unhealthy", "not Neo4j's" },
        { 401, "{}", "unhealthy", "user or password is wrong" },
        { 500, "{}", "unhealthy", "HTTP status 500" },
    };
    ape_health_check_options opts = at_once();
    web_server web;
    char url[64];

    begin();
    web_server_start(&web);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", web.port);
    test_expect(ape_health_checker_add_neo4j(checker, "neo4j", url, NULL, "canary", &opts, NULL) ==
                    APE_OK,
                "-");
    test_expect(ape_health_checker_add_neo4j(checker, "bolt", "bolt://x", NULL, NULL, NULL, NULL) ==
                    APE_ERR_INVALID,
                "-");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        web.status = rows[i].status;
        web.body = rows[i].body;
        expect("neo4j", rows[i].health, rows[i].message);
    }
    test_expect(strncmp(web.request, "POST /db/neo4j/tx/commit HTTP/1.1\r\n", 35) == 0 &&
                    /* neo4j:canary */
                    strstr(web.request, "\r\nAuthorization: Basic bmVvNGo6Y2FuYXJ5\r\n") &&
                    strstr(web.request, "{\"statement\":\"RETURN 1\"}"),
                "%s", web.request);
    web_server_stop(&web);
    ape_health_checker_free(checker);
}

static void store_and_bus_tell(void)
{
    ape_health_check_options opts = at_once();
    ape_store_options store_options;
    char folder[64];
    ape_store *store;
    ape_bus *bus;

    begin();
    test_folder_new(folder);
    ape_store_options_init(&store_options, sizeof(store_options));
    store_options.state_dir = folder;
    test_expect(ape_store_new(counting.host, &store_options, &store, NULL) == APE_OK, "-");
    test_expect(ape_bus_new(counting.host, NULL, &bus, NULL) == APE_OK, "-");
    test_expect(ape_health_checker_add_store(checker, "store", store, &opts, NULL) == APE_OK &&
                    ape_health_checker_add_bus(checker, "bus", bus, &opts, NULL) == APE_OK,
                "-");
    ape_store_free(store);
    expect("store", "healthy", "");
    expect("bus", "healthy", "");
    ape_health_checker_free(checker);
    ape_bus_free(bus);
    test_folder_remove(folder);
}

/* Servers that are not there. */
static void store_and_bus_are_degraded(void)
{
    static const char *const pairs[][2] = {
        { "DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none" },
        { "REDIS_URL", "redis://127.0.0.1:1" },
    };
    ape_health_check_options opts = at_once();
    ape_settings *settings = settings_of(pairs, 2);
    ape_store_options store_options;
    ape_bus_options bus_options;
    char folder[64];
    ape_store *store;
    ape_bus *bus;

    begin();
    test_folder_new(folder);
    ape_store_options_init(&store_options, sizeof(store_options));
    store_options.state_dir = folder;
    store_options.settings = settings;
    test_expect(ape_store_new(counting.host, &store_options, &store, NULL) == APE_OK, "-");
    ape_bus_options_init(&bus_options, sizeof(bus_options));
    bus_options.settings = settings;
    test_expect(ape_bus_new(counting.host, &bus_options, &bus, NULL) == APE_OK, "-");
    test_expect(ape_health_checker_add_store(checker, "store", store, &opts, NULL) == APE_OK &&
                    ape_health_checker_add_bus(checker, "bus", bus, &opts, NULL) == APE_OK,
                "-");
    ape_store_free(store);
    expect("store", "degraded", "127.0.0.1");
    expect("bus", "degraded", "");
    test_expect(ape_health_checker_get_status(checker) == APE_HEALTH_DEGRADED, "-");
    ape_health_checker_free(checker);
    ape_bus_free(bus);
    ape_settings_free(settings);
    test_folder_remove(folder);
}

static void accuracy_has_a_bar(void)
{
    static const char *const labels[] = { "window", NULL }, *const windows[] = { "golden" };
    ape_health_check_options opts = at_once();
    ape_metrics_registry *registry;
    ape_metric_family *family;
    ape_gauge *gauge;

    begin();
    test_expect(ape_metrics_registry_new(counting.host, NULL, &registry, NULL) == APE_OK, "-");
    test_expect(ape_health_checker_add_accuracy(checker, "right", registry, "golden", 0.9333, &opts,
                                                NULL) == APE_OK,
                "-");
    test_expect(ape_health_checker_add_accuracy(checker, "x", registry, "golden", 93, &opts,
                                                NULL) == APE_ERR_INVALID,
                "-");
    expect("right", "healthy", "");
    test_expect(ape_metrics_registry_add_gauge(registry, "ape_accuracy", "A.", labels, &family,
                                               NULL) == APE_OK,
                "-");
    expect("right", "healthy", "");
    test_expect(!metrics_hold(registry, "ape_accuracy{"), "looking makes a series");
    test_expect(ape_metric_family_get_gauge(family, windows, &gauge, NULL) == APE_OK, "-");
    ape_gauge_set(gauge, 0.9);
    expect("right", "degraded", "90.0 % were right, at least 93.3 % are wanted");
    ape_gauge_set(gauge, 0.9333);
    expect("right", "healthy", "");
    ape_metrics_registry_free(registry);
    ape_health_checker_free(checker);
}

static void add_sandbox(const char *name, const char *python, ape_market *market)
{
    ape_health_check_options opts = at_once();
    ape_sandbox_options sandbox_options;
    ape_sandbox *sandbox;
    ape_error err = { .message = "" };

    ape_sandbox_options_init(&sandbox_options, sizeof(sandbox_options));
    sandbox_options.python_path = python;
    sandbox_options.helper_path = helper;
    test_expect(ape_sandbox_new(counting.host, market, &sandbox_options, &sandbox, &err) == APE_OK,
                "%s", err.message);
    test_expect(ape_health_checker_add_sandbox(checker, name, sandbox, &opts, NULL) == APE_OK, "-");
    ape_sandbox_free(sandbox);
}

static void the_sandbox_runs_a_line(void)
{
    ape_market *market;
    char folder[64];

    begin();
    test_folder_new(folder);
    write_file(folder, "AAPL.csv", "Date,Close\n2022-12-01,100\n2022-12-20,101\n");
    market = market_of(folder);
    add_sandbox("vee", NULL, market);
    add_sandbox("no-python", "/no/such/python", market);
    ape_market_free(market);
    expect("vee", "healthy", "");
    expect("no-python", "unhealthy", "/no/such/python");
    ape_health_checker_free(checker);
    test_folder_remove(folder);
}

int main(int argc, char **argv)
{
    helper = argc > 1 ? argv[1] : NULL;
    counting_host_init(&counting);
    prices_may_be_old_or_missing();
    a_model_is_as_its_breaker_is();
    a_model_may_be_asked();
    neo4j_answers_a_query();
    store_and_bus_tell();
    store_and_bus_are_degraded();
    accuracy_has_a_bar();
    the_sandbox_runs_a_line();
    test_expect(counting_host_done(&counting), "something was not given back");
    return 0;
}
