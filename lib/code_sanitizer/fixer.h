/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_FIXER_H
#define APE_CODE_SANITIZER_FIXER_H

#include "code_sanitizer/infer/infer.h"
#include "code_sanitizer/job.h"
#include "code_sanitizer/names.h"

enum { APE__FIX_EDITS_MAX = 8, APE__ROUNDS_MAX = 8, APE__TRIALS_MAX = 64 };

/* The families of rules, in the order in which their findings count. */
typedef enum ape__family {
    FIXES_NAMES,
    FIXES_READERS,
    FIXES_YFINANCE,
    FIXES_PANDAS,
    FIXES_NUMPY,
    FIXES_OUTPUT,
    FIXES_FINANCE,
    FIXES_REQUEST,
    FIXES_COUNT,
} ape__family;

/** One finding, with the edits that would repair it, if there are any. */
typedef struct ape__fix {
    struct ape__fix *next;
    const char *rule;
    uint32_t start, end;
    const char *message;
    ape__edit edits[APE__FIX_EDITS_MAX];
    uint32_t edit_count;
    ape__rule_level level; /* of this repair; RULE_OFF: that of its rule */
    bool skipped;          /* another fix touches the same place: next round */
} ape__fix;

typedef struct ape__fixes {
    ape__fix *first, **last;
} ape__fixes;

/** A print() to standard output. */
typedef struct ape__print {
    struct ape__print *next;
    const ape__node *call;
} ape__print;

/** What all prints of a program come to. */
typedef struct ape__output {
    ape__print *first, **last; /* in the order of the walk */
    uint32_t prints, json;
    bool computed;            /* a printed number comes from data, or from where nobody knows */
    const ape__node *literal; /* a printed number that is written in the program */
    const ape__node *random;  /* one that chance made */
} ape__output;

/** A ticker that is fetched and that the question does not name. */
typedef struct ape__fetch {
    struct ape__fetch *next;
    const ape__node *call;
    const ape__node *constant; /* where it is written */
    ape__name ticker;
} ape__fetch;

/** What the program fetches, where the question's tickers are known. */
typedef struct ape__fetches {
    uint64_t asked; /* a bit for each of the question's tickers, in its order */
    ape__fetch *others;
    bool unknown; /* some are not written out */
} ape__fetches;

/** One round of looking at the program with all rules, in one walk over the tree. */
typedef struct ape__fixer {
    ape__job *job;
    ape__node *module;
    ape__names names;
    bool typed;         /* values were inferred */
    uint32_t minded;    /* tests and tries around the node that mind what a version has */
    ape__family family; /* whose turn it is */
    ape__fixes fixes[FIXES_COUNT];
    ape__fix *first;  /* all of them, once the walk is done */
    ape__fix **table; /* of all findings, by place and rule: open addressing */
    uint32_t count, capacity;
    ape__output output;
    ape__fetches fetches;
} ape__fixer;

/** Note a finding. NULL if its rule is off or memory is out. */
ape__fix *ape__fixer_find(ape__fixer *f, const char *rule, const ape__node *node,
                          const char *message);

/* Add edits to a finding; each takes NULL for it. */
void ape__fix_replace(ape__fix *fix, uint32_t start, uint32_t end, const char *text);
void ape__fix_insert(ape__fix *fix, uint32_t at, const char *text);
void ape__fix_append_argument(ape__fix *fix, const ape__node *call, const char *argument);
/* A repair that is safer, or less safe, than its rule's others, unless the options set the rule's
 * level. */
void ape__fix_level(ape__fix *fix, ape__rule_level level);
/* Take an argument of a call away, with the comma next to it. */
void ape__fix_remove_argument(ape__fixer *f, ape__fix *fix, const ape__node *argument);
/* An import statement behind those that are there, unless the name is bound. */
void ape__fix_import(ape__fixer *f, ape__fix *fix, const char *name, const char *statement);

/** The text of an expression, with its parentheses. */
const char *ape__fixer_text(ape__fixer *f, const ape__node *node);

/** printf into the arena. */
#define ape__fixer_format(f, ...) ape__arena_format(&(f)->job->arena, __VA_ARGS__)

/** The CONSTANT that an argument of a call is, if it is a date such as "2021-01-04". */
const ape__node *ape__fixer_date(const ape__node *call, const char *argument);

/** True for a call whose function is this one, by its dotted name. */
bool ape__fixer_calls(ape__fixer *f, const ape__node *call, const char *dotted);

/** The value of the only assignment of a name in the program; the node itself if it is no
 *  such name. */
const ape__node *ape__fixer_meant(ape__fixer *f, const ape__node *node);

/** Find an argument by a name that does not exist, and write the one that does. */
void ape__fixer_rename_argument(ape__fixer *f, const ape__node *call, const char *old,
                                const char *name, const char *rule);

/** All families look at all nodes of the kinds that are theirs. */
void ape__fixer_walk(ape__fixer *f);

/* The families look at a node of a kind that walk.c lists for them, and note what they find.
 * The walk over the tree is not theirs. */
void ape__visit_names(ape__fixer *f, ape__node *node);
void ape__visit_readers(ape__fixer *f, ape__node *node);
void ape__visit_yfinance(ape__fixer *f, ape__node *node); /* only where values are known */
void ape__visit_pandas(ape__fixer *f, ape__node *node);   /* likewise */
void ape__visit_numpy(ape__fixer *f, ape__node *node);
void ape__visit_output(ape__fixer *f, ape__node *node);
void ape__visit_finance(ape__fixer *f, ape__node *node); /* likewise */
void ape__visit_request(ape__fixer *f, ape__node *node); /* likewise */

/* What can be said only after all nodes were seen. */
void ape__finish_names(ape__fixer *f);
void ape__finish_output(ape__fixer *f);
void ape__finish_request(ape__fixer *f);

#endif /* APE_CODE_SANITIZER_FIXER_H */
