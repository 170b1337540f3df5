/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_SETTINGS_H
#define APE_CORE_SETTINGS_H

#include <ape/settings.h>

/** Where a value came from. */
typedef enum ape__setting_source {
    APE__SOURCE_NONE,
    APE__SOURCE_FILE,
    APE__SOURCE_ENVIRONMENT,
    APE__SOURCE_PROGRAM,
} ape__setting_source;

typedef struct ape__setting_entry {
    char *name;
    char *value;
    size_t value_size; /* as allocated, without the NUL: what is wiped */
    ape__setting_source source;
} ape__setting_entry;

struct ape_settings {
    ape_host *host;
    ape__setting_entry *entries;
    size_t count;
    size_t capacity;
    uint32_t dotenv_mode; /* permission bits of the file that was read; 0: there was none */
};

/** The entry of a name, or NULL. */
ape__setting_entry *ape__settings_find(const ape_settings *settings, const char *name, size_t size);

/** The value, else the default in the table, else NULL. */
const char *ape__settings_effective(const ape_settings *settings, const char *name);

/** Value of a name made of two parts, as "DEEPSEEK" and "_API_KEY"; the first part's
 *  letters are taken as capitals, "-" as "_". NULL if unset. */
const char *ape__settings_get_joined(const ape_settings *settings, const char *stem,
                                     size_t stem_size, const char *end);

/** The same as a whole number from 0 to @p max; @p out stays as it is where it is unset.
 *  @return as ape_settings_get_integer() */
ape_status ape__settings_get_joined_integer(const ape_settings *settings, const char *stem,
                                            const char *end, int64_t max, int64_t *out,
                                            ape_error *err);

/** A number from 0 to @p max, with a point in any locale; likewise. */
ape_status ape__settings_get_number(const ape_settings *settings, const char *name, double max,
                                    double *out, ape_error *err);

/** Log a warning for each name that is unknown and looks like a known one. */
void ape__settings_warn_unknown(const ape_settings *settings);

#endif /* APE_CORE_SETTINGS_H */
