/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_LOCATE_H
#define APE_CORE_LOCATE_H

#include <ape/host.h>

/**
 * Path of a file or folder that comes with the library: @p beside, relative to
 * the folder of libape.so (how a build tree and a Python wheel are laid out), if
 * it is there; else @p installed. The result is freed with ape__strfree(); NULL
 * if memory is out.
 */
char *ape__locate(ape_host *host, const char *beside, const char *installed);

#endif /* APE_CORE_LOCATE_H */
