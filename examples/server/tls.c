/* SPDX-License-Identifier: MIT */
#include "tls.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

enum { LARGEST_FILE = 256 * 1024 };

static bool complain(const char *file, const char *reason)
{
    cJSON *more = cJSON_CreateObject();

    cJSON_AddStringToObject(more, "file", file);
    cJSON_AddStringToObject(more, "reason", reason);
    log_line(APE_LOG_ERROR, "server", "TLS cannot be spoken", more);
    return false;
}

static char *read_file(const char *path)
{
    char *text = calloc(1, LARGEST_FILE + 1);
    FILE *file = text ? fopen(path, "re") : NULL;
    size_t size = file ? fread(text, 1, LARGEST_FILE, file) : 0;
    bool good = size > 0 && strstr(text, "-----BEGIN ");

    if (file)
        fclose(file);
    if (good)
        return text;
    complain(path, file ? "is no PEM file" : strerror(errno));
    free(text);
    return NULL;
}

bool tls_read(tls *out, const config *c)
{
    *out = (tls){ .key = NULL };
    if (!c->tls_certificate)
        return true;
    if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
        return complain(c->tls_certificate, "libmicrohttpd was built without TLS; put nginx or "
                                            "Caddy in front");
    out->certificate = read_file(c->tls_certificate);
    out->key = out->certificate ? read_file(c->tls_key) : NULL;
    if (out->key)
        return true;
    tls_clear(out);
    return false;
}

unsigned tls_options(const tls *t, struct MHD_OptionItem *out)
{
    /* GnuTLS: nothing older than TLS 1.2. */
    static char priorities[] = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

    if (!t->certificate)
        return 0;
    out[0] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0, t->certificate };
    out[1] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, t->key };
    out[2] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0, priorities };
    return TLS_OPTIONS;
}

void tls_clear(tls *t)
{
    if (t->key)
        explicit_bzero(t->key, LARGEST_FILE);
    free(t->certificate);
    free(t->key);
    *t = (tls){ .key = NULL };
}
