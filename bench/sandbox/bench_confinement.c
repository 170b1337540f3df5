/* SPDX-License-Identifier: MIT */
/*
 * What isolation adds to a bare fork: a process forked and ended at once, beside one that also gets
 * a pid namespace, is confined by the helper's own code, and ends under the helper's own filter.
 * Turn about, from a process with as much memory as the zygote has.
 *
 *     bench_confinement [ROUNDS]
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "filter.h"
#include "rt.h"
#include "run_protocol.h"

enum { MOST_ROUNDS = 2000, MEMORY = 70 << 20, ADDRESS_SPACE = 1 << 30, CPU_SECONDS = 10 };

/* Of one kind of process: time on the clock, and processor time of both sides, each in ms. */
typedef struct lives {
    double wall[MOST_ROUNDS];
    double cpu[MOST_ROUNDS];
} lives;

static lives bare, confined;

/* The guard of the run-time is not linked here. */
void rt_say_and_wait(const void *note, size_t size)
{
    (void)note, (void)size;
    _exit(1);
}

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        perror(path);
    if (fd >= 0)
        close(fd);
}

/* Namespaces and a root with /box, as the zygote has them; false where they cannot be had. */
static bool enter_namespaces(void)
{
    char users[64], groups[64];

    snprintf(users, sizeof(users), "0 %u 1", (unsigned)geteuid());
    snprintf(groups, sizeof(groups), "0 %u 1", (unsigned)getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                CLONE_NEWUTS) != 0)
        return false;
    put("/proc/self/setgroups", "deny");
    put("/proc/self/uid_map", users);
    put("/proc/self/gid_map", groups);
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("root", "/tmp", "tmpfs", 0, NULL) == 0 && mkdir("/tmp/box", 0700) == 0 &&
           chroot("/tmp") == 0 && chdir("/") == 0;
}

static bool load_filter(void)
{
    int fd = filter_for_runs(true);

    if (fd < 0 || dup2(fd, ZYGOTE_FILTER_FD) < 0)
        return false;
    setenv("APE_VEE_LEVEL", "A", 1);
    setenv("APE_VEE_PATHS", "/", 1);
    rt_load_config();
    return true;
}

/* This process's and its buried children's. */
static double cpu_ms(void)
{
    struct rusage children;
    struct timespec own;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return (double)(own.tv_sec + children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1e3 +
           (double)own.tv_nsec / 1e6 +
           (double)(children.ru_utime.tv_usec + children.ru_stime.tv_usec) / 1e3;
}

/* Milliseconds from before the fork until the process is buried; -1 if it went wrong. */
static double live_once(bool is_confined, int self_fd)
{
    double begin = now_ms();
    int status = -1;
    pid_t pid;

    if (is_confined && (setns(self_fd, CLONE_NEWPID) != 0 || unshare(CLONE_NEWPID) != 0))
        return -1;
    pid = fork();
    if (pid == 0) {
        if (is_confined) {
            rt_confine_early();
            rt_confine_finally(ADDRESS_SPACE, CPU_SECONDS);
        }
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return -1;
    if (is_confined && setns(self_fd, CLONE_NEWPID) != 0)
        return -1;
    return now_ms() - begin;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *times, int count)
{
    qsort(times, (size_t)count, sizeof(*times), by_value);
    return times[count / 2];
}

static bool measure_once(lives *t, int round, bool is_confined, int self_fd)
{
    double before = cpu_ms();

    t->wall[round] = live_once(is_confined, self_fd);
    t->cpu[round] = cpu_ms() - before;
    return t->wall[round] >= 0;
}

static void show(const char *what, double *without, double *with, int rounds)
{
    double low = median(without, rounds), high = median(with, rounds);

    printf("%-16s bare fork %.3f ms, confined %.3f ms: isolation costs %.3f ms (medians of %d)\n",
           what, low, high, high - low, rounds);
}

/* In the first process of a pid namespace: one that comes back to it must be its own. */
static int measure(int rounds)
{
    int self_fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

    for (int i = 0; i < rounds; i++) {
        if (!measure_once(&bare, i, false, self_fd) || !measure_once(&confined, i, true, self_fd)) {
            fputs("a process could not be confined\n", stderr);
            return 1;
        }
    }
    show("on the clock", bare.wall, confined.wall, rounds);
    show("processor time", bare.cpu, confined.cpu, rounds);
    fflush(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 200, status = -1;
    char *memory = malloc(MEMORY);
    pid_t pid;

    if (rounds < 1 || rounds > MOST_ROUNDS || !memory)
        return 2;
    memset(memory, 1, MEMORY);
    if (!load_filter() || !enter_namespaces()) {
        puts("namespaces are not to be had here");
        return 77;
    }
    pid = fork();
    if (pid == 0)
        _exit(measure(rounds));
    waitpid(pid, &status, 0);
    free(memory);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
