/* SPDX-License-Identifier: MIT */
#ifndef SERVER_STAMP_H
#define SERVER_STAMP_H

/** What a query is known by. */
enum { STAMP_ID = 37, STAMP_TIME = 32 };

void stamp_id(char out[STAMP_ID]);

/** Now, as 2022-12-28T09:30:00.000Z. */
void stamp_time(char out[STAMP_TIME]);

#endif /* SERVER_STAMP_H */
