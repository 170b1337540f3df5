/* SPDX-License-Identifier: MIT */
/* The sandbox in host programs of all kinds: each variant in a process of its own. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "processes.h"
#include "try.h"

enum { JOBS = 8, THREADS = 64 };

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
    job = submit(sandbox, "import time; time.sleep(60)", &e);
    pause_ms(200);
    ape_sandbox_job_cancel(job);
    ape_sandbox_job_cancel(job);
    ape_sandbox_job_free(job);
    try_check(atomic_load(&e.reason) == APE_SANDBOX_CANCELLED, "cancel",
              ape_sandbox_reason_name(atomic_load(&e.reason)));
    works(sandbox);
    ape_sandbox_free(sandbox);
}

/* Supervisor, zygote and a run at least. */
static bool is_complete(void *unused)
{
    pid_t members[FAMILY_SIZE];

    (void)unused;
    return family_of_this(members) >= 3;
}

typedef struct household {
    pid_t members[FAMILY_SIZE];
    int count;
} household;

static bool is_extinct(void *user)
{
    const household *h = user;

    for (int i = 0; i < h->count; i++)
        if (!is_gone(h->members[i]))
            return false;
    return true;
}

/* Kill one of the family in the middle of a run: a clean answer, no orphan, and the
   next run works. */
static void dies(int which)
{
    ape_sandbox *sandbox = make();
    ending e = { .reason = -1 };
    household home;
    ape_sandbox_job *job;

    works(sandbox);
    job = submit(sandbox, "import time; time.sleep(60)", &e);
    try_check(comes_true(is_complete, NULL), "family", "no supervisor, zygote and run");
    home.count = family_of_this(home.members);
    if (kill(home.members[which], SIGKILL) != 0)
        try_check(errno == EPERM, "kill", strerror(errno));
    ape_sandbox_job_free(job);
    try_check(atomic_load(&e.reason) == APE_SANDBOX_HELPER, "death", "another reason");
    try_check(comes_true(is_extinct, &home), "orphan", "alive after ten seconds");
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

/* With a limit that leaves too little: an answer, or an error that says why; never a hang. */
static void few_descriptors(void)
{
    for (rlim_t most = 8; most <= 40; most += 8) {
        const struct rlimit few = { most, most };
        pid_t pid = fork();
        int status = -1;

        if (pid == 0) {
            ape_sandbox *sandbox = make();
            ape_sandbox_result *result = NULL;
            ape_error err = { .message = "" };
            ape_status st;

            setrlimit(RLIMIT_NOFILE, &few);
            st = ape_sandbox_run(sandbox, "print(1)", 8, NULL, &result, &err);
            if (st != APE_OK)
                _exit(err.message[0] ? 0 : 1);
            _exit(strcmp(ape_sandbox_result_stdout(result), "1\n") == 0 ||
                          ape_sandbox_result_reason(result) != APE_SANDBOX_OK
                      ? 0
                      : 2);
        }
        waitpid(pid, &status, 0);
        try_check(status == 0, "few descriptors", "neither an answer nor an error");
    }
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
    { "few descriptors", few_descriptors },
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
