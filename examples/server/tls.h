/* SPDX-License-Identifier: MIT */
#ifndef SERVER_TLS_H
#define SERVER_TLS_H

#include "config.h"

enum { TLS_OPTIONS = 3 };

struct MHD_OptionItem;

/** Certificate and key as the HTTP library wants them. All NULL: plain text. */
typedef struct tls {
    char *certificate;
    char *key;
} tls;

/** Read the files. @return false after a line in the log that says what is wrong */
bool tls_read(tls *out, const config *c);

/** Write the library's options, TLS_OPTIONS at most; none for plain text. @return how many */
unsigned tls_options(const tls *t, struct MHD_OptionItem *out);

/** Wipe the key. */
void tls_clear(tls *t);

#endif /* SERVER_TLS_H */
