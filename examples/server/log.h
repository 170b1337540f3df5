/* SPDX-License-Identifier: MIT */
#ifndef SERVER_LOG_H
#define SERVER_LOG_H

#include <ape/host.h>
#include <cjson/cJSON.h>

/** Lines below this level are not written. Set once, before threads start. */
void log_set_level(ape_log_level level);

/** True if a line of this level would be written. */
bool log_wants(ape_log_level level);

/**
 * Write one line of JSON to stderr: ts, level, area, message and the members of
 * @p more, which is freed; it may be NULL. Control characters are escaped, so no
 * text can begin a line of its own.
 */
void log_line(ape_log_level level, const char *area, const char *message, cJSON *more);

/** The log callback of ape_host. */
void log_from_library(void *user, ape_log_level level, const char *area, const char *message);

#endif /* SERVER_LOG_H */
