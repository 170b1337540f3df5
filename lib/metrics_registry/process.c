/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/file.h"
#include "metrics_registry/internal.h"
#include "metrics_registry/lanes.h"

/* What is shown; names and order as in other client libraries. */
typedef enum value {
    CPU_SECONDS,
    OPEN_FDS,
    MAX_FDS,
    VIRTUAL_BYTES,
    VIRTUAL_MAX_BYTES,
    RESIDENT_BYTES,
    START_TIME,
    THREADS,
    VALUES,
} value;

static const struct {
    ape__metric_type type;
    const char *name;
    const char *help;
} shown[VALUES] = {
    [CPU_SECONDS] = { APE__COUNTER, "process_cpu_seconds_total",
                      "User and system CPU time spent, in seconds." },
    [OPEN_FDS] = { APE__GAUGE, "process_open_fds", "Open file descriptors." },
    [MAX_FDS] = { APE__GAUGE, "process_max_fds", "Most file descriptors that may be open." },
    [VIRTUAL_BYTES] = { APE__GAUGE, "process_virtual_memory_bytes", "Virtual memory, in bytes." },
    [VIRTUAL_MAX_BYTES] = { APE__GAUGE, "process_virtual_memory_max_bytes",
                            "Most virtual memory that may be had, in bytes." },
    [RESIDENT_BYTES] = { APE__GAUGE, "process_resident_memory_bytes",
                         "Resident memory, in bytes." },
    [START_TIME] = { APE__GAUGE, "process_start_time_seconds",
                     "Start of the process, in seconds since 1970-01-01 UTC." },
    [THREADS] = { APE__GAUGE, "process_threads", "Threads of the process." },
};

/* Doubles as bits; NaN where the system does not tell. */
struct ape__process {
    ape__word values[VALUES];
};

static double show(void *user)
{
    return ape__word_double(user);
}

ape_status ape__process_metrics_new(ape_metrics_registry *registry, ape_error *err)
{
    ape__process *process = ape__alloc(registry->host, sizeof(*process));

    if (!process)
        return ape__fail_no_memory(err);
    registry->process = process;
    for (int i = 0; i < VALUES; i++) {
        ape__metric_family_plan plan = { .type = shown[i].type,
                                         .name = shown[i].name,
                                         .help = shown[i].help };
        ape_metric_family *family;
        ape_status st = ape__add_family(registry, &plan, &family, err);

        if (st == APE_OK)
            st = ape_metric_family_set_callback(family, NULL, show, &process->values[i], err);
        if (st != APE_OK)
            return st;
    }
    return APE_OK;
}

void ape__process_metrics_free(ape_metrics_registry *registry)
{
    ape__free(registry->host, registry->process, sizeof(*registry->process));
}

/* Open descriptors, without the one that is used to count them. */
static double count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    double count = -1;

    if (!folder)
        return NAN;
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static double limit_of(int resource)
{
    struct rlimit limit;

    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return NAN;
    return (double)limit.rlim_cur;
}

/* A file of /proc as a string; NULL if it cannot be had. */
static char *read_proc(ape_host *host, const char *path)
{
    ape__buffer buffer;

    ape__buffer_init(&buffer, host);
    if (ape__file_read(&buffer, path, 1 << 22, NULL) == APE_OK)
        return ape__buffer_take_string(&buffer);
    ape__buffer_clear(&buffer);
    return NULL;
}

/* When the system was started, in seconds since 1970. */
static double boot_time(ape_host *host)
{
    char *stat = read_proc(host, "/proc/stat");
    const char *line = stat ? strstr(stat, "\nbtime ") : NULL;
    double seconds = line ? strtod(line + 7, NULL) : NAN;

    ape__strfree(host, stat);
    return seconds;
}

/* From /proc/self/stat; see proc(5). The name of the program may hold anything. */
static void read_stat(ape_host *host, double *values)
{
    char *stat = read_proc(host, "/proc/self/stat");
    const char *rest = stat ? strrchr(stat, ')') : NULL;
    uint64_t user, system, virtual_bytes, start;
    int64_t threads, resident_pages;
    double ticks = (double)sysconf(_SC_CLK_TCK);

    if (rest && sscanf(rest,
                       ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
                       " %*d %*d %*d %*d %" SCNd64 " %*d %" SCNu64 " %" SCNu64 " %" SCNd64,
                       &user, &system, &threads, &start, &virtual_bytes, &resident_pages) == 6) {
        values[CPU_SECONDS] = (double)(user + system) / ticks;
        values[THREADS] = (double)threads;
        values[VIRTUAL_BYTES] = (double)virtual_bytes;
        values[RESIDENT_BYTES] = (double)resident_pages * (double)sysconf(_SC_PAGESIZE);
        values[START_TIME] = boot_time(host) + (double)start / ticks;
    }
    ape__strfree(host, stat);
}

void ape__process_metrics_refresh(ape_metrics_registry *registry)
{
    double values[VALUES];

    if (!registry->process)
        return;
    for (int i = 0; i < VALUES; i++)
        values[i] = NAN;
    read_stat(registry->host, values);
    values[OPEN_FDS] = count_fds();
    values[MAX_FDS] = limit_of(RLIMIT_NOFILE);
    values[VIRTUAL_MAX_BYTES] = limit_of(RLIMIT_AS);
    for (int i = 0; i < VALUES; i++)
        atomic_store_explicit(&registry->process->values[i], ape__to_bits(values[i]),
                              memory_order_relaxed);
}
