/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zygote.h"

static const char *const modules[MODULE_COUNT] = { "python/zygote.py", "python/yfinance.py" };

static int open_beside(const char *helper, const char *name, char *path, size_t size)
{
    const char *slash = strrchr(helper, '/');
    int folder = slash ? (int)(slash - helper) + 1 : 0;

    snprintf(path, size, "%.*s%s", folder, helper, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* A copy in memory, which a less privileged user can map as well. */
static int copy_to_memory(int fd)
{
    int copy = memfd_create("libape_rt.so", MFD_CLOEXEC);
    struct stat file;
    off_t from = 0;

    if (copy >= 0 && fstat(fd, &file) == 0 && fchmod(copy, 0555) == 0 &&
        sendfile(copy, fd, &from, (size_t)file.st_size) == file.st_size)
        return copy;
    if (copy >= 0)
        close(copy);
    return -1;
}

ape_status vee_files_open(const char *helper, vee_files *out, ape_error *err)
{
    char path[1024];
    int fd = open_beside(helper, "libape_rt.so", out->runtime_path, sizeof(out->runtime_path));

    if (fd < 0)
        return fault_errno(err, APE_ERR_NOT_FOUND, "%.160s", out->runtime_path);
    out->runtime_fd = copy_to_memory(fd);
    close(fd);
    if (out->runtime_fd < 0)
        return fault_errno(err, APE_ERR_IO, "copying %.160s", out->runtime_path);
    for (int i = 0; i < MODULE_COUNT; i++) {
        out->module_fds[i] = open_beside(helper, modules[i], path, sizeof(path));
        if (out->module_fds[i] < 0)
            return fault_errno(err, APE_ERR_NOT_FOUND, "%.160s", path);
    }
    out->selftest_fd = open_beside(helper, "python/selftest.py", path, sizeof(path));
    if (out->selftest_fd < 0)
        return fault_errno(err, APE_ERR_NOT_FOUND, "%.160s", path);
    return APE_OK;
}
