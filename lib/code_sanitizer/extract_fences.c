/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/job.h"

#include <string.h>
#include <strings.h>

#include "code_sanitizer/fence.h"

enum { FENCES_MAX = 64 };

typedef struct block {
    ape__fence fence;
    bool python; /* the tag says so */
    bool other;  /* the tag names another language */
    bool parses, effect;
    bool chosen;
} block;

typedef struct blocks {
    block items[FENCES_MAX];
    uint32_t count;
} blocks;

static bool is_one_of(const char *tag, size_t size, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == size && strncasecmp(*words, tag, size) == 0)
            return true;
    return false;
}

static void classify(ape__job *job, block *b)
{
    static const char *const python[] = { "python",  "py",    "python3", "python3.11",
                                          "ipython", "pycon", NULL };
    static const char *const other[] = {
        "bash",      "sh",   "shell",    "console", "zsh",        "powershell", "cmd",
        "text",      "txt",  "json",     "yaml",    "toml",       "output",     "csv",
        "sql",       "html", "markdown", "md",      "diff",       "latex",      "tex",
        "plaintext", "c",    "cpp",      "r",       "javascript", "js",         NULL,
    };
    const char *tag = job->source.text + b->fence.tag;

    b->python = is_one_of(tag, b->fence.tag_size, python);
    b->other = is_one_of(tag, b->fence.tag_size, other);
}

/* Whether a block is a program, and does something. */
static void try_block(ape__job *job, block *b)
{
    const char *text = job->source.text;
    ape__parse parse;
    ape__arena arena;

    ape__arena_init(&arena, job->arena.host);
    if (ape__parse_python(&arena, text + b->fence.start, b->fence.end - b->fence.start,
                          (int)(job->config->python / 100 % 100), &parse) != APE_OK)
        job->no_memory = true;
    else
        b->parses = parse.error_count == 0, b->effect = ape__has_effect(parse.module);
    ape__parse_clear(&parse);
    ape__arena_clear(&arena);
}

static void find_blocks(ape__job *job, blocks *all)
{
    uint32_t at = 0;

    while (all->count < FENCES_MAX) {
        block *b = &all->items[all->count];

        *b = (block){ 0 };
        if (!ape__fence_next(job->source.text, job->source.size, at, &b->fence, &at))
            break;
        classify(job, b);
        all->count++;
    }
    /* a block alone is taken whatever it holds */
    for (uint32_t i = 0; i < all->count && all->count > 1; i++)
        try_block(job, &all->items[i]);
}

/* Blocks tagged as Python; without such, untagged ones that do something; without
 * such, any that is not tagged as something else. */
static uint32_t choose_language(blocks *all)
{
    uint32_t tagged = 0, working = 0, chosen = 0;

    for (uint32_t i = 0; i < all->count; i++) {
        tagged += all->items[i].python;
        working += !all->items[i].other && all->items[i].effect;
    }
    for (uint32_t i = 0; i < all->count; i++) {
        block *b = &all->items[i];

        if (b->python)
            b->chosen = true;
        else if (b->other)
            b->chosen = false;
        else if (tagged > 0)
            b->chosen = b->fence.tag_size == 0 && b->parses && b->effect;
        else
            b->chosen = working > 0 ? b->effect : true;
        chosen += b->chosen;
    }
    return chosen;
}

static ape__edits cut_edits(ape__job *job, const blocks *all)
{
    ape__edits edits = { .arena = &job->arena };
    const char *text = job->source.text;
    uint32_t at = 0;

    for (uint32_t i = 0; i < all->count; i++) {
        const ape__fence *f = &all->items[i].fence;

        if (!all->items[i].chosen)
            continue;
        ape__edits_add(&edits, at, f->start, "");
        /* what the opening fence is indented by, the lines inside may be as well */
        for (uint32_t line = f->start; f->indent > 0 && line < f->end;) {
            uint32_t blanks = line;

            while (blanks < f->end && blanks - line < f->indent && text[blanks] == ' ')
                blanks++;
            if (blanks > line)
                ape__edits_add(&edits, line, blanks, "");
            line = ape__line_after(text, f->end, ape__line_end(text, f->end, line));
        }
        at = f->end;
        if (at > f->start && text[at - 1] != '\n' && text[at - 1] != '\r')
            ape__edits_add(&edits, at, at, "\n");
    }
    ape__edits_add(&edits, at, job->source.size, "");
    return edits;
}

static bool joined_parses(ape__job *job, const blocks *all)
{
    ape__edits edits = cut_edits(job, all);
    ape__source joined;

    return ape__source_apply(&job->arena, &job->source, &edits, &joined) &&
           ape__job_parse_as(job, &joined);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* How many "name =" or "def name" lines of one block come again in another. */
static uint32_t count_names(const char *text, const block *one, const block *other,
                            uint32_t *repeated)
{
    uint32_t count = 0;

    *repeated = 0;
    for (uint32_t at = one->fence.start; at < one->fence.end;) {
        uint32_t end = ape__line_end(text, one->fence.end, at), size = 0;

        while (at + size < end && (is_word(text[at + size]) || text[at + size] == ' '))
            size++;
        if (size > 1 && at + size < end && (text[at + size] == '=' || text[at + size] == '(')) {
            count++;
            for (uint32_t i = other->fence.start; i + size < other->fence.end; i++)
                if ((i == other->fence.start || text[i - 1] == '\n') &&
                    memcmp(text + i, text + at, size) == 0) {
                    ++*repeated;
                    break;
                }
        }
        at = ape__line_after(text, one->fence.end, end);
    }
    return count;
}

static bool contains(const char *text, const block *b, const char *word)
{
    const char *found = strstr(text + b->fence.start, word);

    return found && found < text + b->fence.end;
}

/* The last block stands alone, and repeats most of those before it: it is the
 * revised version. */
static bool last_is_revision(const char *text, const blocks *all, uint32_t last)
{
    uint32_t names = 0, repeated = 0;

    if (!all->items[last].parses || !contains(text, &all->items[last], "import ") ||
        !contains(text, &all->items[last], "print"))
        return false;
    for (uint32_t i = 0; i < last; i++) {
        uint32_t again;

        if (!all->items[i].chosen)
            continue;
        names += count_names(text, &all->items[i], &all->items[last], &again);
        repeated += again;
    }
    return repeated * 2 >= names;
}

static void keep_only(blocks *all, uint32_t index)
{
    for (uint32_t i = 0; i < all->count; i++)
        all->items[i].chosen = i == index;
}

static void choose_among(ape__job *job, blocks *all)
{
    uint32_t last = all->count;

    while (last > 0 && !all->items[last - 1].chosen)
        last--;
    if (last == 0)
        return;
    last--;
    if (last_is_revision(job->source.text, all, last) || !joined_parses(job, all))
        keep_only(all, last);
}

static void report(ape__job *job, const blocks *all)
{
    for (uint32_t i = 0; i < all->count; i++) {
        const ape__fence *f = &all->items[i].fence;

        if (!all->items[i].chosen)
            continue;
        if (f->closed)
            ape__job_report_fixed(job, "APE001", f->opening, f->start,
                                  "took the code out of its fence");
        else
            ape__job_report_fixed(job, "APE002", f->opening, f->start,
                                  "the fence is never closed; took what follows it");
    }
    if (all->count > 1)
        ape__job_report_fixed(
            job, "APE004", all->items[0].fence.opening, all->items[0].fence.start,
            ape__arena_format(&job->arena, "chose among %u fenced blocks", all->count));
}

bool ape__take_fences(ape__job *job)
{
    blocks *all = ape__arena_alloc(&job->arena, sizeof(*all));
    ape__edits edits;
    uint32_t chosen;

    if (!all)
        return false;
    find_blocks(job, all);
    chosen = choose_language(all);
    if (chosen == 0)
        return false;
    if (chosen > 1)
        choose_among(job, all);
    report(job, all);
    edits = cut_edits(job, all);
    return ape__job_apply(job, &edits);
}
