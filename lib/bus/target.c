/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/link.h"
#include "core/url.h"

static ape_status parse_database(ape__slice text, ape__redis_target *out, ape_error *err)
{
    char digits[8];

    if (text.size == 0)
        return APE_OK;
    if (!ape__slice_decode(text, digits, sizeof(digits)) ||
        strspn(digits, "0123456789") != strlen(digits))
        return ape__fail(err, APE_ERR_INVALID,
                         "REDIS_URL must end in the number of a database, as /0");
    out->database = (int)strtol(digits, NULL, 10);
    return APE_OK;
}

static ape_status parse_socket(const ape__url *url, ape__redis_target *out, ape_error *err)
{
    ape__slice path = { url->path.at - 1, url->path.size + 1 };

    if (url->path.size == 0 || !ape__slice_decode(path, out->path, sizeof(out->path)))
        return ape__fail(err, APE_ERR_INVALID, "REDIS_URL names no socket: unix:///run/redis.sock");
    return parse_database(ape__url_parameter(url, "db"), out, err);
}

ape_status ape__redis_target_parse(const char *text, ape__redis_target *out, ape_error *err)
{
    ape__url url;
    const char *problem = ape__url_parse(text, &url);

    memset(out, 0, sizeof(*out));
    if (problem)
        return ape__fail(err, APE_ERR_INVALID, "REDIS_URL is no URL: it %s", problem);
    out->tls = ape__slice_is(url.scheme, "rediss");
    if (!out->tls && !ape__slice_is(url.scheme, "redis") && !ape__slice_is(url.scheme, "unix"))
        return ape__fail(err, APE_ERR_INVALID,
                         "REDIS_URL must begin with redis://, rediss:// or unix://");
    if (!ape__slice_decode(url.user, out->user, sizeof(out->user)) ||
        !ape__slice_decode(url.password, out->password, sizeof(out->password)))
        return ape__fail(err, APE_ERR_INVALID,
                         "REDIS_URL: user or password is badly percent-encoded or too long");
    if (ape__slice_is(url.scheme, "unix"))
        return parse_socket(&url, out, err);
    if (url.host.size == 0 || !ape__slice_decode(url.host, out->host, sizeof(out->host)))
        return ape__fail(err, APE_ERR_INVALID, "REDIS_URL names no host");
    out->port = url.port ? (int)url.port : 6379;
    return parse_database(url.path, out, err);
}
