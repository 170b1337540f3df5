/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "health_checker/internal.h"

static const char mask[] = "***";

/* Put the mask in the place of some bytes. @return the place behind it */
static char *cut_out(char *from, char *to, size_t room)
{
    size_t rest = strlen(to) + 1, mask_size = sizeof(mask) - 1;

    if (mask_size + rest > room)
        rest = room - mask_size;
    memmove(from + mask_size, to, rest);
    memcpy(from, mask, mask_size);
    from[mask_size + rest - 1] = '\0';
    return from + mask_size;
}

/* End of a word: of a password, a key, a URL. */
static char *word_end(char *at)
{
    while (*at && !isspace((unsigned char)*at) && !strchr("\"'`,;&)]}", *at))
        at++;
    return at;
}

static char *skip_opening(char *at)
{
    while (*at && strchr(" \"'`", *at))
        at++;
    return at;
}

/* scheme://user:password@host: what stands before the at sign. */
static void redact_urls(char *message, size_t size)
{
    char *at = message;

    while ((at = strstr(at, "://")) != NULL) {
        char *end = at + 3, *sign = NULL;

        for (; *end && !isspace((unsigned char)*end) && !strchr("/?#\"", *end); end++)
            if (*end == '@')
                sign = end;
        at += 3;
        if (sign)
            at = cut_out(at, sign, size - (size_t)(at - message));
    }
}

/* password=..., "api_key": ..., Bearer ...: the word that follows. */
static void redact_after(char *message, size_t size, const char *word)
{
    char *at = message;

    while ((at = strcasestr(at, word)) != NULL) {
        char *value = at + strlen(word);

        at = value;
        if (*word != 'B') { /* a name: only where a value is given */
            value = skip_opening(value);
            if (*value != '=' && *value != ':')
                continue;
            value++;
        }
        value = skip_opening(value);
        if (*value)
            at = cut_out(value, word_end(value), size - (size_t)(value - message));
    }
}

/* Keys that show by their beginning what they are, and a webhook's path. */
static void redact_keys(char *message, size_t size, const char *beginning)
{
    char *at = message;

    while ((at = strstr(at, beginning)) != NULL) {
        at += strlen(beginning);
        at = cut_out(at, word_end(at), size - (size_t)(at - message));
    }
}

void ape__redact(char *message, size_t size)
{
    static const char *const words[] = { "password", "passwd",  "pwd",    "secret",
                                         "token",    "api_key", "apikey", "Bearer " };
    static const char *const beginnings[] = { "sk-", "xoxb-", "/services/" };

    for (char *c = message; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    redact_urls(message, size);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        redact_after(message, size, words[i]);
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
        redact_keys(message, size, beginnings[i]);
    for (size_t end = strlen(message); end > 0 && message[end - 1] == ' '; end--)
        message[end - 1] = '\0';
}
