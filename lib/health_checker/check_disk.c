/* SPDX-License-Identifier: MIT */
#include <ape/health_checker.h>

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "health_checker/internal.h"

typedef struct disk {
    ape_host *host; /* the checker's; outlives this */
    char *path;
    uint64_t min_free_bytes;
} disk;

static void probe_disk(void *user, uint32_t timeout_ms, ape_health_result *result)
{
    const disk *d = user;
    struct statvfs fs;
    char reason[64];
    uint64_t free_bytes;

    (void)timeout_ms;
    if (statvfs(d->path, &fs) != 0) {
        ape__health_fail(result, "%s", strerror_r(errno, reason, sizeof(reason)));
        return;
    }
    free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (free_bytes / 2 >= d->min_free_bytes)
        return;
    ape__health_fail(result, "%.1f MiB free, %.1f MiB wanted", (double)free_bytes / 1048576,
                     (double)d->min_free_bytes / 1048576);
    if (free_bytes >= d->min_free_bytes)
        result->status = APE_HEALTH_DEGRADED;
}

static void disk_free(void *user)
{
    disk *d = user;

    ape__strfree(d->host, d->path);
    ape__free(d->host, d, sizeof(*d));
}

ape_status ape_health_checker_add_disk(ape_health_checker *checker, const char *name,
                                       const char *path, uint64_t min_free_bytes,
                                       const ape_health_check_options *opts, ape_error *err)
{
    disk *d;

    if (!checker || !path)
        return ape__fail(err, APE_ERR_INVALID, "%s is NULL", checker ? "path" : "checker");
    d = ape__alloc(checker->host, sizeof(*d));
    if (!d)
        return ape__fail_no_memory(err);
    d->host = checker->host;
    d->min_free_bytes = min_free_bytes;
    d->path = ape__strdup(checker->host, path);
    if (!d->path) {
        disk_free(d);
        return ape__fail_no_memory(err);
    }
    return ape__health_checker_add_built_in(checker, name, "system", opts, probe_disk, d, disk_free,
                                            err);
}
