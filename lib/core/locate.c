/* SPDX-License-Identifier: MIT */
#include "core/locate.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include "core/buffer.h"

/* Something of the library's own, to ask the loader for the file it came from. */
static const char here;

char *ape__locate(ape_host *host, const char *beside, const char *installed)
{
    const char *slash = NULL;
    ape__buffer path;
    Dl_info library;

    if (dladdr(&here, &library) && library.dli_fname)
        slash = strrchr(library.dli_fname, '/');
    if (!slash)
        return ape__strdup(host, installed);
    ape__buffer_init(&path, host);
    ape__buffer_append(&path, library.dli_fname, (size_t)(slash - library.dli_fname) + 1);
    ape__buffer_puts(&path, beside);
    if (path.failed || access(path.data, F_OK) == 0)
        return ape__buffer_take_string(&path);
    ape__buffer_clear(&path);
    return ape__strdup(host, installed);
}
