/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/host.h"
#include "core/memory.h"
#include "sandbox/sandbox.h"

/* A run in flight is a thread that waits for it: it is idle but for serving prices. */
struct ape_sandbox_job {
    ape_host *host;
    ape_sandbox *sandbox;
    char *code;
    ape__execution execution;
    ape_sandbox_done done;
    void *user;
    pthread_t thread;
    bool is_started;
};

static void *live(void *argument)
{
    ape_sandbox_job *job = argument;
    ape_sandbox_result *result = NULL;
    ape_error err = { .status = APE_OK };
    ape_status st = ape__execution_run(&job->execution, &result, &err);

    job->done(job->user, st, result, st == APE_OK ? NULL : &err);
    return NULL;
}

/* The host program's signals are handled on its own threads. */
static int start_thread(ape_sandbox_job *job)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&job->thread, NULL, live, job);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    job->is_started = !failed;
    return failed;
}

static ape_status start(ape_sandbox_job *job, const ape_sandbox_run_options *opts, const char *code,
                        size_t size, ape_error *err)
{
    char reason[64];
    ape_status st;
    int failed;

    job->code = ape__strndup(job->host, code, size);
    if (!job->code)
        return ape__fail_no_memory(err);
    st = ape__sandbox_prepare(job->sandbox, job->code, size, opts, &job->execution, err);
    if (st != APE_OK)
        return st;
    job->execution.cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    failed = job->execution.cancel_fd >= 0 ? start_thread(job) : errno;
    if (!failed)
        return APE_OK;
    return ape__fail_detail(err, APE_ERR_IO, failed, "starting a run: %s",
                            strerror_r(failed, reason, sizeof(reason)));
}

ape_status ape_sandbox_submit(ape_sandbox *sandbox, const char *code, size_t size,
                              const ape_sandbox_run_options *opts, ape_sandbox_done done,
                              void *user, ape_sandbox_job **out, ape_error *err)
{
    ape__execution checked;
    ape_sandbox_job *job;
    ape_status st;

    if (!sandbox || !done || !out)
        return ape__fail(err, APE_ERR_INVALID, "sandbox, done and out must not be NULL");
    st = ape__sandbox_prepare(sandbox, code, size, opts, &checked, err);
    if (st != APE_OK)
        return st;
    job = ape__alloc(checked.host, sizeof(*job));
    if (!job)
        return ape__fail_no_memory(err);
    job->host = ape__host_ref(checked.host);
    job->sandbox = ape__sandbox_ref(sandbox);
    job->done = done;
    job->user = user;
    job->execution.cancel_fd = -1;
    st = start(job, opts, code, size, err);
    if (st != APE_OK) {
        ape_sandbox_job_free(job);
        return st;
    }
    *out = job;
    return APE_OK;
}

void ape_sandbox_job_cancel(ape_sandbox_job *job)
{
    const uint64_t one = 1;

    if (job && write(job->execution.cancel_fd, &one, sizeof(one)) < 0) {
        /* The counter is full: it has been cancelled often enough. */
    }
}

void ape_sandbox_job_free(ape_sandbox_job *job)
{
    ape_host *host;

    if (!job)
        return;
    if (job->is_started)
        pthread_join(job->thread, NULL);
    host = job->host;
    ape__close(&job->execution.cancel_fd);
    ape_sandbox_free(job->sandbox);
    ape__strfree(host, job->code);
    ape__free(host, job, sizeof(*job));
    ape_host_free(host);
}
