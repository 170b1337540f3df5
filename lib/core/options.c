/* SPDX-License-Identifier: MIT */
#include "core/options.h"

#include <string.h>

#include "core/error.h"

void ape__options_init(void *opts, size_t size, const void *defaults, size_t defaults_size)
{
    uint32_t written = (uint32_t)size;

    if (!opts || size < sizeof(written))
        return;
    memset(opts, 0, size);
    memcpy(opts, defaults, size < defaults_size ? size : defaults_size);
    memcpy(opts, &written, sizeof(written));
}

static bool all_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

ape_status ape__options_load(void *into, size_t into_size, size_t first_size, const void *opts,
                             ape_error *err)
{
    uint32_t size, own_size = (uint32_t)into_size;

    if (!opts)
        return APE_OK;
    memcpy(&size, opts, sizeof(size));
    if (size < first_size)
        return ape__fail(err, APE_ERR_INVALID,
                         "options not initialised: call the struct's _init function first");
    if (size > into_size && !all_zero((const unsigned char *)opts + into_size, size - into_size))
        return ape__fail(err, APE_ERR_UNSUPPORTED, "an option is set that libape %s does not know",
                         APE_VERSION);
    memcpy(into, opts, size < into_size ? size : into_size);
    memcpy(into, &own_size, sizeof(own_size));
    return APE_OK;
}
