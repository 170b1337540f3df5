/* SPDX-License-Identifier: MIT */
#ifndef APE_SANDBOX_SANDBOX_H
#define APE_SANDBOX_SANDBOX_H

#include <ape/sandbox.h>

#include "sandbox/execution.h"

/** Share a sandbox; ape_sandbox_free() gives the share up. NULL stays NULL. */
ape_sandbox *ape__sandbox_ref(ape_sandbox *sandbox);

/** Check what is asked for. The execution borrows sandbox and code. */
ape_status ape__sandbox_prepare(ape_sandbox *sandbox, const char *code, size_t size,
                                const ape_sandbox_run_options *opts, ape__execution *out,
                                ape_error *err);

#endif /* APE_SANDBOX_SANDBOX_H */
