/* SPDX-License-Identifier: MIT */
#include <ape/health_checks.h>

#include <string.h>

#include "health_checker/internal.h"
#include "sandbox/sandbox.h"

static const char program[] = "print(6 * 7)";
static const char printed[] = "42\n";

/* Starting the helper is its self-test; it fails below the isolation that is asked for. */
static bool is_isolated(ape_sandbox *sandbox, ape_health_result *result)
{
    ape_text *description;
    ape_error err;

    if (ape_sandbox_describe(sandbox, &description, &err) != APE_OK) {
        ape__health_fail(result, "%s", err.message);
        return false;
    }
    ape_text_free(description);
    return true;
}

static void judge(const ape_sandbox_result *run, ape_health_result *result)
{
    ape_sandbox_reason reason = ape_sandbox_result_reason(run);

    if (reason != APE_SANDBOX_OK)
        ape__health_fail(result, "a program of one line ended with \"%s\"",
                         ape_sandbox_reason_name(reason));
    else if (strcmp(ape_sandbox_result_stdout(run), printed) != 0)
        ape__health_fail(result, "a program of one line printed something else");
}

static void probe_sandbox(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    ape_sandbox_run_options opts;
    ape_sandbox_result *run;
    ape_error err;

    if (!is_isolated(user, result))
        return;
    ape_sandbox_run_options_init(&opts, sizeof(opts));
    opts.wall_ms = timeout_ms;
    if (ape_sandbox_run(user, program, strlen(program), &opts, &run, &err) != APE_OK) {
        ape__health_fail(result, "%s", err.message);
        return;
    }
    judge(run, result);
    ape_sandbox_result_free(run);
}

static void release(void *user)
{
    ape_sandbox_free(user);
}

ape_status ape_health_checker_add_sandbox(ape_health_checker *checker, const char *name,
                                          ape_sandbox *sandbox,
                                          const ape_health_check_options *opts, ape_error *err)
{
    if (!checker || !sandbox)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "sandbox" : "checker");
    return ape__health_checker_add_built_in(checker, name, "component", opts, probe_sandbox,
                                            ape__sandbox_ref(sandbox), release, err);
}
