/* SPDX-License-Identifier: MIT */
/* The notifier beside a webhook of our own that takes, delays, refuses and asks to wait. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <ape/notifier.h>

enum {
    MESSAGES_MAX = 64,
    BODY_SIZE = 32768,
};

/* What the webhook got, and what it is to answer next. */
static struct {
    pthread_mutex_t lock;
    char bodies[MESSAGES_MAX][BODY_SIZE];
    double at_ms[MESSAGES_MAX];
    int count;
    const char *answers[MESSAGES_MAX]; /* NULL: 200 */
    int port, fd;
    atomic_bool stop;
} hook = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int wrong;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
            wrong++;                                                                               \
        }                                                                                          \
    } while (0)

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

/* The body of one request; false if the client went away. */
static bool read_body(int fd, char *body)
{
    static char request[BODY_SIZE + 4096];
    size_t size = 0, wanted = SIZE_MAX;
    char *start = NULL;

    while (size < wanted && size + 1 < sizeof(request)) {
        ssize_t got = read(fd, request + size, sizeof(request) - 1 - size);

        if (got <= 0)
            return false;
        size += (size_t)got;
        request[size] = '\0';
        if (!start && (start = strstr(request, "\r\n\r\n")) != NULL) {
            const char *length = strcasestr(request, "Content-Length:");

            start += 4;
            wanted = (size_t)(start - request) + strtoul(length ? length + 15 : "0", NULL, 10);
        }
    }
    snprintf(body, BODY_SIZE, "%s", start);
    return true;
}

static void answer(int fd)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    const char *reply = ok;
    int i;

    pthread_mutex_lock(&hook.lock);
    i = hook.count;
    pthread_mutex_unlock(&hook.lock);
    if (i == MESSAGES_MAX || !read_body(fd, hook.bodies[i]))
        return;
    pthread_mutex_lock(&hook.lock);
    hook.at_ms[i] = now_ms();
    if (hook.answers[i])
        reply = hook.answers[i];
    hook.count++;
    pthread_mutex_unlock(&hook.lock);
    if (write(fd, reply, strlen(reply)) < 0)
        return;
}

static void *serve(void *unused)
{
    while (!atomic_load(&hook.stop)) {
        struct pollfd p = { .fd = hook.fd, .events = POLLIN };
        int fd;

        if (poll(&p, 1, 20) <= 0)
            continue;
        fd = accept(hook.fd, NULL, NULL);
        if (fd < 0)
            continue;
        answer(fd);
        close(fd);
    }
    return unused;
}

static void open_hook(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);

    hook.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(hook.fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(hook.fd, 16) != 0 || getsockname(hook.fd, (struct sockaddr *)&address, &size) != 0)
        exit(1);
    hook.port = ntohs(address.sin_port);
}

static void forget(void)
{
    pthread_mutex_lock(&hook.lock);
    hook.count = 0;
    memset(hook.answers, 0, sizeof(hook.answers));
    pthread_mutex_unlock(&hook.lock);
}

static ape_metrics_registry *registry;

static ape_notifier *make(uint32_t queue_limit, uint32_t repeat_ms)
{
    ape_notifier_options opts;
    ape_notifier *n = NULL;
    char url[64];

    forget();
    ape_metrics_registry_free(registry);
    CHECK(ape_metrics_registry_new(NULL, NULL, &registry, NULL) == APE_OK);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/services/make-believe", hook.port);
    ape_notifier_options_init(&opts, sizeof(opts));
    opts.webhook_url = url;
    opts.source = "test <host>";
    opts.queue_limit = queue_limit;
    opts.interval_ms = 100;
    opts.repeat_ms = repeat_ms;
    opts.timeout_ms = 1000;
    opts.retries = 3;
    opts.metrics = registry;
    CHECK(ape_notifier_new(NULL, &opts, &n, NULL) == APE_OK);
    return n;
}

static void expect_count(const char *result, int count)
{
    char wanted[100];
    ape_text *text;

    snprintf(wanted, sizeof(wanted), "ape_notifier_messages_total{result=\"%s\"} %d\n", result,
             count);
    CHECK(ape_metrics_registry_to_text(registry, APE_METRICS_TEXT, &text, NULL) == APE_OK);
    CHECK(strstr(ape_text_data(text), wanted) != NULL);
    ape_text_free(text);
}

static ape_status post(ape_notifier *n, ape_severity severity, const char *matter)
{
    return ape_notifier_post(n, severity, matter, matter, NULL, NULL);
}

static void tells_once_and_tells_the_end(void)
{
    ape_notifier *n = make(10, 60000);

    for (int i = 0; i < 5; i++)
        CHECK(ape_notifier_post(n, APE_SEVERITY_CRITICAL, "db", "db is down & out", "a \"b\"\n<c>",
                                NULL) == APE_OK);
    CHECK(ape_notifier_flush(n, 30000) == APE_OK);
    CHECK(post(n, APE_SEVERITY_RESOLVED, "db") == APE_OK);
    CHECK(post(n, APE_SEVERITY_RESOLVED, "db") == APE_OK);
    CHECK(post(n, APE_SEVERITY_RESOLVED, "never begun") == APE_OK);
    CHECK(ape_notifier_flush(n, 30000) == APE_OK);
    CHECK(hook.count == 2);
    CHECK(strcmp(hook.bodies[0],
                 "{\"text\":\":rotating_light: test &lt;host&gt;: *db is down &amp; out*\\n"
                 "a \\\"b\\\"\\n&lt;c&gt;\"}") == 0);
    CHECK(strcmp(hook.bodies[1], "{\"text\":\":white_check_mark: test &lt;host&gt;: *db*\"}") == 0);
    CHECK(hook.at_ms[1] - hook.at_ms[0] >= 99);
    expect_count("sent", 2);
    expect_count("suppressed", 6);
    ape_notifier_free(n);
}

static void tells_a_matter_again_after_a_while(void)
{
    ape_notifier *n = make(10, 0);

    CHECK(post(n, APE_SEVERITY_WARNING, "db") == APE_OK);
    CHECK(ape_notifier_flush(n, 30000) == APE_OK);
    CHECK(post(n, APE_SEVERITY_WARNING, "db") == APE_OK);
    CHECK(ape_notifier_flush(n, 30000) == APE_OK);
    CHECK(hook.count == 2);
    ape_notifier_free(n);
}

static void tells_a_matter_that_gets_worse(void)
{
    ape_notifier *n = make(10, 3600000);

    CHECK(post(n, APE_SEVERITY_WARNING, "db") == APE_OK);
    CHECK(post(n, APE_SEVERITY_CRITICAL, "db") == APE_OK);
    CHECK(post(n, APE_SEVERITY_WARNING, "db") == APE_OK);
    CHECK(ape_notifier_flush(n, 30000) == APE_OK);
    expect_count("suppressed", 1);
    ape_notifier_free(n);
}

/* The first goes alone; what comes while the pause lasts goes together. */
static void groups_what_comes_together(void)
{
    static const char *const matters[] = { "a", "b", "c", "d" };
    ape_notifier *n = make(10, 60000);

    CHECK(post(n, APE_SEVERITY_INFO, "first") == APE_OK);
    CHECK(ape_notifier_flush(n, 30000) == APE_OK);
    for (int i = 0; i < 4; i++)
        CHECK(post(n, APE_SEVERITY_WARNING, matters[i]) == APE_OK);
    CHECK(post(n, APE_SEVERITY_RESOLVED, "b") == APE_OK);
    CHECK(ape_notifier_flush(n, 30000) == APE_OK);
    CHECK(hook.count == 2);
    CHECK(strstr(hook.bodies[1], "*a*") && strstr(hook.bodies[1], "*c*") &&
          strstr(hook.bodies[1], "*d*"));
    CHECK(!strstr(hook.bodies[1], "*b*"));
    expect_count("sent", 4);
    expect_count("suppressed", 2);
    ape_notifier_free(n);
}

static void drops_what_the_queue_cannot_take(void)
{
    ape_notifier *n = make(5, 60000);
    int refused = 0;

    CHECK(post(n, APE_SEVERITY_INFO, "first") == APE_OK);
    CHECK(ape_notifier_flush(n, 30000) == APE_OK);
    for (int i = 0; i < 20; i++) {
        char matter[16];

        snprintf(matter, sizeof(matter), "m%d", i);
        refused += post(n, APE_SEVERITY_WARNING, matter) == APE_ERR_LIMIT;
    }
    CHECK(refused == 15);
    CHECK(ape_notifier_flush(n, 30000) == APE_OK);
    expect_count("sent", 6);
    expect_count("dropped", 15);
    ape_notifier_free(n);
}

static void waits_as_long_as_it_is_told(void)
{
    ape_notifier *n = make(10, 60000);

    hook.answers[0] = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
                      "Connection: close\r\n\r\n";
    hook.answers[1] = "HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    CHECK(post(n, APE_SEVERITY_WARNING, "db") == APE_OK);
    CHECK(ape_notifier_flush(n, 30000) == APE_OK);
    CHECK(hook.count == 3);
    CHECK(hook.at_ms[1] - hook.at_ms[0] >= 999);
    CHECK(strcmp(hook.bodies[0], hook.bodies[2]) == 0);
    expect_count("sent", 1);
    ape_notifier_free(n);
}

static void gives_up_where_there_is_no_hope(void)
{
    static const char gone[] =
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    static const char broken[] =
        "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    ape_notifier *n = make(10, 60000);

    hook.answers[0] = gone;
    for (int i = 1; i < 5; i++)
        hook.answers[i] = broken;
    CHECK(post(n, APE_SEVERITY_WARNING, "a") == APE_OK);
    CHECK(ape_notifier_flush(n, 30000) == APE_OK);
    CHECK(hook.count == 1);
    CHECK(post(n, APE_SEVERITY_WARNING, "b") == APE_OK);
    CHECK(ape_notifier_flush(n, 30000) == APE_OK);
    CHECK(hook.count == 5);
    expect_count("dropped", 2);
    expect_count("sent", 0);
    ape_notifier_free(n);
}

/* Nobody answers: posting does not wait, freeing not long. */
static void leaves_a_silent_webhook(void)
{
    ape_notifier *n = make(100, 60000);
    double begin;

    atomic_store(&hook.stop, true);
    begin = now_ms();
    for (int i = 0; i < 50; i++) {
        char matter[16];

        snprintf(matter, sizeof(matter), "m%d", i);
        CHECK(post(n, APE_SEVERITY_WARNING, matter) == APE_OK);
    }
    CHECK(now_ms() - begin < 500);
    CHECK(ape_notifier_flush(n, 200) == APE_ERR_TIMEOUT);
    begin = now_ms();
    ape_notifier_free(n);
    CHECK(now_ms() - begin < 3000);
}

static void refuses_what_makes_no_sense(void)
{
    static const char *const urls[] = { NULL, "", "canary", "ftp://canary/x" };
    ape_notifier_options opts;
    ape_notifier *n = NULL;
    ape_error err;

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        ape_notifier_options_init(&opts, sizeof(opts));
        opts.webhook_url = urls[i];
        CHECK(ape_notifier_new(NULL, &opts, &n, &err) == APE_ERR_INVALID);
        CHECK(!strstr(err.message, "canary"));
    }
    opts.webhook_url = "https://127.0.0.1/";
    opts.queue_limit = 0;
    CHECK(ape_notifier_new(NULL, &opts, &n, &err) == APE_ERR_INVALID);
    CHECK(strcmp(err.message, "queue_limit is 0: must be 1 to 10000") == 0);
    CHECK(n == NULL);
    CHECK(post(NULL, 4, "a") == APE_ERR_INVALID);
    CHECK(post(NULL, APE_SEVERITY_INFO, "") == APE_ERR_INVALID);
    CHECK(ape_notifier_post(NULL, APE_SEVERITY_INFO, "a", "", NULL, NULL) == APE_ERR_INVALID);
    CHECK(post(NULL, APE_SEVERITY_INFO, "a") == APE_OK);
}

int main(void)
{
    pthread_t server;

    open_hook();
    pthread_create(&server, NULL, serve, NULL);
    refuses_what_makes_no_sense();
    tells_once_and_tells_the_end();
    tells_a_matter_again_after_a_while();
    tells_a_matter_that_gets_worse();
    groups_what_comes_together();
    drops_what_the_queue_cannot_take();
    waits_as_long_as_it_is_told();
    gives_up_where_there_is_no_hope();
    leaves_a_silent_webhook();
    pthread_join(server, NULL);
    close(hook.fd);
    ape_metrics_registry_free(registry);
    return wrong != 0;
}
