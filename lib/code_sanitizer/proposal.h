/* SPDX-License-Identifier: MIT */
#ifndef APE_CODE_SANITIZER_PROPOSAL_H
#define APE_CODE_SANITIZER_PROPOSAL_H

#include "code_sanitizer/job.h"

/* Edits that would make a program of a text that is none. */
typedef struct ape__proposal {
    const char *rule;
    const char *message;
    ape__edits edits;
    bool unsafe; /* only if unsafe repairs are wanted, whatever its rule's level */
} ape__proposal;

static inline const ape__token *ape__token_at(const ape__job *job, size_t i)
{
    return &job->parse.tokens.items[i];
}

/** True if a statement begins with this token, so far as tokens tell. */
bool ape__starts_line(const ape__job *job, size_t i);

/** The token that ends the statement with this one. */
size_t ape__end_of_line(const ape__job *job, size_t i);

/** True for tokens that an operand may begin with. */
bool ape__begins_operand(ape__token_kind kind);

/** True if the token is this name. */
bool ape__is_word(const ape__job *job, const ape__token *t, const char *word);

/* Words and operators of other languages, and of Python 2. */
void ape__propose_foreign(ape__job *job, ape__proposal *p);
void ape__propose_statements(ape__job *job, ape__proposal *p);

/* A bracket too few, one too many, a comma too few at the end of a line. */
void ape__propose_closing(ape__job *job, ape__proposal *p);
void ape__propose_fewer(ape__job *job, ape__proposal *p);
void ape__propose_comma(ape__job *job, ape__proposal *p);

#endif /* APE_CODE_SANITIZER_PROPOSAL_H */
