/* SPDX-License-Identifier: MIT */
#ifndef APE_SANDBOX_SANDBOX_H
#define APE_SANDBOX_SANDBOX_H

#include <ape/sandbox.h>

/** Share a sandbox; ape_sandbox_free() gives the share up. NULL stays NULL. */
ape_sandbox *ape__sandbox_ref(ape_sandbox *sandbox);

#endif /* APE_SANDBOX_SANDBOX_H */
