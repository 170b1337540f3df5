/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_URL_H
#define APE_CORE_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes within a text that lives elsewhere. */
typedef struct ape__slice {
    const char *at;
    size_t size;
} ape__slice;

/** scheme://user:password@host:port/path?query, taken apart; what is absent has size 0. */
typedef struct ape__url {
    ape__slice scheme;
    ape__slice user;
    ape__slice password; /* still percent-encoded */
    ape__slice host;     /* without the brackets of an IPv6 address */
    uint32_t port;       /* 0: none */
    ape__slice path;     /* without its first slash */
    ape__slice query;
} ape__url;

/**
 * Take a URL apart.
 *
 * @return NULL, or what is wrong with it: a piece of a sentence, without any part
 *         of the URL, which may hold a password.
 */
const char *ape__url_parse(const char *text, ape__url *out);

/** Value of a query parameter, still percent-encoded; size 0 where absent. */
ape__slice ape__url_parameter(const ape__url *url, const char *name);

bool ape__slice_is(ape__slice slice, const char *text);

/** Copy with %41 resolved; false if it does not fit, is badly encoded or holds a NUL. */
bool ape__slice_decode(ape__slice slice, char *out, size_t out_size);

/** True for no host, a Unix socket's folder, localhost, 127.0.0.0/8 and ::1. */
bool ape__host_is_local(ape__slice host);

#endif /* APE_CORE_URL_H */
