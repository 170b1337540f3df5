/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_OPTIONS_H
#define APE_CORE_OPTIONS_H

#include <ape/base.h>

/*
 * Options structs begin with uint32_t size and grow at their end. A caller may
 * have been compiled with a shorter or a longer struct than this library.
 */

/** The body of every _options_init: write no more than @p size bytes. */
void ape__options_init(void *opts, size_t size, const void *defaults, size_t defaults_size);

/**
 * Lay what the caller has over the defaults in @p into.
 *
 * @param first_size  size of the struct in its first release
 * @param opts        the caller's; NULL leaves the defaults
 * @return APE_OK; APE_ERR_INVALID if it was not initialised; APE_ERR_UNSUPPORTED
 *         if it sets an option that this library does not know.
 */
ape_status ape__options_load(void *into, size_t into_size, size_t first_size, const void *opts,
                             ape_error *err);

#endif /* APE_CORE_OPTIONS_H */
