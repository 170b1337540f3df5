/* SPDX-License-Identifier: MIT */
#ifndef APE_TESTS_BUS_OPEN_BUS_H
#define APE_TESTS_BUS_OPEN_BUS_H

#include <ape/bus.h>

/** A bus over the Redis at @p url, with defaults for all else; what goes wrong ends the test.
 *  @param host  NULL: the system's */
ape_bus *test_open_bus(ape_host *host, const char *url);

/** Sleep. */
void test_rest_ms(long ms);

#endif /* APE_TESTS_BUS_OPEN_BUS_H */
