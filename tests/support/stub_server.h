/* SPDX-License-Identifier: MIT */
#ifndef APE_TESTS_STUB_SERVER_H
#define APE_TESTS_STUB_SERVER_H

#include <sys/types.h>

/**
 * A server of chat completions in a process of its own, with one thread, that answers "4" at once;
 * the model "hold" gets the first word at once and the rest after 3 s. It dies with its parent.
 *
 * @param url  its address
 * @return the process: kill it and wait for it
 */
pid_t stub_server_start(char url[64]);

#endif /* APE_TESTS_STUB_SERVER_H */
