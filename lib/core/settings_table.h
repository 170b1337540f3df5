/* SPDX-License-Identifier: MIT */
#ifndef APE_CORE_SETTINGS_TABLE_H
#define APE_CORE_SETTINGS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ape__check ape__check;

typedef enum ape__setting_type {
    APE__SETTING_TEXT,
    APE__SETTING_INTEGER,
    APE__SETTING_NUMBER,
    APE__SETTING_FLAG, /* 0, 1, true, false, yes, no, on, off */
    APE__SETTING_CHOICE,
    APE__SETTING_LIST, /* separated by commas */
    APE__SETTING_URL,
    APE__SETTING_TIME, /* 2026-11-23T12:00:00Z */
} ape__setting_type;

typedef enum ape__setting_secrecy {
    APE__SHOWN,
    APE__SECRET,
    APE__SECRET_IN_URL, /* shown but for its password */
} ape__setting_secrecy;

/** One row: all that is known of a setting. */
typedef struct ape__setting {
    const char *name; /* "*_API_KEY": every name with that end */
    const char *group;
    ape__setting_type type;
    ape__setting_secrecy secrecy;
    const char *fallback; /* default; NULL: none */
    double min, max;      /* of INTEGER and NUMBER */
    const char *words;    /* allowed values of CHOICE, schemes of URL; separated by blanks */
    /* Rules of this setting alone, beyond its type; called when it has a value. */
    void (*check)(ape__check *check, const char *name, const char *value);
    const char *help;
} ape__setting;

extern const ape__setting ape__settings_table[];
extern const size_t ape__settings_table_size;

/** The row of a name, an exact one before a pattern; NULL if there is none. */
const ape__setting *ape__setting_find(const char *name);

bool ape__setting_is_pattern(const ape__setting *setting);

/** "12" or "0.5" as a number; false for anything else. */
bool ape__setting_parse_number(const char *text, double *out);

/** "text", "integer", ... */
const char *ape__setting_type_name(ape__setting_type type);

/** Size of the name's part that stands for the pattern's star: 8 for DEEPSEEK_API_KEY. */
size_t ape__setting_stem_size(const ape__setting *pattern, const char *name);

/** True if @p word is one of the blank-separated @p words. */
bool ape__word_in(const char *words, const char *word, size_t word_size);

#endif /* APE_CORE_SETTINGS_TABLE_H */
