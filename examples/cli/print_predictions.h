/* SPDX-License-Identifier: MIT */
#ifndef APE_CLI_PRINT_PREDICTIONS_H
#define APE_CLI_PRINT_PREDICTIONS_H

#include <cjson/cJSON.h>

/* What the store gives as JSON, for people. */

void print_prediction_list(const cJSON *list);
void print_prediction(const cJSON *prediction);
void print_corridor(const cJSON *corridor);
void print_track_record(const cJSON *record);
void print_check(const cJSON *check);

#endif /* APE_CLI_PRINT_PREDICTIONS_H */
