/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_SETTINGS_CHECK_H
#define APE_CORE_SETTINGS_CHECK_H

#include "core/json.h"
#include "core/settings.h"
#include "core/settings_table.h"
#include "core/url.h"

/** A check of settings as it goes on. */
struct ape__check {
    const ape_settings *settings;
    ape__json_writer json; /* within the list of findings */
    bool production;
    bool staging;
    size_t errors;
    size_t warnings;
    char first[200]; /* the first error, as "NAME: reason" */
};

/* What was found. A reason names no value, not even a part of one. */
void ape__check_error(ape__check *check, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ape__check_warning(ape__check *check, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** An error in production, a warning in staging, nothing in development. */
void ape__check_strict(ape__check *check, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Rules of single settings, for the table. */
void ape__check_secret_key(ape__check *check, const char *name, const char *value);
void ape__check_api_keys(ape__check *check, const char *name, const char *value);
void ape__check_password(ape__check *check, const char *name, const char *value);
void ape__check_database_url(ape__check *check, const char *name, const char *value);
void ape__check_redis_url(ape__check *check, const char *name, const char *value);
void ape__check_plain_text(ape__check *check, const char *name, const char *value);
void ape__check_cors(ape__check *check, const char *name, const char *value);
void ape__check_log_level(ape__check *check, const char *name, const char *value);
void ape__check_chain(ape__check *check, const char *name, const char *value);

/** Rules that look at several settings, or at one that is missing. */
void ape__check_production(ape__check *check);

/** Rules of the type; false if the value breaks one, which was reported. */
bool ape__check_type(ape__check *check, const ape__setting *setting, const char *name,
                     const char *value);

/** Report names that are unknown and look like a known one. */
void ape__check_unknown(ape__check *check);

/**
 * Why a secret would be guessed: "is too short"; NULL if it is good. With @p shortest
 * 0 neither length nor entropy counts.
 */
const char *ape__secret_weakness(const char *secret, size_t size, size_t shortest);

/** True for a name of the table; one that only a pattern matches must be of a provider
 *  that is known or in LLM_CHAIN, since other programs have names like it. */
bool ape__setting_applies(const ape_settings *settings, const char *name);

/** The known setting that @p name was perhaps meant to be; NULL. */
const char *ape__setting_meant(const ape_settings *settings, const char *name);

#endif /* APE_CORE_SETTINGS_CHECK_H */
