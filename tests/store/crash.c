/* SPDX-License-Identifier: MIT */
/*
 * crash sqlite|postgres CYCLES: a writer is killed in the middle of its work, again and again; with
 * PostgreSQL now and then the server too. Whatever was acknowledged must be there, once, in order.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "acknowledged.h"

enum { SERVER_KILL_EVERY = 25, VERIFY_EVERY = 10, LONGEST_LIFE_US = 40000, MOST_CYCLES = 2000 };

static test_server postgres;
static const test_server *server;
static char folder[64];
static int acknowledged[MOST_CYCLES];

/* In the child: write, and tell each acknowledged number at once. Ends by being killed. */
static void write_for_ever(int writer, int out)
{
    ape_store *store;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    store = acknowledged_open(folder, server);
    for (int number = 0;; number++) {
        if (!acknowledged_put(store, writer, number, NULL))
            _exit(1);
        if (write(out, "+", 1) != 1)
            _exit(2);
    }
}

static void rest_us(long us)
{
    const struct timespec t = { .tv_nsec = us * 1000 };

    nanosleep(&t, NULL);
}

static int count_bytes(int fd)
{
    char chunk[4096];
    ssize_t got;
    int total = 0;

    while ((got = read(fd, chunk, sizeof(chunk))) > 0)
        total += (int)got;
    return total;
}

/* One life of a writer; returns how many writes were acknowledged. */
static int live_and_die(int writer, bool kill_server)
{
    char first;
    int pipes[2], status, count;
    pid_t pid;

    test_expect(pipe(pipes) == 0 && (pid = fork()) >= 0, "-");
    if (pid == 0) {
        close(pipes[0]);
        write_for_ever(writer, pipes[1]);
    }
    close(pipes[1]);
    count = read(pipes[0], &first, 1) == 1;
    rest_us(rand() % LONGEST_LIFE_US);
    if (kill_server) {
        test_server_kill(&postgres);
        rest_us(rand() % LONGEST_LIFE_US);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    test_expect(WIFSIGNALED(status), "writer %d ended by itself: %d", writer, status);
    count += count_bytes(pipes[0]);
    close(pipes[0]);
    return count;
}

/* What is in the outbox of a dead writer is the next store's to send. */
static void flush(void)
{
    ape_store *store = acknowledged_open(folder, server);
    ape_error err = { .message = "" };

    test_expect(ape_store_flush(store, 30000, &err) == APE_OK, "%s", err.message);
    ape_store_free(store);
}

int main(int argc, char **argv)
{
    int cycles = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 20, server_kills = 0;
    long total = 0, rows = 0;

    test_expect(cycles <= MOST_CYCLES, "-");
    if (argc > 1 && strcmp(argv[1], "postgres") == 0) {
        if (!test_server_new(&postgres, "postgres"))
            return TEST_SKIPPED;
        server = &postgres;
    }
    srand((unsigned)time(NULL));
    test_folder_new(folder);
    for (int cycle = 0; cycle < cycles; cycle++) {
        bool kill_server = server && cycle % SERVER_KILL_EVERY == SERVER_KILL_EVERY / 2;

        acknowledged[cycle] = live_and_die(cycle, kill_server);
        total += acknowledged[cycle];
        server_kills += kill_server;
        if (kill_server) {
            test_server_start(&postgres);
            flush();
        }
        if (cycle % VERIFY_EVERY == 0 || cycle == cycles - 1)
            rows = acknowledged_verify(folder, server, acknowledged, cycle + 1);
    }
    printf(
        "%s: %d writers killed, %d servers killed; %ld writes acknowledged, %ld rows: none lost, "
        "none twice, in order\n",
        server ? "postgres" : "sqlite", cycles, server_kills, total, rows);
    test_server_free(&postgres);
    test_folder_remove(folder);
    return 0;
}
