/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <ctype.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_KEYS = 64, MAX_CREDENTIAL = 1024 };

static const char hashed[] = "sha256:";

typedef struct api_key {
    char name[TOKEN_SUBJECT];
    uint8_t digest[SHA256_DIGEST_LENGTH];
} api_key;

struct auth {
    size_t count;
    api_key keys[MAX_KEYS];
};

static void digest_of(const char *text, size_t size, uint8_t out[SHA256_DIGEST_LENGTH])
{
    SHA2_CTX hash;

    SHA256Init(&hash);
    SHA256Update(&hash, (const uint8_t *)text, size);
    SHA256Final(out, &hash);
}

static bool is_name(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("._-", text[i]))
            return false;
    return size > 0 && size < TOKEN_SUBJECT;
}

static int digit_value(char c)
{
    const char *found = c ? strchr("0123456789abcdef", tolower((unsigned char)c)) : NULL;

    return found ? (int)(found - "0123456789abcdef") : -1;
}

/* A key that only its owner has: "sha256:" and 64 digits. */
static bool read_digest(const char *entry, size_t size, uint8_t out[SHA256_DIGEST_LENGTH])
{
    const size_t prefix = strlen(hashed);

    if (size != prefix + 2 * SHA256_DIGEST_LENGTH || memcmp(entry, hashed, prefix) != 0)
        return false;
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) {
        int high = digit_value(entry[prefix + 2 * i]);
        int low = digit_value(entry[prefix + 2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void add(auth *keys, const char *entry, size_t size)
{
    const char *colon = memchr(entry, ':', size);
    api_key *key = &keys->keys[keys->count];

    if (size == 0 || keys->count == MAX_KEYS)
        return;
    keys->count++;
    snprintf(key->name, sizeof(key->name), "key-%zu", keys->count);
    if (read_digest(entry, size, key->digest))
        return;
    if (colon && is_name(entry, (size_t)(colon - entry))) {
        snprintf(key->name, sizeof(key->name), "%.*s", (int)(colon - entry), entry);
        size -= (size_t)(colon + 1 - entry);
        entry = colon + 1;
    }
    if (!read_digest(entry, size, key->digest))
        digest_of(entry, size, key->digest);
}

auth *auth_new(const ape_settings *settings)
{
    const char *rest = ape_settings_get(settings, "API_KEYS");
    auth *keys = calloc(1, sizeof(*keys));

    while (keys && rest && *rest) {
        size_t size = strcspn(rest, ",");
        size_t skipped = strspn(rest, " \t");
        size_t end = size;

        while (end > skipped && strchr(" \t", rest[end - 1]))
            end--;
        if (skipped < size)
            add(keys, rest + skipped, end - skipped);
        rest += size + (rest[size] == ',');
    }
    return keys;
}

void auth_free(auth *keys)
{
    if (keys)
        explicit_bzero(keys, sizeof(*keys));
    free(keys);
}

bool auth_required(const auth *keys)
{
    return keys->count > 0;
}

bool auth_check(const auth *keys, const ape_settings *settings, const char *credential, size_t size,
                int64_t now_s, char name[TOKEN_SUBJECT])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    const api_key *found = NULL;

    if (size == 0 || size > MAX_CREDENTIAL)
        return false;
    digest_of(credential, size, digest);
    for (size_t i = 0; i < keys->count; i++)
        if (equal_in_constant_time(keys->keys[i].digest, digest, sizeof(digest)))
            found = &keys->keys[i];
    if (!found)
        return token_check(settings, TOKEN_TYPE_ACCESS, credential, size, now_s, name);
    memcpy(name, found->name, sizeof(found->name));
    return true;
}
