/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "core/date.h"
#include "core/host.h"
#include "core/settings_check.h"

enum {
    SHORTEST_KEY = 32,
    SHORTEST_API_KEY = 16,
    SHORTEST_PASSWORD = 12,
    DAYS_OF_ROTATION = 31,
};
static const int64_t day_ms = 86400000;

static bool is_unset(const ape__check *c, const char *name)
{
    return ape_settings_get(c->settings, name) == NULL;
}

/* Rules of single settings. */

void ape__check_secret_key(ape__check *c, const char *name, const char *value)
{
    const char *weakness = ape__secret_weakness(value, strlen(value), SHORTEST_KEY);

    if (weakness)
        ape__check_strict(c, name, "%s; make one of at least %d characters: openssl rand -hex 32",
                          weakness, SHORTEST_KEY);
}

void ape__check_api_keys(ape__check *c, const char *name, const char *value)
{
    for (int number = 1;; number++) {
        size_t size = strcspn(value, ",");
        const char *colon = memchr(value, ':', size);
        const char *key = colon ? colon + 1 : value;
        const char *weakness;

        key += strspn(key, " ");
        weakness = ape__secret_weakness(key, (size_t)(value + size - key), SHORTEST_API_KEY);
        if (weakness)
            ape__check_strict(c, name, "key number %d %s", number, weakness);
        if (value[size] == '\0')
            return;
        value += size + 1;
    }
}

static const char default_passwords[] =
    "ape postgres postgresql redis neo4j password passwd admin administrator root secret guest "
    "test changeme default pass 123456 12345678 1234567890 letmein qwerty docker database";

static bool is_default_password(const char *value, size_t size)
{
    char small[32] = "";

    if (size >= sizeof(small))
        return false;
    for (size_t i = 0; i < size; i++)
        small[i] = (char)(value[i] >= 'A' && value[i] <= 'Z' ? value[i] + 32 : value[i]);
    return ape__word_in(default_passwords, small, size);
}

static void check_password(ape__check *c, const char *name, const char *value, size_t size)
{
    if (is_default_password(value, size))
        ape__check_strict(c, name, "is a default password");
    else if (size < SHORTEST_PASSWORD)
        ape__check_strict(c, name, "has a password of fewer than %d characters", SHORTEST_PASSWORD);
    else if (ape__secret_weakness(value, size, 0) && size < SHORTEST_KEY)
        ape__check_strict(c, name, "has a password that %s", ape__secret_weakness(value, size, 0));
}

void ape__check_password(ape__check *c, const char *name, const char *value)
{
    check_password(c, name, value, strlen(value));
}

static bool host_is_excused(const ape__check *c, ape__slice host)
{
    const char *at = ape_settings_get(c->settings, "APE_PLAINTEXT_HOSTS");

    while (at && *at) {
        size_t size = strcspn(at, ", ");

        if (size == host.size && strncasecmp(at, host.at, size) == 0)
            return true;
        at += size + strspn(at + size, ", ");
    }
    return false;
}

static void check_wire(ape__check *c, const char *name, ape__slice host, bool encrypted,
                       const char *remedy)
{
    if (!encrypted && !ape__host_is_local(host) && !host_is_excused(c, host))
        ape__check_strict(c, name,
                          "speaks plain text to another host: %s, or name the host in "
                          "APE_PLAINTEXT_HOSTS if its network is private",
                          remedy);
}

static bool is_tls_mode(ape__slice mode)
{
    return ape__slice_is(mode, "require") || ape__slice_is(mode, "verify-ca") ||
           ape__slice_is(mode, "verify-full");
}

static ape__slice whole(const char *text)
{
    return (ape__slice){ text, text ? strlen(text) : 0 };
}

static ape__slice either(ape__slice first, ape__slice second)
{
    return first.size > 0 ? first : second;
}

/* Only what the store would use: a URL, or its parts, which the parameters override. */
void ape__check_database_url(ape__check *c, const char *name, const char *value)
{
    ape__slice password, host, address;
    ape__url url;

    if (ape__url_parse(value, &url))
        return;
    password = either(ape__url_parameter(&url, "password"), url.password);
    host = either(ape__url_parameter(&url, "host"), url.host);
    address = either(ape__url_parameter(&url, "hostaddr"), host);
    check_wire(c, name, address, is_tls_mode(ape__url_parameter(&url, "sslmode")),
               "add ?sslmode=verify-full");
    if (password.size == 0 && !(host.size > 0 && (host.at[0] == '/' || host.at[0] == '%')))
        ape__check_strict(c, name, "has no password");
    else if (password.size > 0 && password.size == url.user.size &&
             memcmp(password.at, url.user.at, password.size) == 0)
        ape__check_strict(c, name, "has the user's name as password");
    else if (password.size > 0)
        check_password(c, name, password.at, password.size);
}

void ape__check_redis_url(ape__check *c, const char *name, const char *value)
{
    ape__url url;

    if (ape__url_parse(value, &url) || ape__slice_is(url.scheme, "unix"))
        return;
    if (url.host.size == 0) {
        ape__check_error(c, name, "names no host");
        return;
    }
    check_wire(c, name, url.host, ape__slice_is(url.scheme, "rediss"), "use rediss://");
    if (url.password.size > 0)
        check_password(c, name, url.password.at, url.password.size);
    else if (!ape__host_is_local(url.host))
        ape__check_strict(c, name, "has no password");
    if (strspn(url.path.at ? url.path.at : "", "0123456789") < url.path.size)
        ape__check_error(c, name, "must end in the number of a database, as /0");
}

void ape__check_plain_text(ape__check *c, const char *name, const char *value)
{
    ape__url url;

    if (ape__url_parse(value, &url))
        return;
    if (url.host.size == 0)
        ape__check_error(c, name, "names no host");
    else
        check_wire(c, name, url.host, ape__slice_is(url.scheme, "https"), "use https://");
}

void ape__check_cors(ape__check *c, const char *name, const char *value)
{
    for (;;) {
        size_t size = strcspn(value, ",");

        if (memchr(value, '*', size)) {
            ape__check_strict(c, name, "allows every origin with *: name the origins");
            return;
        }
        if (!memmem(value, size, "://", 3)) {
            ape__check_error(c, name, "must list origins such as https://app.example.com");
            return;
        }
        if (value[size] == '\0')
            return;
        value += size + 1;
    }
}

void ape__check_log_level(ape__check *c, const char *name, const char *value)
{
    if (strcmp(value, "debug") == 0)
        ape__check_strict(c, name, "debug logs tell too much; use info");
}

static bool is_keyless(const ape__check *c, const char *provider, size_t size)
{
    const char *base = ape__settings_get_joined(c->settings, provider, size, "_BASE_URL");
    ape__url url;

    return (size == 7 && memcmp(provider, "builtin", 7) == 0) ||
           (base && !ape__url_parse(base, &url) && ape__host_is_local(url.host));
}

void ape__check_chain(ape__check *c, const char *name, const char *value)
{
    while (*value) {
        size_t size = strcspn(value, ", ");

        if (!is_keyless(c, value, size) &&
            !ape__settings_get_joined(c->settings, value, size, "_API_KEY"))
            ape__check_strict(c, name, "names %.*s, which has no key: set its _API_KEY", (int)size,
                              value);
        value += size + strspn(value + size, ", ");
    }
}

/* Rules over several settings. */

static bool uses_postgres(const ape__check *c)
{
    const char *store = ape_settings_get(c->settings, "APE_STORE");

    if (store)
        return strcmp(store, "postgres") == 0;
    return !is_unset(c, "DATABASE_URL") || !is_unset(c, "POSTGRES_HOST");
}

static void check_postgres_parts(ape__check *c)
{
    const char *host = ape_settings_get(c->settings, "POSTGRES_HOST");
    const char *password = ape_settings_get(c->settings, "POSTGRES_PASSWORD");
    const char *user = ape__settings_effective(c->settings, "POSTGRES_USER");

    if (!uses_postgres(c) || !is_unset(c, "DATABASE_URL"))
        return;
    check_wire(c, "POSTGRES_HOST", whole(host),
               is_tls_mode(whole(ape__settings_effective(c->settings, "POSTGRES_SSLMODE"))),
               "set POSTGRES_SSLMODE=verify-full");
    if (!password && !(host && host[0] == '/'))
        ape__check_strict(c, "POSTGRES_PASSWORD", "is missing");
    else if (password && strcmp(password, user) == 0)
        ape__check_strict(c, "POSTGRES_PASSWORD", "is the user's name");
}

static void check_redis_parts(ape__check *c)
{
    ape__slice host = whole(ape_settings_get(c->settings, "REDIS_HOST"));

    if (host.size == 0 || !is_unset(c, "REDIS_URL"))
        return;
    check_wire(c, "REDIS_HOST", host, false, "set REDIS_URL=rediss://...");
    if (is_unset(c, "REDIS_PASSWORD") && !ape__host_is_local(host))
        ape__check_strict(c, "REDIS_PASSWORD", "is missing");
}

static void check_missing_keys(ape__check *c)
{
    if (is_unset(c, "SECRET_KEY"))
        ape__check_strict(c, "SECRET_KEY", "is missing; make one: openssl rand -hex 32");
    if (is_unset(c, "API_KEYS"))
        ape__check_strict(c, "API_KEYS", "is missing: nobody could be told from a stranger");
    if (is_unset(c, "LLM_CHAIN") && is_unset(c, "DEEPSEEK_API_KEY") &&
        is_unset(c, "ANTHROPIC_API_KEY") && is_unset(c, "OPENAI_API_KEY"))
        ape__check_strict(c, "DEEPSEEK_API_KEY",
                          "is missing, and so is every other provider's key; set one, or "
                          "LLM_CHAIN=builtin to do without");
    if (!is_unset(c, "NEO4J_URI") && is_unset(c, "NEO4J_PASSWORD"))
        ape__check_strict(c, "NEO4J_PASSWORD", "is missing");
}

static void check_rotation(ape__check *c)
{
    const char *previous = ape_settings_get(c->settings, "SECRET_KEY_PREVIOUS");
    const char *until = ape_settings_get(c->settings, "SECRET_KEY_PREVIOUS_UNTIL");
    const char *key = ape_settings_get(c->settings, "SECRET_KEY");
    int64_t now = ape__wall_ms(c->settings->host), end;

    if (!previous)
        return;
    if (key && strcmp(key, previous) == 0)
        ape__check_error(c, "SECRET_KEY_PREVIOUS",
                         "is the same as SECRET_KEY: nothing was rotated");
    if (!until)
        ape__check_error(c, "SECRET_KEY_PREVIOUS_UNTIL",
                         "is missing: say how long SECRET_KEY_PREVIOUS is to be believed");
    else if (ape__time_parse(until, &end) && end <= now)
        ape__check_warning(c, "SECRET_KEY_PREVIOUS", "is past its time; remove it");
    else if (ape__time_parse(until, &end) && end > now + DAYS_OF_ROTATION * day_ms)
        ape__check_strict(c, "SECRET_KEY_PREVIOUS_UNTIL", "is more than %d days away",
                          DAYS_OF_ROTATION);
}

static void check_file(ape__check *c)
{
    uint32_t mode = c->settings->dotenv_mode;

    if (mode & 0006)
        ape__check_strict(c, ".env", "can be %s by every user of the machine: chmod 600",
                          mode & 0002 ? "written" : "read");
}

void ape__check_production(ape__check *c)
{
    check_missing_keys(c);
    check_postgres_parts(c);
    check_redis_parts(c);
    check_rotation(c);
    check_file(c);
}
