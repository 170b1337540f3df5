/* SPDX-License-Identifier: MIT */
#ifndef APE_SETTINGS_H
#define APE_SETTINGS_H

#include <ape/host.h>
#include <ape/text.h>

APE_BEGIN_DECLS

/**
 * Named text values: from the environment, else from a .env file, else unset.
 *
 * A .env file has lines NAME=value; blank lines and lines that begin with # are
 * skipped, "export " in front is allowed, a value may stand in single quotes
 * (taken as it is) or double quotes (with \n \t \" \\ \$), and an unquoted value
 * ends before " #".
 *
 * Ownership: the caller frees it; strings it returns live as long as it does,
 *            or until the same name is set again.
 * Threads:   reading is safe from any number of threads; ape_settings_set() is
 *            for the time before the settings are shared.
 */
typedef struct ape_settings ape_settings;

/** Fill with ape_settings_options_init(), then change what you need. */
typedef struct ape_settings_options {
    uint32_t size;               /**< set by _init; leave it alone */
    uint32_t ignore_environment; /**< 1: look at the file and at _set only (default 0) */
    const char *dotenv_path; /**< file to read; NULL: none (default). A missing file is no error */
    /* libape 0.1 ends here. Add below, never in between. */
} ape_settings_options;

/** Write defaults into the first @p size bytes; pass sizeof(*opts). */
APE_API void ape_settings_options_init(ape_settings_options *opts, size_t size);

/**
 * Read settings. The environment is copied now; later changes are not seen.
 *
 * @return APE_OK; APE_ERR_FORMAT for a .env line that is not NAME=value
 *         (err->message names file and line, never the value); APE_ERR_IO for a
 *         file that exists and cannot be read (detail: errno); APE_ERR_INVALID,
 *         APE_ERR_UNSUPPORTED as for every options struct; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_settings_new(ape_host *host, const ape_settings_options *opts,
                                                 ape_settings **out, ape_error *err);

/** Free settings; their values are wiped first. NULL is ignored. */
APE_API void ape_settings_free(ape_settings *settings);

/** Value of a name, or NULL if it is unset. An empty value counts as unset. */
APE_API const char *ape_settings_get(const ape_settings *settings, const char *name);

/**
 * Set a value over everything read so far; NULL unsets it.
 *
 * @return APE_OK; APE_ERR_INVALID for a name that is not [A-Za-z_][A-Za-z0-9_]*;
 *         APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_settings_set(ape_settings *settings, const char *name,
                                                 const char *value, ape_error *err);

/**
 * Value as a whole number, for settings such as LLM_TOTAL_TIMEOUT_MS.
 *
 * @param fallback  what @p out gets if the name is unset
 * @return APE_OK; APE_ERR_INVALID if the value is not a number from @p min to
 *         @p max (the message names the setting and the range).
 */
APE_API APE_MUST_USE ape_status ape_settings_get_integer(const ape_settings *settings,
                                                         const char *name, int64_t min, int64_t max,
                                                         int64_t fallback, int64_t *out,
                                                         ape_error *err);

/**
 * Value of a name, or else the default that docs/settings.md gives for it; NULL
 * if it has neither.
 */
APE_API const char *ape_settings_get_or_default(const ape_settings *settings, const char *name);

/**
 * Key to sign or to verify with. Sign with key 0, which is SECRET_KEY. Believe
 * what key 0 or key 1 signed: key 1 is SECRET_KEY_PREVIOUS, as long as
 * SECRET_KEY_PREVIOUS_UNTIL has not passed. NULL where there is no such key.
 */
APE_API const char *ape_settings_get_signing_key(const ape_settings *settings, uint32_t index);

/**
 * Check every setting: its form always; in production (ENVIRONMENT=production, or
 * any word but development and staging) also that it is safe. Unsafe settings are
 * warnings in staging and go unmentioned in development.
 *
 *     {"environment", "findings": [{"name", "level": "error" | "warning", "reason"}],
 *      "ok", "errors", "warnings"}
 *
 * Names that are unknown and look like a known one are warnings. No value, and no
 * part of one, is in a reason.
 *
 * @param report  NULL if you do not need it; set whenever the check came to its
 *                end, also when it found errors. Free it with ape_text_free().
 * @return APE_OK: no errors; APE_ERR_REFUSED: err->message names the first setting
 *         and its reason; APE_ERR_INVALID for NULL settings; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_settings_check(const ape_settings *settings, ape_text **report,
                                                   ape_error *err);

/**
 * Every known setting and what it is set to; secrets are masked.
 *
 *     {"settings": [{"name", "group", "type", "secret", "value", "source": "environment" |
 *      "file" | "program" | "default" | null, "default", "words"?, "min"?, "max"?, "help"}]}
 *
 * A name that begins with a star stands for every provider's.
 *
 * @param out  set on success; free it with ape_text_free()
 * @return APE_OK; APE_ERR_INVALID for a NULL argument; APE_ERR_NO_MEMORY.
 */
APE_API APE_MUST_USE ape_status ape_settings_describe(const ape_settings *settings, ape_text **out,
                                                      ape_error *err);

APE_END_DECLS

#endif /* APE_SETTINGS_H */
