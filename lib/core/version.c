/* SPDX-License-Identifier: MIT */
#include <ape/base.h>

const char *ape_version(void)
{
    return APE_VERSION;
}

uint32_t ape_version_number(void)
{
    return APE_VERSION_NUMBER;
}
