/* SPDX-License-Identifier: MIT */
#include <ape/base.h>

static const char *const names[] = {
    "APE_OK",
    "APE_ERR_INVALID",
    "APE_ERR_NO_MEMORY",
    "APE_ERR_UNSUPPORTED",
    "APE_ERR_NOT_FOUND",
    "APE_ERR_UNAVAILABLE",
    "APE_ERR_TIMEOUT",
    "APE_ERR_CANCELLED",
    "APE_ERR_IO",
    "APE_ERR_FORMAT",
    "APE_ERR_LIMIT",
    "APE_ERR_REFUSED",
    "APE_ERR_ISOLATION",
    "APE_ERR_STATE",
    "APE_ERR_INTERNAL",
};

const char *ape_status_name(ape_status status)
{
    const int32_t count = (int32_t)(sizeof(names) / sizeof(names[0]));

    if (status > 0 || status <= -count)
        return "APE_ERR_UNKNOWN";
    return names[-status];
}

bool ape_status_is_transient(ape_status status)
{
    return status == APE_ERR_UNAVAILABLE || status == APE_ERR_TIMEOUT ||
           status == APE_ERR_NO_MEMORY || status == APE_ERR_STATE;
}
