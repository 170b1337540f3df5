/* SPDX-License-Identifier: MIT */
#include "try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int try_failures;

void try_check(bool holds, const char *what, const char *detail)
{
    if (holds)
        return;
    try_failures++;
    fprintf(stderr, "FAILED: %s: %s\n", what, detail);
}

ape_market *try_market(char folder[32], const char *name, const char *text)
{
    ape_market_options opts;
    ape_market *market = NULL;
    char path[128];
    ape_error err;
    FILE *f;

    snprintf(folder, 32, "/tmp/ape-sandbox-XXXXXX");
    if (!mkdtemp(folder))
        abort();
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0)
        abort();
    ape_market_options_init(&opts, sizeof(opts));
    opts.data_dir = folder;
    if (ape_market_new(NULL, &opts, &market, &err) != APE_OK)
        try_check(false, "market", err.message);
    return market;
}

void try_remove(const char *folder)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -rf %s", folder);
    try_check(system(command) == 0, "removing", folder);
}

ape_sandbox_result *try_run(ape_sandbox *sandbox, const char *code,
                            const ape_sandbox_run_options *opts)
{
    ape_sandbox_result *result = NULL;
    ape_error err;

    if (ape_sandbox_run(sandbox, code, strlen(code), opts, &result, &err) != APE_OK)
        try_check(false, code, err.message);
    return result;
}

void try_expect(ape_sandbox *sandbox, const char *code, const ape_sandbox_run_options *opts,
                ape_sandbox_reason reason, const char *text)
{
    ape_sandbox_result *result = try_run(sandbox, code, opts);
    bool found;

    if (!result)
        return;
    found = strstr(ape_sandbox_result_stdout(result), text) ||
            strstr(ape_sandbox_result_stderr(result), text);
    if (!found || ape_sandbox_result_reason(result) != reason) {
        fprintf(stderr, "reason %s, stdout '%s', stderr '%s'\n",
                ape_sandbox_reason_name(ape_sandbox_result_reason(result)),
                ape_sandbox_result_stdout(result), ape_sandbox_result_stderr(result));
        try_check(false, code, text);
    }
    ape_sandbox_result_free(result);
}
