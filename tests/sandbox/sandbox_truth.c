/* SPDX-License-Identifier: MIT */
/* A failed allocation ends a run: numpy may otherwise answer with whatever memory held. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "try.h"

enum { BUDGET_MB = 96, STEPS = 16 };

/* Leaves a little more room at every step, from none to plenty. */
static const char program[] =
    "import hashlib, numpy as np\n"
    "m = np.random.RandomState(1).rand(300, 300)\n"
    "ballast = np.ones(%d << 17) if %d else None\n"
    "r = {'svd': lambda: np.linalg.svd(m)[0], 'inv': lambda: np.linalg.inv(m),\n"
    "     'eigh': lambda: np.linalg.eigh(m + m.T)[1], 'qr': lambda: np.linalg.qr(m)[0]}['%s']()\n"
    "print(hashlib.sha256(r.tobytes()).hexdigest())\n";

static const char *const operations[] = { "svd", "inv", "eigh", "qr" };

static ape_sandbox_result *calculate(ape_sandbox *sandbox, const char *operation, int ballast_mb)
{
    char code[sizeof(program) + 64];
    ape_sandbox_run_options opts;

    ape_sandbox_run_options_init(&opts, sizeof(opts));
    opts.memory_mb = ballast_mb ? BUDGET_MB : 1024;
    opts.wall_ms = opts.cpu_ms = 60000;
    snprintf(code, sizeof(code), program, ballast_mb, ballast_mb, operation);
    return try_run(sandbox, code, &opts);
}

/* True if memory was refused; a number, if there is one, is the right one. */
static bool is_right_or_refused(ape_sandbox *sandbox, const char *operation, int ballast_mb,
                                const char *right)
{
    ape_sandbox_result *result = calculate(sandbox, operation, ballast_mb);
    bool refused = result && ape_sandbox_result_reason(result) == APE_SANDBOX_MEMORY;

    if (!result)
        return false;
    if (!refused) {
        try_check(ape_sandbox_result_reason(result) == APE_SANDBOX_OK, operation,
                  ape_sandbox_result_stderr(result));
        try_check(strcmp(ape_sandbox_result_stdout(result), right) == 0, operation,
                  "another number than with plenty of memory");
    }
    ape_sandbox_result_free(result);
    return refused;
}

static void check_operation(ape_sandbox *sandbox, const char *operation)
{
    ape_sandbox_result *free_run = calculate(sandbox, operation, 0);
    int refused = 0;

    if (!free_run)
        return;
    try_check(ape_sandbox_result_reason(free_run) == APE_SANDBOX_OK, operation,
              ape_sandbox_result_stderr(free_run));
    for (int step = 0; step < STEPS; step++)
        refused += is_right_or_refused(sandbox, operation, BUDGET_MB - step,
                                       ape_sandbox_result_stdout(free_run));
    printf("%s: %d of %d refused, the others right\n", operation, refused, STEPS);
    try_check(refused > 0 && refused < STEPS, operation, "the limits did not bracket it");
    ape_sandbox_result_free(free_run);
}

int main(void)
{
    ape_sandbox *sandbox;
    ape_error err;

    if (ape_sandbox_new(NULL, NULL, NULL, &sandbox, &err) != APE_OK)
        return 1;
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        check_operation(sandbox, operations[i]);
    ape_sandbox_free(sandbox);
    return try_failures ? 1 : 0;
}
