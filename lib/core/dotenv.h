/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_DOTENV_H
#define APE_CORE_DOTENV_H

#include <ape/host.h>

/** Called for each NAME=value of a file; anything but APE_OK ends the reading. */
typedef ape_status (*ape__dotenv_entry)(void *user, const char *name, size_t name_size,
                                        const char *value, size_t value_size, ape_error *err);

/**
 * Read a .env file, at most 1 MiB; one that does not exist has no entries.
 *
 * @param mode  gets the permission bits of the file; untouched if there is none
 */
ape_status ape__dotenv_read(ape_host *host, const char *path, uint32_t *mode,
                            ape__dotenv_entry entry, void *user, ape_error *err);

/** The same on text at hand; @p path is for messages. */
ape_status ape__dotenv_parse(ape_host *host, const char *path, const char *text, size_t size,
                             ape__dotenv_entry entry, void *user, ape_error *err);

#endif /* APE_CORE_DOTENV_H */
