/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <ape/metrics_registry.h>

static char shown[16384];

static void scrape(void)
{
    ape_metrics_registry *registry;
    ape_text *text;

    cr_assert_eq(ape_metrics_registry_new(NULL, NULL, &registry, NULL), APE_OK);
    cr_assert_eq(ape_metrics_registry_to_text(registry, APE_METRICS_TEXT, &text, NULL), APE_OK);
    cr_assert_lt(ape_text_size(text), sizeof(shown));
    memcpy(shown, ape_text_data(text), ape_text_size(text) + 1);
    ape_text_free(text);
    ape_metrics_registry_free(registry);
}

/* The value that is shown under a name, or -1. */
static double value_of(const char *name)
{
    char start[80];
    const char *line;

    snprintf(start, sizeof(start), "\n%s ", name);
    line = strstr(shown, start);
    return line ? strtod(line + strlen(start), NULL) : -1;
}

/* A number from /proc/self/status, in kB or as it is. */
static double status_of(const char *name)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    double value = -1;

    cr_assert_not_null(file);
    while (fgets(line, sizeof(line), file))
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtod(line + strlen(name), NULL);
    fclose(file);
    return value;
}

static void expect_within_1_percent(double value, double wanted)
{
    cr_expect_geq(value, wanted * 0.99);
    cr_expect_leq(value, wanted * 1.01);
}

Test(metrics_process, shows_memory_and_threads_as_the_system_does)
{
    scrape();
    expect_within_1_percent(value_of("process_virtual_memory_bytes"), status_of("VmSize:") * 1024);
    /* the kernel counts resident pages a CPU at a time */
    cr_expect_geq(value_of("process_resident_memory_bytes"), status_of("VmRSS:") * 1024 * 0.9);
    cr_expect_leq(value_of("process_resident_memory_bytes"), status_of("VmRSS:") * 1024 * 1.1);
    cr_expect_eq(value_of("process_threads"), status_of("Threads:"));
}

Test(metrics_process, counts_open_files)
{
    struct rlimit limit;
    double before;
    int fds[5];

    scrape();
    before = value_of("process_open_fds");
    cr_assert_geq(before, 3);
    for (int i = 0; i < 5; i++)
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    scrape();
    cr_expect_eq(value_of("process_open_fds"), before + 5);
    for (int i = 0; i < 5; i++)
        close(fds[i]);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_expect_eq(value_of("process_max_fds"), (double)limit.rlim_cur);
}

Test(metrics_process, shows_processor_time_and_start)
{
    struct timespec now;
    struct rusage usage;
    double cpu;

    do {
        getrusage(RUSAGE_SELF, &usage);
        cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
              (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    } while (cpu < 0.2);
    scrape();
    cr_expect_geq(value_of("process_cpu_seconds_total"), cpu - 0.03);
    cr_expect_leq(value_of("process_cpu_seconds_total"), cpu + 0.2);
    clock_gettime(CLOCK_REALTIME, &now);
    cr_expect_leq(value_of("process_start_time_seconds"), (double)now.tv_sec + 1);
    cr_expect_geq(value_of("process_start_time_seconds"), (double)now.tv_sec - 60);
}

Test(metrics_process, leaves_out_what_has_no_limit)
{
    struct rlimit limit;

    cr_assert_eq(getrlimit(RLIMIT_AS, &limit), 0);
    scrape();
    cr_expect_eq(value_of("process_virtual_memory_max_bytes"),
                 limit.rlim_cur == RLIM_INFINITY ? -1 : (double)limit.rlim_cur);
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? (rlim_t)1 << 40 : limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
    scrape();
    cr_expect_eq(value_of("process_virtual_memory_max_bytes"), (double)limit.rlim_cur);
}
