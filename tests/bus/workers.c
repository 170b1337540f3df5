/* SPDX-License-Identifier: MIT */
/*
 * workers SECONDS JOBS: three worker processes take jobs from a queue on Redis; every second one of
 * them is killed and another begins. Each job has exactly one outcome.
 */
#include <ape/bus.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "open_bus.h"
#include "servers.h"

enum { WORKERS = 3, LEASE_MS = 3000 };

static test_server redis;

/* The outcome says which worker gave it; each one accepted is a line in the pipe. */
static void work_for_ever(int out, long job_ms)
{
    char outcome[32];
    ape_bus *bus;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    bus = test_open_bus(NULL, redis.url);
    snprintf(outcome, sizeof(outcome), "by %d", getpid());
    for (;;) {
        char line[64];
        ape_job *job;

        if (ape_bus_take_job(bus, "jobs", LEASE_MS, 1000, &job, NULL) != APE_OK)
            continue;
        test_rest_ms(job_ms);
        if (ape_job_finish(job, outcome, strlen(outcome), NULL) == APE_OK) {
            int size = snprintf(line, sizeof(line), "%s\n", ape_job_id(job));

            if (write(out, line, (size_t)size) != size)
                _exit(1);
        }
        ape_job_free(job);
    }
}

static pid_t start_worker(int out, long job_ms)
{
    pid_t pid = fork();

    test_expect(pid >= 0, "fork");
    if (pid == 0)
        work_for_ever(out, job_ms);
    return pid;
}

static void count_outcomes(int in, int *outcomes, int jobs)
{
    FILE *lines = fdopen(in, "r");
    int job;

    while (fscanf(lines, "job-%d\n", &job) == 1) {
        test_expect(job >= 0 && job < jobs, "job %d", job);
        outcomes[job]++;
    }
    fclose(lines);
}

/* Jobs with an outcome; on a slow machine one may have been given up after five leases. */
static int finished(ape_bus *bus, int jobs, int *given_up)
{
    int count = 0;

    *given_up = 0;
    for (int i = 0; i < jobs; i++) {
        char id[32];
        ape_text *text;

        snprintf(id, sizeof(id), "job-%d", i);
        if (ape_bus_get_outcome(bus, "jobs", id, &text, NULL) != APE_OK)
            continue;
        count++;
        *given_up += strncmp(ape_text_data(text), "by ", 3) != 0;
        ape_text_free(text);
    }
    return count;
}

int main(int argc, char **argv)
{
    int seconds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;
    int jobs = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 100;
    int *outcomes, pipes[2], once = 0, more = 0, given_up = 0;
    /* Work for about four fifths of the time. */
    long job_ms = (long)seconds * 800 * WORKERS / jobs;
    pid_t workers[WORKERS];
    ape_bus *bus;

    if (!test_server_new(&redis, "redis"))
        return TEST_SKIPPED;
    outcomes = calloc((size_t)jobs, sizeof(*outcomes));
    test_expect(pipe(pipes) == 0, "pipe");
    for (int i = 0; i < WORKERS; i++)
        workers[i] = start_worker(pipes[1], job_ms);
    bus = test_open_bus(NULL, redis.url);
    for (int i = 0; i < jobs; i++) {
        char id[32];
        ape_error err = { .message = "" };

        snprintf(id, sizeof(id), "job-%d", i);
        test_expect(ape_bus_put_job(bus, "jobs", id, "x", 1, &err) == APE_OK, "%s", err.message);
    }
    for (int second = 0; second < seconds; second++) {
        test_rest_ms(1000);
        kill(workers[second % WORKERS], SIGKILL);
        waitpid(workers[second % WORKERS], NULL, 0);
        workers[second % WORKERS] = start_worker(pipes[1], job_ms);
    }
    for (int i = 0; i < 200 && finished(bus, jobs, &given_up) < jobs; i++)
        test_rest_ms(100);
    test_expect(finished(bus, jobs, &given_up) == jobs, "%d of %d", finished(bus, jobs, &given_up),
                jobs);
    for (int i = 0; i < WORKERS; i++) {
        kill(workers[i], SIGKILL);
        waitpid(workers[i], NULL, 0);
    }
    close(pipes[1]);
    count_outcomes(pipes[0], outcomes, jobs);
    for (int i = 0; i < jobs; i++) {
        once += outcomes[i] <= 1;
        more += outcomes[i] > 1;
    }
    printf("%d workers killed, %d jobs: %d with one outcome (%d of them given up), %d with more\n",
           seconds, jobs, once, given_up, more);
    test_expect(more == 0 && given_up * 100 <= jobs, "-");
    ape_bus_free(bus);
    free(outcomes);
    test_server_free(&redis);
    return 0;
}
