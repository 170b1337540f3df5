/* SPDX-License-Identifier: MIT */
#include "metrics_file.h"

#include <errno.h>
#include <string.h>

ape_metrics_registry *metrics_of(ape_orchestrator *orchestrator)
{
    ape_metrics_registry_options opts;
    ape_metrics_registry *registry;
    ape_error err;

    ape_metrics_registry_options_init(&opts, sizeof(opts));
    opts.process_metrics = 0;
    if (ape_metrics_registry_new(NULL, &opts, &registry, &err) != APE_OK) {
        complain(&err);
        return NULL;
    }
    if (ape_orchestrator_set_metrics(orchestrator, registry, &err) == APE_OK)
        return registry;
    complain(&err);
    ape_metrics_registry_free(registry);
    return NULL;
}

static ape_status write_piece(void *file, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, file) == size ? APE_OK : APE_ERR_IO;
}

static bool write_all(ape_metrics_registry *registry, FILE *file)
{
    bool written =
        ape_metrics_registry_write(registry, APE_METRICS_TEXT, write_piece, file, NULL) == APE_OK;

    return fclose(file) == 0 && written;
}

bool write_metrics_file(ape_metrics_registry *registry, const char *path)
{
    char unfinished[4096];
    int size = snprintf(unfinished, sizeof(unfinished), "%s.tmp", path);
    FILE *file = size < (int)sizeof(unfinished) ? fopen(unfinished, "we") : NULL;

    if (file && write_all(registry, file) && rename(unfinished, path) == 0)
        return true;
    fprintf(stderr, "ape: %s: %s\n", path, strerror(errno ? errno : ENAMETOOLONG));
    if (file)
        remove(unfinished);
    return false;
}
