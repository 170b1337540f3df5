/* SPDX-License-Identifier: MIT */
#include "core/url.h"

#include <string.h>
#include <strings.h>

static ape__slice slice(const char *from, const char *to)
{
    return (ape__slice){ from, (size_t)(to - from) };
}

static const char *find_any(const char *at, const char *end, const char *set)
{
    while (at < end && !strchr(set, *at))
        at++;
    return at;
}

static bool is_scheme(ape__slice s)
{
    for (size_t i = 0; i < s.size; i++) {
        char c = s.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';

        if (!letter && (i == 0 || !other))
            return false;
    }
    return s.size > 0;
}

static const char *parse_port(ape__slice text, uint32_t *port)
{
    *port = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return "has a port that is not a number";
        *port = *port * 10 + (uint32_t)(text.at[i] - '0');
        if (*port > 65535)
            return "has a port above 65535";
    }
    return text.size == 0 || *port == 0 ? "has an empty port or port 0" : NULL;
}

static const char *parse_address(const char *at, const char *end, ape__url *out)
{
    const char *colon;

    if (at < end && *at == '[') {
        const char *close = memchr(at, ']', (size_t)(end - at));

        if (!close)
            return "has an IPv6 address without its closing bracket";
        out->host = slice(at + 1, close);
        if (close + 1 == end)
            return NULL;
        return close[1] == ':' ? parse_port(slice(close + 2, end), &out->port)
                               : "has something between its address and its port";
    }
    if (memchr(at, ',', (size_t)(end - at)))
        return "names more than one host";
    colon = find_any(at, end, ":");
    out->host = slice(at, colon);
    return colon == end ? NULL : parse_port(slice(colon + 1, end), &out->port);
}

/* A password may hold "@" or ":" unencoded: the last "@" ends it, the first ":" begins it. */
static const char *parse_authority(const char *at, const char *end, ape__url *out)
{
    const char *sign = memrchr(at, '@', (size_t)(end - at));

    if (sign) {
        const char *colon = find_any(at, sign, ":");

        out->user = slice(at, colon);
        if (colon < sign)
            out->password = slice(colon + 1, sign);
        at = sign + 1;
    }
    return parse_address(at, end, out);
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return false;
    return true;
}

const char *ape__url_parse(const char *text, ape__url *out)
{
    const char *end = text + strlen(text), *at = strstr(text, "://"), *authority_end, *path_end;
    const char *problem;

    memset(out, 0, sizeof(*out));
    if (!is_plain(text))
        return "has a blank or a control character";
    if (!at || !is_scheme(slice(text, at)))
        return "does not begin with a scheme and ://";
    out->scheme = slice(text, at);
    at += 3;
    authority_end = find_any(at, end, "/?#");
    problem = parse_authority(at, authority_end, out);
    if (problem)
        return problem;
    path_end = find_any(authority_end, end, "?#");
    if (path_end > authority_end)
        out->path = slice(authority_end + 1, path_end);
    if (*path_end == '?')
        out->query = slice(path_end + 1, find_any(path_end, end, "#"));
    return NULL;
}

ape__slice ape__url_parameter(const ape__url *url, const char *name)
{
    const char *at = url->query.at, *end = at + url->query.size;
    size_t size = strlen(name);

    while (at && at < end) {
        const char *next = find_any(at, end, "&");

        if ((size_t)(next - at) > size && memcmp(at, name, size) == 0 && at[size] == '=')
            return slice(at + size + 1, next);
        at = next < end ? next + 1 : end;
    }
    return (ape__slice){ 0 };
}

bool ape__slice_is(ape__slice s, const char *text)
{
    return s.size == strlen(text) && strncasecmp(s.at ? s.at : "", text, s.size) == 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ape__slice_decode(ape__slice s, char *out, size_t out_size)
{
    size_t size = 0;

    for (size_t i = 0; i < s.size; i++) {
        char c = s.at[i];

        if (c == '%') {
            if (i + 2 >= s.size || hex_digit(s.at[i + 1]) < 0 || hex_digit(s.at[i + 2]) < 0)
                return false;
            c = (char)(hex_digit(s.at[i + 1]) << 4 | hex_digit(s.at[i + 2]));
            i += 2;
        }
        if (c == '\0' || size + 1 >= out_size)
            return false;
        out[size++] = c;
    }
    out[size] = '\0';
    return true;
}

bool ape__host_is_local(ape__slice host)
{
    if (host.size == 0 || host.at[0] == '/' ||
        (host.size >= 3 && strncasecmp(host.at, "%2f", 3) == 0))
        return true;
    return ape__slice_is(host, "localhost") || ape__slice_is(host, "::1") ||
           (host.size > 4 && memcmp(host.at, "127.", 4) == 0 &&
            strspn(host.at, "0123456789.") >= host.size);
}
