/* SPDX-License-Identifier: MIT */
#ifndef APE_VEE_SELFTEST_H
#define APE_VEE_SELFTEST_H

#include "supervisor.h"

/**
 * Run a program that tries to get out, and look at its process from outside.
 *
 * @param mechanisms  what was proved: bits APE__MECHANISM_...
 * @return APE_OK; APE_ERR_ISOLATION with what was found open.
 */
ape_status selftest_run(supervisor *s, const vee_files *files, uint32_t *mechanisms,
                        ape_error *err);

#endif /* APE_VEE_SELFTEST_H */
