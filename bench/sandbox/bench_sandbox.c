/* SPDX-License-Identifier: MIT */
/*
 * The sandbox beside its peers, in one run: a new Python for each program, and that
 * in bubblewrap. The work: Sharpe ratio and what goes with it over 3,000 rows.
 *
 *     bench_sandbox [RUNS-OF-THE-SOAK]
 */
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <ape/sandbox.h>

#include "processes.h"

enum { ROWS = 3000, WARM = 60, COLD = 12, PARALLEL_RUNS = 100, KILLS = 15 };

#define CALCULATION                                                                                \
    "r = c.pct_change().dropna()\n"                                                                \
    "v = c.rolling(20).mean().iloc[-1]; m = c.resample('M').last().iloc[-1]\n"                     \
    "d = (c / c.cummax() - 1).min()\n"                                                             \
    "print((r.mean() * 252 - 0.02) / (r.std() * 252 ** 0.5), v, m, d)\n"

static const char warm_program[] =
    "import yfinance as yf\n"
    "c = yf.download('X', period='max', progress=False)['Close']['X']\n" CALCULATION;

static const char cold_program[] =
    "import sys, pandas as pd\n"
    "c = pd.read_csv(sys.argv[1], parse_dates=['Date'], index_col=0)['Close']\n" CALCULATION;

extern char **environ;

static char folder[] = "/tmp/ape-bench-XXXXXX";
static char prices[64], program[64];
static ape_sandbox *sandbox;

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    if (!f || fputs(text, f) < 0 || fclose(f) != 0)
        abort();
}

static void make_files(void)
{
    time_t day = 1262304000; /* 2010-01-01 */
    double price = 100;
    FILE *f;

    if (!mkdtemp(folder) || chmod(folder, 0755) != 0)
        abort();
    snprintf(prices, sizeof(prices), "%s/X.csv", folder);
    snprintf(program, sizeof(program), "%s/cold.py", folder);
    put(program, cold_program);
    f = fopen(prices, "w");
    if (!f)
        abort();
    fputs("Date,Open,High,Low,Close,Adj Close,Volume\n", f);
    srand(1);
    for (int i = 0; i < ROWS; i++, day += 86400) {
        char date[16];

        strftime(date, sizeof(date), "%Y-%m-%d", gmtime(&day));
        price *= 1 + (rand() % 2001 - 990) / 100000.0;
        fprintf(f, "%s,%.4f,%.4f,%.4f,%.4f,%.4f,%d\n", date, price, price, price, price, price,
                1000 + i);
    }
    fclose(f);
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return left < right ? -1 : left > right;
}

/* Sorts; the median. */
static double show(const char *what, double *times, int count)
{
    qsort(times, (size_t)count, sizeof(*times), by_value);
    printf("%-44s median %8.2f  p90 %8.2f  max %8.2f ms\n", what, times[count / 2],
           times[count * 9 / 10], times[count - 1]);
    fflush(stdout);
    return times[count / 2];
}

/* Milliseconds from the start of a run to its end, as the helper counted them. */
static double counted_ms(const ape_sandbox_result *result)
{
    static const char name[] = "\"wall_ms\":";
    ape_text *json;
    double counted = -1;
    ape_error err;

    if (ape_sandbox_result_to_json(result, &json, &err) != APE_OK)
        return counted;
    if (strstr(ape_text_data(json), name))
        counted = strtod(strstr(ape_text_data(json), name) + sizeof(name) - 1, NULL);
    ape_text_free(json);
    return counted;
}

/* Milliseconds a caller waits; for a run that is stopped, those that the helper counted. */
static double run_once(const char *code, uint32_t wall_ms, ape_sandbox_reason expected)
{
    ape_sandbox_run_options opts;
    ape_sandbox_result *result;
    ape_error err;
    double begin = now_ms(), took;

    ape_sandbox_run_options_init(&opts, sizeof(opts));
    opts.wall_ms = wall_ms;
    if (ape_sandbox_run(sandbox, code, strlen(code), &opts, &result, &err) != APE_OK) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    took = now_ms() - begin;
    if (ape_sandbox_result_reason(result) != expected) {
        fprintf(stderr, "%s\n", ape_sandbox_result_stderr(result));
        exit(1);
    }
    if (expected != APE_SANDBOX_OK)
        took = counted_ms(result);
    ape_sandbox_result_free(result);
    return took;
}

static double measure(const char *what, const char *code, long think_ms)
{
    double times[WARM];

    for (int i = 0; i < WARM; i++) {
        times[i] = run_once(code, 30000, APE_SANDBOX_OK);
        pause_ms(think_ms);
    }
    return show(what, times, WARM);
}

static double spawn_once(const char *const words[])
{
    posix_spawn_file_actions_t quiet;
    double begin = now_ms();
    int status = -1;
    pid_t pid;

    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&pid, words[0], &quiet, NULL, (char *const *)(uintptr_t)words, environ) == 0)
        waitpid(pid, &status, 0);
    posix_spawn_file_actions_destroy(&quiet);
    return status == 0 ? now_ms() - begin : -1;
}

static double measure_peer(const char *what, const char *const words[])
{
    double times[COLD];

    for (int i = 0; i < COLD; i++) {
        times[i] = spawn_once(words);
        if (times[i] < 0) {
            printf("%-44s not to be had here\n", what);
            return 0;
        }
    }
    return show(what, times, COLD);
}

static double measure_cold(void)
{
    const char *const words[] = { "/usr/bin/python3", program, prices, NULL };

    return measure_peer("cold Python, Sharpe, no sandbox", words);
}

static double measure_bubblewrap(void)
{
    const char *const words[] = { "bwrap",
                                  "--ro-bind",
                                  "/",
                                  "/",
                                  "--unshare-all",
                                  "--tmpfs",
                                  "/var/tmp",
                                  "--die-with-parent",
                                  "/usr/bin/python3",
                                  program,
                                  prices,
                                  NULL };

    return measure_peer("bubblewrap + cold Python, Sharpe", words);
}

static void *run_many(void *unused)
{
    for (int i = 0; i < PARALLEL_RUNS; i++)
        run_once(warm_program, 30000, APE_SANDBOX_OK);
    return unused;
}

static void measure_throughput(double cold_ms)
{
    pthread_t threads[2];
    double begin = now_ms(), rate;

    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, run_many, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    rate = 2 * PARALLEL_RUNS / ((now_ms() - begin) / 1000);
    printf("%-44s %.1f runs/s", "two in parallel, Sharpe", rate);
    if (cold_ms > 0)
        printf(", %.1f times one cold Python after another", rate * cold_ms / 1000);
    puts("");
}

static void measure_kills(void)
{
    double times[KILLS];

    for (int i = 0; i < KILLS; i++)
        times[i] = run_once("while True: pass", 200, APE_SANDBOX_WALL) - 200;
    show("overshoot of a wall limit of 200 ms", times, KILLS);
}

static pid_t child_of(pid_t parent, int which)
{
    char path[64], text[1024] = "";
    char *at = text;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
    f = fopen(path, "r");
    if (!f || !fgets(text, sizeof(text), f))
        return -1;
    fclose(f);
    for (int i = 0; i < which; i++)
        strtol(at, &at, 10);
    return (pid_t)strtol(at, NULL, 10);
}

static void forget(void *user, ape_status status, ape_sandbox_result *result, const ape_error *err)
{
    (void)user;
    (void)status;
    (void)err;
    ape_sandbox_result_free(result);
}

/* A run that has calculated and sleeps: what it holds that the zygote does not. */
static void measure_memory(pid_t zygote)
{
    char code[2048];
    ape_sandbox_job *job;
    ape_error err;
    pid_t run;

    snprintf(code, sizeof(code), "%simport time; time.sleep(5)\n", warm_program);
    if (ape_sandbox_submit(sandbox, code, strlen(code), NULL, forget, NULL, &job, &err) != APE_OK)
        exit(1);
    pause_ms(700);
    run = child_of(zygote, 0);
    printf("%-44s zygote %ld kB resident, a run %ld kB of its own\n", "memory",
           status_kb(zygote, "status", "VmRSS:"), status_kb(run, "smaps_rollup", "Private_Dirty:"));
    ape_sandbox_job_cancel(job);
    ape_sandbox_job_free(job);
}

static void soak(pid_t helper, pid_t zygote, long runs)
{
    long before = status_kb(zygote, "status", "VmRSS:");
    int files = open_files(helper) + open_files(zygote);
    double begin = now_ms();

    for (long i = 0; i < runs; i++)
        run_once("print(1)", 30000, APE_SANDBOX_OK);
    pause_ms(300);
    printf("%-44s %ld runs, %.1f ms each, zygote %+ld kB, descriptors %+d\n", "soak", runs,
           (now_ms() - begin) / (double)runs, status_kb(zygote, "status", "VmRSS:") - before,
           open_files(helper) + open_files(zygote) - files);
}

int main(int argc, char **argv)
{
    double start, demand, standby, cold, wrapped;
    ape_market_options opts;
    ape_market *market;
    pid_t helper, zygote;
    ape_error err;

    make_files();
    ape_market_options_init(&opts, sizeof(opts));
    opts.data_dir = folder;
    if (ape_market_new(NULL, &opts, &market, &err) != APE_OK ||
        ape_sandbox_new(NULL, market, NULL, &sandbox, &err) != APE_OK)
        return 1;
    start = run_once("pass", 30000, APE_SANDBOX_OK);
    printf("%-44s %.0f ms\n", "first run, helper started for it", start);
    helper = child_of(getpid(), 0);
    zygote = child_of(helper, 0);
    measure("no-op, a process stands by", "pass", 150);
    measure("no-op, one after another", "pass", 0);
    standby = measure("Sharpe, a process stands by", warm_program, 150);
    demand = measure("Sharpe, one after another", warm_program, 0);
    cold = measure_cold();
    wrapped = measure_bubblewrap();
    if (wrapped > 0)
        printf("%-44s %.1f times faster on demand, %.1f with standby\n",
               "beside bubblewrap + cold Python", wrapped / demand, wrapped / standby);
    measure_throughput(cold);
    measure_kills();
    measure_memory(zygote);
    soak(helper, zygote, argc > 1 ? strtol(argv[1], NULL, 10) : 300);
    ape_sandbox_free(sandbox);
    ape_market_free(market);
    unlink(prices);
    unlink(program);
    rmdir(folder);
    return 0;
}
