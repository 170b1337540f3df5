/* SPDX-License-Identifier: MIT */
#include "token.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "base64url.h"

enum {
    BLOCK = 64,
    DIGEST = SHA256_DIGEST_LENGTH,
    LEEWAY_S = 30, /* clocks of several servers differ a little */
    PART_SIZE = 512,
};

bool equal_in_constant_time(const void *a, const void *b, size_t size)
{
    const volatile unsigned char *x = a;
    const volatile unsigned char *y = b;
    unsigned char difference = 0;

    for (size_t i = 0; i < size; i++)
        difference |= (unsigned char)(x[i] ^ y[i]);
    return difference == 0;
}

/* RFC 2104. */
static void hmac(const char *key, const char *text, size_t size, uint8_t out[DIGEST])
{
    uint8_t pad[BLOCK] = { 0 };
    SHA2_CTX hash;
    size_t key_size = strlen(key);

    if (key_size > BLOCK) {
        SHA256Init(&hash);
        SHA256Update(&hash, (const uint8_t *)key, key_size);
        SHA256Final(pad, &hash);
    } else {
        memcpy(pad, key, key_size);
    }
    for (size_t i = 0; i < BLOCK; i++)
        pad[i] ^= 0x36;
    SHA256Init(&hash);
    SHA256Update(&hash, pad, BLOCK);
    SHA256Update(&hash, (const uint8_t *)text, size);
    SHA256Final(out, &hash);
    for (size_t i = 0; i < BLOCK; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    SHA256Init(&hash);
    SHA256Update(&hash, pad, BLOCK);
    SHA256Update(&hash, out, DIGEST);
    SHA256Final(out, &hash);
    explicit_bzero(pad, sizeof(pad));
    explicit_bzero(&hash, sizeof(hash));
}

bool token_sign(const ape_settings *settings, const char *type, const char *claims, size_t size,
                char out[TOKEN_SIZE])
{
    const char *key = ape_settings_get_signing_key(settings, 0);
    char part[PART_SIZE];
    uint8_t mac[DIGEST];
    size_t end;

    if (!key || size >= PART_SIZE)
        return false;
    snprintf(part, sizeof(part), "{\"alg\":\"HS256\",\"typ\":\"%s\"}", type);
    base64url_encode((unsigned char *)part, strlen(part), out);
    end = strlen(out);
    out[end++] = '.';
    base64url_encode((const unsigned char *)claims, size, out + end);
    end = strlen(out);
    hmac(key, out, end, mac);
    out[end++] = '.';
    base64url_encode(mac, sizeof(mac), out + end);
    return true;
}

bool token_issue(const ape_settings *settings, const char *type, const char *subject, int64_t now_s,
                 uint32_t ttl_s, char out[TOKEN_SIZE])
{
    char claims[PART_SIZE];
    int size =
        snprintf(claims, sizeof(claims),
                 "{\"iss\":\"ape\",\"aud\":\"ape\",\"sub\":\"%s\",\"iat\":%lld,\"exp\":%lld}",
                 subject, (long long)now_s, (long long)now_s + ttl_s);

    return token_sign(settings, type, claims, (size_t)size, out);
}

static bool signed_by_us(const ape_settings *settings, const char *token, size_t signed_size,
                         const uint8_t mac[DIGEST])
{
    uint8_t expected[DIGEST];
    bool good = false;

    for (uint32_t i = 0; i < 2; i++) {
        const char *key = ape_settings_get_signing_key(settings, i);

        if (!key)
            continue;
        hmac(key, token, signed_size, expected);
        good |= equal_in_constant_time(expected, mac, DIGEST);
    }
    return good;
}

static cJSON *decode_object(const char *text, size_t size)
{
    char part[PART_SIZE];
    size_t length;
    cJSON *object;

    if (!base64url_decode(text, size, (unsigned char *)part, sizeof(part) - 1, &length) ||
        memchr(part, '\0', length))
        return NULL;
    part[length] = '\0';
    object = cJSON_ParseWithLengthOpts(part, length + 1, NULL, 1);
    if (cJSON_IsObject(object))
        return object;
    cJSON_Delete(object);
    return NULL;
}

static bool says(const cJSON *object, const char *name, const char *expected)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    return value && strcmp(value, expected) == 0;
}

static bool head_fits(const char *text, size_t size, const char *type)
{
    cJSON *head = decode_object(text, size);
    bool fits = head && says(head, "alg", "HS256") && says(head, "typ", type) &&
                !cJSON_GetObjectItemCaseSensitive(head, "crit");

    cJSON_Delete(head);
    return fits;
}

static bool time_claim(const cJSON *claims, const char *name, double *out)
{
    const cJSON *claim = cJSON_GetObjectItemCaseSensitive(claims, name);

    if (!cJSON_IsNumber(claim) || !isfinite(claim->valuedouble))
        return false;
    *out = claim->valuedouble;
    return true;
}

static bool times_fit(const cJSON *claims, int64_t now_s)
{
    double expires;
    double issued;
    double not_before = 0;

    if (!time_claim(claims, "exp", &expires) || !time_claim(claims, "iat", &issued))
        return false;
    if (cJSON_GetObjectItemCaseSensitive(claims, "nbf") && !time_claim(claims, "nbf", &not_before))
        return false;
    return expires > (double)now_s && issued <= (double)now_s + LEEWAY_S &&
           not_before <= (double)now_s + LEEWAY_S;
}

static bool claims_fit(const char *text, size_t size, int64_t now_s, char subject[TOKEN_SUBJECT])
{
    cJSON *claims = decode_object(text, size);
    const char *sub = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(claims, "sub"));
    bool fits = sub && *sub && strlen(sub) < TOKEN_SUBJECT && says(claims, "iss", "ape") &&
                says(claims, "aud", "ape") && times_fit(claims, now_s);

    if (fits)
        memcpy(subject, sub, strlen(sub) + 1);
    cJSON_Delete(claims);
    return fits;
}

bool token_check(const ape_settings *settings, const char *type, const char *token, size_t size,
                 int64_t now_s, char subject[TOKEN_SUBJECT])
{
    const char *first = size < TOKEN_SIZE ? memchr(token, '.', size) : NULL;
    const char *second = first ? memchr(first + 1, '.', size - (size_t)(first + 1 - token)) : NULL;
    uint8_t mac[DIGEST];
    size_t mac_size;

    if (!second)
        return false;
    if (!base64url_decode(second + 1, size - (size_t)(second + 1 - token), mac, sizeof(mac),
                          &mac_size) ||
        mac_size != DIGEST)
        return false;
    /* The signature first: nothing else is read of what we did not sign. */
    return signed_by_us(settings, token, (size_t)(second - token), mac) &&
           head_fits(token, (size_t)(first - token), type) &&
           claims_fit(first + 1, (size_t)(second - first - 1), now_s, subject);
}
