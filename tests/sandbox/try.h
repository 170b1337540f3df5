/* SPDX-License-Identifier: MIT */
#ifndef APE_TESTS_SANDBOX_TRY_H
#define APE_TESTS_SANDBOX_TRY_H

#include <ape/sandbox.h>

/* For plain test programs: one line on stderr for each thing that is not as it should be. */

extern int try_failures;

/** Count and show a failure unless @p holds. */
void try_check(bool holds, const char *what, const char *detail);

/** A market over a fresh folder with one file; the folder's name goes to @p folder. */
ape_market *try_market(char folder[32], const char *name, const char *text);

/** Remove a folder of try_market(). */
void try_remove(const char *folder);

/** Run code; NULL, and a failure counted, if it could not be run at all. */
ape_sandbox_result *try_run(ape_sandbox *sandbox, const char *code,
                            const ape_sandbox_run_options *opts);

/** Run code and check why it ended and that a text is in what it wrote to either output. */
void try_expect(ape_sandbox *sandbox, const char *code, const ape_sandbox_run_options *opts,
                ape_sandbox_reason reason, const char *text);

#endif /* APE_TESTS_SANDBOX_TRY_H */
