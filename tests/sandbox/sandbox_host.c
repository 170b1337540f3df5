/* SPDX-License-Identifier: MIT */
/* The sandbox in host programs of all kinds: each variant in a process of its own. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "try.h"

enum { JOBS = 8, THREADS = 64, DESCENDANTS = 64 };

static void pause_ms(long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

    while (nanosleep(&time, &time) != 0)
        ;
}

static ape_sandbox *make(void)
{
    ape_sandbox *sandbox;
    ape_error err;

    if (ape_sandbox_new(NULL, NULL, NULL, &sandbox, &err) != APE_OK)
        abort();
    return sandbox;
}

static void works(ape_sandbox *sandbox)
{
    try_expect(sandbox, "print(6 * 7)", NULL, APE_SANDBOX_OK, "42");
}

static void plain(void)
{
    ape_sandbox *sandbox = make();

    works(sandbox);
    ape_sandbox_free(sandbox);
}

static void ignores_sigchld(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigaction(SIGCHLD, &ignore, NULL);
    plain();
}

static atomic_bool stop_reaping;

static void *reap(void *unused)
{
    while (!atomic_load(&stop_reaping))
        if (waitpid(-1, NULL, WNOHANG) <= 0)
            pause_ms(1);
    return unused;
}

static void reaps_everything(void)
{
    pthread_t reaper;

    pthread_create(&reaper, NULL, reap, NULL);
    plain();
    atomic_store(&stop_reaping, true);
    pthread_join(reaper, NULL);
}

static void *work(void *sandbox)
{
    works(sandbox);
    return NULL;
}

/* The thread that starts the helper is long gone when others use it. */
static void many_threads(void)
{
    ape_sandbox *sandbox = make();
    pthread_t threads[THREADS];

    pthread_create(&threads[0], NULL, work, sandbox);
    pthread_join(threads[0], NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, sandbox);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ape_sandbox_free(sandbox);
}

/* Parent and child go on, each with a helper of its own. */
static void forks_after_start(void)
{
    ape_sandbox *sandbox = make();
    int status = -1;
    pid_t pid;

    works(sandbox);
    pid = fork();
    works(sandbox);
    ape_sandbox_free(sandbox);
    if (pid == 0)
        _exit(try_failures ? 1 : 0);
    waitpid(pid, &status, 0);
    try_check(status == 0, "fork", "the child could not run");
}

static void closed_stdio(void)
{
    close(0);
    close(1);
    close(2);
    plain();
}

static void full_signal_mask(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    plain();
}

/* Processes whose parent is pid. */
static int children(pid_t pid, pid_t *found, int room)
{
    DIR *dir = opendir("/proc");
    const struct dirent *item;
    int count = 0;

    while (dir && (item = readdir(dir)) && count < room) {
        char path[300], text[512] = "";
        const char *after;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%s/stat", item->d_name);
        f = item->d_name[0] >= '1' && item->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        if (!f)
            continue;
        after = fgets(text, sizeof(text), f) ? strrchr(text, ')') : NULL;
        fclose(f);
        if (after && strtol(after + 4, NULL, 10) == pid)
            found[count++] = (pid_t)strtol(item->d_name, NULL, 10);
    }
    if (dir)
        closedir(dir);
    return count;
}

static bool is_gone(pid_t pid)
{
    char path[64], text[512] = "";
    const char *after;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    f = fopen(path, "r");
    if (!f)
        return true;
    after = fgets(text, sizeof(text), f) ? strrchr(text, ')') : NULL;
    fclose(f);
    return !after || after[2] == 'Z';
}

/* Supervisor, zygote and what came of it. */
static int family(pid_t found[DESCENDANTS])
{
    int count = children(getpid(), found, DESCENDANTS);

    for (int i = 0; i < count; i++)
        count += children(found[i], found + count, DESCENDANTS - count);
    return count;
}

typedef struct ending {
    atomic_int count;
    _Atomic(ape_sandbox_reason) reason;
} ending;

static void note_end(void *user, ape_status status, ape_sandbox_result *result,
                     const ape_error *err)
{
    ending *e = user;

    try_check(status == APE_OK, "a submitted run", err ? err->message : "");
    atomic_store(&e->reason, ape_sandbox_result_reason(result));
    atomic_fetch_add(&e->count, 1);
    ape_sandbox_result_free(result);
}

static ape_sandbox_job *submit(ape_sandbox *sandbox, const char *code, ending *e)
{
    ape_sandbox_job *job = NULL;
    ape_error err;

    if (ape_sandbox_submit(sandbox, code, strlen(code), NULL, note_end, e, &job, &err) != APE_OK)
        try_check(false, "submit", err.message);
    return job;
}

static void several_in_flight(void)
{
    ape_sandbox *sandbox = make();
    ape_sandbox_job *jobs[JOBS];
    ending e = { .reason = -1 };

    for (int i = 0; i < JOBS; i++)
        jobs[i] = submit(sandbox, "import time; time.sleep(0.3)", &e);
    for (int i = 0; i < JOBS; i++)
        ape_sandbox_job_free(jobs[i]);
    try_check(atomic_load(&e.count) == JOBS, "jobs", "not every end was told");
    try_check(atomic_load(&e.reason) == APE_SANDBOX_OK, "jobs", "not ok");
    ape_sandbox_free(sandbox);
}

static void cancelled(void)
{
    ape_sandbox *sandbox = make();
    ending e = { .reason = -1 };
    ape_sandbox_job *job;

    works(sandbox);
    job = submit(sandbox, "import time; time.sleep(9)", &e);
    pause_ms(200);
    ape_sandbox_job_cancel(job);
    ape_sandbox_job_cancel(job);
    ape_sandbox_job_free(job);
    try_check(atomic_load(&e.reason) == APE_SANDBOX_CANCELLED, "cancel",
              ape_sandbox_reason_name(atomic_load(&e.reason)));
    works(sandbox);
    ape_sandbox_free(sandbox);
}

/* Kill one of the family in the middle of a run: a clean answer, no orphan, and the
   next run works. */
static void dies(int which)
{
    ape_sandbox *sandbox = make();
    pid_t members[DESCENDANTS];
    ending e = { .reason = -1 };
    ape_sandbox_job *job;
    int count;

    works(sandbox);
    job = submit(sandbox, "import time; time.sleep(5)", &e);
    pause_ms(300);
    count = family(members);
    try_check(count >= 3, "family", "no supervisor, zygote and run");
    if (kill(members[which], SIGKILL) != 0)
        try_check(errno == EPERM, "kill", strerror(errno));
    pause_ms(200);
    for (int i = 0; i < count; i++)
        try_check(is_gone(members[i]), "orphan", "alive after 200 ms");
    ape_sandbox_job_free(job);
    try_check(atomic_load(&e.reason) == APE_SANDBOX_HELPER, "death", "another reason");
    works(sandbox);
    ape_sandbox_free(sandbox);
}

static void supervisor_dies(void)
{
    dies(0);
}

static void zygote_dies(void)
{
    dies(1);
}

static void describes_itself(void)
{
    ape_sandbox *sandbox = make();
    ape_text *json;
    ape_error err;

    if (ape_sandbox_describe(sandbox, &json, &err) == APE_OK) {
        try_check(strstr(ape_text_data(json), "\"why_not_higher\":"), "describe",
                  ape_text_data(json));
        ape_text_free(json);
    } else {
        try_check(false, "describe", err.message);
    }
    ape_sandbox_free(sandbox);
}

static void fails(const ape_sandbox_options *opts, ape_status status, const char *says)
{
    ape_sandbox *sandbox;
    ape_sandbox_result *result;
    ape_error err = { .message = "" };

    if (ape_sandbox_new(NULL, NULL, opts, &sandbox, &err) != APE_OK)
        abort();
    try_check(ape_sandbox_run(sandbox, "1", 1, NULL, &result, &err) == status, says, err.message);
    try_check(strstr(err.message, says), says, err.message);
    ape_sandbox_free(sandbox);
}

static void missing_parts(void)
{
    ape_sandbox_options opts;

    ape_sandbox_options_init(&opts, sizeof(opts));
    opts.python_path = "/nonexistent/python3";
    fails(&opts, APE_ERR_NOT_FOUND, "/nonexistent/python3");
    opts.python_path = "/bin/true";
    fails(&opts, APE_ERR_NOT_FOUND, "/bin/true");
    opts.python_path = NULL;
    opts.helper_path = "/nonexistent/ape-vee";
    fails(&opts, APE_ERR_NOT_FOUND, "/nonexistent/ape-vee");
    opts.helper_path = "/bin/true";
    fails(&opts, APE_ERR_IO, "/bin/true");
}

static const struct variant {
    const char *name;
    void (*body)(void);
} variants[] = {
    { "plain", plain },
    { "SIGCHLD ignored", ignores_sigchld },
    { "a thread that reaps everything", reaps_everything },
    { "64 threads", many_threads },
    { "fork after start", forks_after_start },
    { "closed stdin, stdout, stderr", closed_stdio },
    { "every signal blocked", full_signal_mask },
    { "several runs in flight", several_in_flight },
    { "cancel", cancelled },
    { "supervisor killed", supervisor_dies },
    { "zygote killed", zygote_dies },
    { "describe", describes_itself },
    { "missing parts", missing_parts },
};

int main(void)
{
    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
        int status = -1;
        pid_t pid = fork();

        if (pid == 0) {
            try_failures = 0;
            variants[i].body();
            _exit(try_failures ? 1 : 0);
        }
        waitpid(pid, &status, 0);
        try_check(status == 0, variants[i].name, "failed");
    }
    return try_failures ? 1 : 0;
}
