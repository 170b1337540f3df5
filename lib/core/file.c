/* SPDX-License-Identifier: MIT */
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

static ape_status fail_errno(ape_error *err, const char *path)
{
    int code = errno;
    char reason[64];

    return ape__fail_detail(err, code == ENOENT ? APE_ERR_NOT_FOUND : APE_ERR_IO, code, "%s: %s",
                            path, strerror_r(code, reason, sizeof(reason)));
}

static ape_status read_all(ape__buffer *buffer, int fd, const char *path, size_t limit,
                           ape_error *err)
{
    char chunk[16384];
    size_t total = 0;

    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(err, path);
        if (got == 0)
            return buffer->failed ? ape__fail_no_memory(err) : APE_OK;
        total += (size_t)got;
        if (total > limit)
            return ape__fail(err, APE_ERR_LIMIT, "%s: larger than %zu bytes", path, limit);
        ape__buffer_append(buffer, chunk, (size_t)got);
    }
}

ape_status ape__file_read(ape__buffer *buffer, const char *path, size_t limit, ape_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ape_status st;

    if (fd < 0)
        return fail_errno(err, path);
    st = read_all(buffer, fd, path, limit, err);
    close(fd);
    return st;
}
