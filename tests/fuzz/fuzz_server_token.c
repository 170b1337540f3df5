/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "base64url.h"
#include "token.h"

/*
 * Any bytes as a credential are nobody's: no input here knows the key. What base64url
 * takes has one spelling. With the right signature under it (input that begins with 's'), claims of
 * any bytes are read, and never give a name that is too long.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t now_s = 1767225600;

static ape_settings *make_settings(void)
{
    ape_settings_options options;
    ape_settings *settings;
    ape_host *host;

    ape_settings_options_init(&options, sizeof(options));
    options.ignore_environment = 1;
    if (ape_host_new(NULL, &host, NULL) != APE_OK ||
        ape_settings_new(host, &options, &settings, NULL) != APE_OK ||
        ape_settings_set(settings, "SECRET_KEY", "make-believe-secret-0123456789abcdef-0123",
                         NULL) != APE_OK ||
        ape_settings_set(settings, "API_KEYS", "a:make-believe-key-0123456789", NULL) != APE_OK)
        abort();
    return settings;
}

static void check_base64url(const char *text, size_t size)
{
    unsigned char bytes[4096];
    char again[6000];
    size_t count;

    if (!base64url_decode(text, size, bytes, sizeof(bytes), &count))
        return;
    base64url_encode(bytes, count, again);
    if (strlen(again) != size || memcmp(again, text, size) != 0)
        abort();
}

/* A token of ours whose claims are the input's. */
static void check_signed(const ape_settings *settings, const char *claims, size_t size)
{
    char token[TOKEN_SIZE], subject[TOKEN_SUBJECT] = "";

    if (!token_sign(settings, "ape-access+jwt", claims, size, token))
        return;
    if (token_check(settings, "ape-access+jwt", token, strlen(token), now_s, subject) &&
        (!subject[0] || strnlen(subject, sizeof(subject)) == sizeof(subject)))
        abort();
    if (token_check(settings, "ape-resume+jwt", token, strlen(token), now_s, subject))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ape_settings *settings;
    static auth *keys;
    char name[TOKEN_SUBJECT];
    const char *text = (const char *)data;

    if (!settings) {
        settings = make_settings();
        keys = auth_new(settings);
    }
    if (size > 0 && text[0] == 's')
        check_signed(settings, text + 1, size - 1);
    if (auth_check(keys, settings, text, size, now_s, name) &&
        (size != 27 || memcmp(text, "make-believe-key-0123456789", 27) != 0))
        abort();
    check_base64url(text, size);
    return 0;
}
