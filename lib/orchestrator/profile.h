/* SPDX-License-Identifier: MIT */
#ifndef APE_ORCHESTRATOR_PROFILE_H
#define APE_ORCHESTRATOR_PROFILE_H

#include <ape/orchestrator.h>

enum { APE__PROFILE_SIZE = 128 };

/**
 * The versions that a sandbox describes itself with, as the sanitizer takes them:
 * "python=3.11.2,pandas=1.5.3,numpy=1.24.2". What stands behind a number, as in
 * "2.1.4+dfsg", is left out; a Python newer than the sanitizer knows counts as the
 * newest that it does.
 *
 * @param description  JSON of ape_sandbox_describe()
 * @return false if it holds no such versions
 */
bool ape__profile_write(const char *description, size_t size, char out[APE__PROFILE_SIZE]);

/**
 * A share of the orchestrator's sanitizer. Unless the orchestrator was given one it is
 * made here, for the versions of the sandbox; as long as the sandbox tells none, each
 * share is of one with the default profile.
 */
ape_status ape__orchestrator_sanitizer(ape_orchestrator *orchestrator, ape_code_sanitizer **out,
                                       ape_error *err);

#endif /* APE_ORCHESTRATOR_PROFILE_H */
