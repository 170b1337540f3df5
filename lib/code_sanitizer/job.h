/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_JOB_H
#define APE_CODE_SANITIZER_JOB_H

#include "code_sanitizer/config.h"
#include "code_sanitizer/names.h"
#include "code_sanitizer/python/parser.h"
#include "code_sanitizer/rule.h"
#include "code_sanitizer/source.h"

/** Something found in an answer. */
typedef struct ape__diagnostic {
    const ape__rule *rule;
    ape__rule_level level;
    bool fixed;
    uint32_t start, end; /* bytes of the raw answer */
    const char *message;
} ape__diagnostic;

/** One answer being sanitized. */
typedef struct ape__job {
    const ape__config *config;
    const ape_code_request *request;
    ape__arena arena;
    ape__source source;
    ape__diagnostic *diagnostics;
    uint32_t diagnostic_count, diagnostic_capacity;
    ape__parse parse;        /* of the text below; of the source, after ape__job_parse() */
    const char *parsed_text; /* what was parsed last; NULL: nothing */
    uint32_t parsed_size;
    ape__names names; /* of the tree below, after ape__job_names() */
    const ape__node *named;
    size_t fix_count; /* repairs beyond extraction */
    bool rejected;
    bool no_memory;
} ape__job;

/** The level of a rule under the sanitizer's options. */
ape__rule_level ape__job_level(const ape__job *job, const char *rule_id);

/** True if the rule's repair is wanted: safe, or unsafe and asked for. */
bool ape__job_repairs(const ape__job *job, const char *rule_id);

/**
 * Note a finding; a reject makes the whole job one. @p start and @p end are places
 * in the job's source as it is now. The message must live in the arena or for ever.
 */
void ape__job_report(ape__job *job, const char *rule_id, uint32_t start, uint32_t end,
                     const char *message);

/** Note a repair that was made. */
void ape__job_report_fixed(ape__job *job, const char *rule_id, uint32_t start, uint32_t end,
                           const char *message);

/** Make edits on the job's source; false if memory is out. */
bool ape__job_apply(ape__job *job, ape__edits *edits);

/** Parse the source as it is now into job->parse, unless it is there already; true
 *  if it is a program. */
bool ape__job_parse(ape__job *job);

/** The same, without job->parse if it is none. */
bool ape__job_parse_program(ape__job *job);

/** As ape__job_parse() for what the source may become. */
bool ape__job_parse_as(ape__job *job, const ape__source *source);

/** What the names of the parsed source stand for. */
const ape__names *ape__job_names(ape__job *job);

/** True if this text is a program of the profile's version; keeps nothing. */
bool ape__job_parses(ape__job *job, const char *text, size_t size);

/** The minor version of the first newer Python that takes the source as a program; 0: none does. */
int ape__job_newer_python(ape__job *job);

/** True if a statement of the program imports, binds or calls something. */
bool ape__has_effect(const ape__node *module);
bool ape__statement_has_effect(const ape__node *statement);

/* The stages, in order. Each may end the job with a reject. */
void ape__check_raw(ape__job *job, const char *raw, size_t size);
void ape__extract(ape__job *job);
void ape__reject_no_code(ape__job *job);
void ape__repair_text(ape__job *job);
void ape__repair_syntax(ape__job *job);
void ape__check_security(ape__job *job);
void ape__apply_rules(ape__job *job);

/* Parts of extraction. True if they changed the source. */
bool ape__unwrap_json(ape__job *job);
bool ape__unescape_entities(ape__job *job);
bool ape__unwrap_tags(ape__job *job);
bool ape__take_fences(ape__job *job);
bool ape__trim_prose(ape__job *job);

#endif /* APE_CODE_SANITIZER_JOB_H */
