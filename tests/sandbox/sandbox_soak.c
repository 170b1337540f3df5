/* SPDX-License-Identifier: MIT */
/*
 * Many runs, one after another, of programs that do what they can to leave something behind: the
 * zygote gets no larger, and nobody keeps a descriptor.
 *
 *     sandbox_soak RUNS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "processes.h"
#include "try.h"

enum { WARM_UP = 20, MOST_GROWTH_KB = 1024 };

static const struct {
    const char *code;
    ape_sandbox_reason reason;
} programs[] = {
    { "print(1)", APE_SANDBOX_OK },
    { "import pandas; print(pandas.Series([1.0, 2.0]).mean())", APE_SANDBOX_OK },
    { "import os; x = [os.dup(1) for i in range(20)]", APE_SANDBOX_OK },
    { "1 / 0", APE_SANDBOX_ERROR },
    { "import os; os._exit(3)", APE_SANDBOX_ERROR },
    { "import ctypes; ctypes.string_at(0)", APE_SANDBOX_SIGNAL },
    { "x = bytearray(1 << 40)", APE_SANDBOX_MEMORY },
};

enum { PROGRAMS = sizeof(programs) / sizeof(programs[0]) };

static void run_many(ape_sandbox *sandbox, long runs)
{
    for (long i = 0; i < runs && try_failures == 0; i++)
        try_expect(sandbox, programs[i % PROGRAMS].code, NULL, programs[i % PROGRAMS].reason, "");
}

/* The helper as it was; a process that stands by comes and goes, and its socket with it. */
typedef struct books {
    pid_t supervisor, zygote;
    int files;
} books;

static bool is_balanced(void *user)
{
    const books *b = user;

    return open_files(b->supervisor) + open_files(b->zygote) <= b->files;
}

int main(int argc, char **argv)
{
    long runs = argc > 1 ? strtol(argv[1], NULL, 10) : 0, before, growth;
    pid_t members[FAMILY_SIZE];
    ape_sandbox *sandbox;
    ape_error err;
    books b;

    if (runs < 1 || ape_sandbox_new(NULL, NULL, NULL, &sandbox, &err) != APE_OK)
        return 2;
    run_many(sandbox, WARM_UP);
    pause_ms(1000); /* let a process stand by */
    try_check(family_of_this(members) >= 2, "family", "no supervisor and zygote");
    b = (books){ .supervisor = members[0], .zygote = members[1] };
    b.files = open_files(b.supervisor) + open_files(b.zygote);
    before = status_kb(b.zygote, "status", "VmRSS:");
    run_many(sandbox, runs);
    growth = status_kb(b.zygote, "status", "VmRSS:") - before;
    printf("%ld runs: zygote %+ld kB\n", runs, growth);
    try_check(before > 0 && growth < MOST_GROWTH_KB, "zygote", "has grown by more than 1 MB");
    try_check(comes_true(is_balanced, &b), "descriptors", "more than before");
    ape_sandbox_free(sandbox);
    return try_failures ? 1 : 0;
}
