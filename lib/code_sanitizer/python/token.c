/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/python/token.h"

#include <string.h>

/* In the order of ape__token_kind, from TOKEN_LEFT_PAREN on. */
static const char *const spellings[] = {
    "(",      ")",        "[",     "]",     "{",        "}",     ",",      ":",    ";",
    ".",      "...",      "->",    "!",     "=",        ":=",    "+",      "-",    "*",
    "/",      "//",       "%",     "@",     "&",        "|",     "^",      "<<",   ">>",
    "**",     "+=",       "-=",    "*=",    "/=",       "//=",   "%=",     "@=",   "&=",
    "|=",     "^=",       "<<=",   ">>=",   "**=",      "~",     "==",     "!=",   "<",
    "<=",     ">",        ">=",    "False", "None",     "True",  "and",    "as",   "assert",
    "async",  "await",    "break", "class", "continue", "def",   "del",    "elif", "else",
    "except", "finally",  "for",   "from",  "global",   "if",    "import", "in",   "is",
    "lambda", "nonlocal", "not",   "or",    "pass",     "raise", "return", "try",  "while",
    "with",   "yield",
};

_Static_assert(sizeof(spellings) / sizeof(spellings[0]) == TOKEN_YIELD - TOKEN_LEFT_PAREN + 1,
               "one spelling for each operator and keyword");

const char *ape__token_spelling(ape__token_kind kind)
{
    return kind < TOKEN_LEFT_PAREN ? NULL : spellings[kind - TOKEN_LEFT_PAREN];
}

/* For each first letter, 'a' to 'y', the first and last keyword that begins with it. */
static const struct {
    uint8_t first, last;
} by_letter[] = {
    ['a' - 'a'] = { TOKEN_AND, TOKEN_AWAIT },      ['b' - 'a'] = { TOKEN_BREAK, TOKEN_BREAK },
    ['c' - 'a'] = { TOKEN_CLASS, TOKEN_CONTINUE }, ['d' - 'a'] = { TOKEN_DEF, TOKEN_DEL },
    ['e' - 'a'] = { TOKEN_ELIF, TOKEN_EXCEPT },    ['f' - 'a'] = { TOKEN_FINALLY, TOKEN_FROM },
    ['g' - 'a'] = { TOKEN_GLOBAL, TOKEN_GLOBAL },  ['i' - 'a'] = { TOKEN_IF, TOKEN_IS },
    ['l' - 'a'] = { TOKEN_LAMBDA, TOKEN_LAMBDA },  ['n' - 'a'] = { TOKEN_NONLOCAL, TOKEN_NOT },
    ['o' - 'a'] = { TOKEN_OR, TOKEN_OR },          ['p' - 'a'] = { TOKEN_PASS, TOKEN_PASS },
    ['r' - 'a'] = { TOKEN_RAISE, TOKEN_RETURN },   ['t' - 'a'] = { TOKEN_TRY, TOKEN_TRY },
    ['w' - 'a'] = { TOKEN_WHILE, TOKEN_WITH },     ['y' - 'a'] = { TOKEN_YIELD, TOKEN_YIELD },
};

static ape__token_kind keyword_in(const char *text, size_t size, int first, int last)
{
    for (int kind = first; kind <= last; kind++) {
        const char *word = spellings[kind - TOKEN_LEFT_PAREN];

        if (word[1] == text[1] && strlen(word) == size && memcmp(word, text, size) == 0)
            return (ape__token_kind)kind;
    }
    return TOKEN_NAME;
}

ape__token_kind ape__token_keyword(const char *text, size_t size)
{
    if (size < 2 || size > 8)
        return TOKEN_NAME;
    if (text[0] >= 'a' && text[0] <= 'y') {
        size_t letter = (size_t)(text[0] - 'a');

        if (by_letter[letter].first == 0)
            return TOKEN_NAME;
        return keyword_in(text, size, by_letter[letter].first, by_letter[letter].last);
    }
    return keyword_in(text, size, TOKEN_FALSE, TOKEN_TRUE);
}
