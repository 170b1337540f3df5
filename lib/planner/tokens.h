/* SPDX-License-Identifier: MIT */
#ifndef APE_PLANNER_TOKENS_H
#define APE_PLANNER_TOKENS_H

#include <ape/host.h>

/** What a token was recognised as; each is used for one thing only. */
typedef enum ape__plan_role {
    APE__PLAN_FREE = 0,
    APE__PLAN_METRIC,
    APE__PLAN_WEAK_METRIC, /* a metric only if no other is named: "price", "return" */
    APE__PLAN_TICKER,
    APE__PLAN_DATE,
    APE__PLAN_PARAMETER,
    APE__PLAN_FILLER,
} ape__plan_role;

typedef enum ape__plan_kind {
    APE__PLAN_WORD,   /* letters of any script the planner knows */
    APE__PLAN_NUMBER, /* digits, with one decimal point or comma at most */
    APE__PLAN_SIGN,   /* one character that is neither */
} ape__plan_kind;

typedef struct ape__plan_token {
    const char *text; /* small letters, e for Russian yo; not NUL-ended */
    uint32_t size;
    uint8_t kind;
    uint8_t role;
    bool glued;        /* nothing stands between it and the token before */
    bool capital;      /* begins with a capital letter */
    bool capitals;     /* has no letter but A to Z */
    bool too_long;     /* a number of more than 15 digits */
    uint8_t scale;     /* digits after the decimal point */
    uint64_t mantissa; /* the number is mantissa / 10^scale */
} ape__plan_token;

/** The words of a question; the input need not live on. */
typedef struct ape__plan_tokens {
    ape_host *host; /* borrowed */
    ape__plan_token *items;
    size_t count;
    char *folded;
    size_t capacity; /* of items and of folded */
    bool has_small;  /* a small letter occurs: capitals mean something */
} ape__plan_tokens;

/** Cut text into tokens. Linear in @p size, for any bytes. @return APE_OK, APE_ERR_NO_MEMORY. */
ape_status ape__plan_tokens_read(ape_host *host, const char *text, size_t size,
                                 ape__plan_tokens *out, ape_error *err);
void ape__plan_tokens_clear(ape__plan_tokens *tokens);

/** The token, or an empty sign where there is none. */
const ape__plan_token *ape__plan_at(const ape__plan_tokens *tokens, size_t at);

/** True if the token is exactly this word, number or sign, whatever its role. */
bool ape__plan_is(const ape__plan_tokens *tokens, size_t at, const char *text);

/** True if the token is one of the words in a list such as "from|since|between". */
bool ape__plan_is_one_of(const ape__plan_tokens *tokens, size_t at, const char *words);

/**
 * Match a phrase, word by word, against tokens that are still free.
 *
 * @param phrase  words parted by blanks. "*" ends a word that may go on with up to four
 *                more letters (inflection). A capital first letter must be one in the text
 *                too. Hyphens, points and apostrophes of the text may stand between words.
 * @return number of tokens it takes from @p at on, 0 if it does not stand there.
 */
size_t ape__plan_match(const ape__plan_tokens *tokens, size_t at, const char *phrase);

/** The longest match of any phrase in a list parted by "|"; 0 if none. */
size_t ape__plan_match_any(const ape__plan_tokens *tokens, size_t at, const char *phrases);

/** Give @p count tokens a role. */
void ape__plan_take(ape__plan_tokens *tokens, size_t at, size_t count, ape__plan_role role);

/** True for a number without a decimal part that is still free. */
bool ape__plan_is_integer(const ape__plan_tokens *tokens, size_t at);

#endif /* APE_PLANNER_TOKENS_H */
