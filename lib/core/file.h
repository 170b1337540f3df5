/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_FILE_H
#define APE_CORE_FILE_H

#include "core/buffer.h"

/**
 * Append a whole file to a buffer.
 *
 * @return APE_OK; APE_ERR_NOT_FOUND; APE_ERR_IO (detail: errno); APE_ERR_LIMIT for
 *         more than @p limit bytes; APE_ERR_NO_MEMORY. Messages name the path.
 */
ape_status ape__file_read(ape__buffer *buffer, const char *path, size_t limit, ape_error *err);

#endif /* APE_CORE_FILE_H */
