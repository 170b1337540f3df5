/* SPDX-License-Identifier: MIT */
#ifndef APE_CLI_PROVENANCE_H
#define APE_CLI_PROVENANCE_H

#include <stdio.h>

/** Where the number of an answer comes from, in a few lines for people. */
void print_provenance(FILE *stream, const char *answer_json);

#endif /* APE_CLI_PROVENANCE_H */
