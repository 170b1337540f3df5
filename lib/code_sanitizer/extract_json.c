/* SPDX-License-Identifier: MIT */
#include "code_sanitizer/job.h"

#include <string.h>

#include "core/json.h"

static const char *const members[] = { "code",   "python", "python_code", "program",
                                       "script", "source", "content" };

static const char *code_member(const cJSON *object)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const char *text = ape__json_get_string(object, members[i]);

        if (text)
            return text;
    }
    return NULL;
}

static bool replace_all(ape__job *job, const char *text, const char *message)
{
    ape__edits edits = { .arena = &job->arena };
    char *copy = ape__arena_copy(&job->arena, text, strlen(text));

    if (!copy)
        return false;
    ape__edits_add(&edits, 0, job->source.size, copy);
    ape__job_report_fixed(job, "APE011", 0, job->source.size, message);
    return ape__job_apply(job, &edits);
}

/* The whole answer is a JSON object with the code in it. */
static bool unwrap_object(ape__job *job)
{
    const char *text = job->source.text, *start = text + strspn(text, " \t\r\n"), *code;
    bool unwrapped = false;
    cJSON *object;

    if (*start != '{' || ape__json_parse(text, job->source.size, &object, NULL) != APE_OK)
        return false;
    code = code_member(object);
    if (code)
        unwrapped = replace_all(job, code, "took the code out of a JSON object");
    cJSON_Delete(object);
    return unwrapped;
}

/* Text between quotes of JSON, or without them: "import json\nprint(1)". */
static bool unescape_line_ends(ape__job *job)
{
    const char *text = job->source.text;
    size_t size = job->source.size, out = 0;
    char *plain;

    while (size > 0 && strchr(" \t\r\n", text[size - 1]))
        size--;
    while (size > 0 && strchr(" \t\r\n", *text))
        text++, size--;
    if (size == 0 || memchr(text, '\n', size) || !strstr(text, "\\n"))
        return false;
    if (size > 1 && text[0] == '"' && text[size - 1] == '"')
        text++, size -= 2;
    plain = ape__arena_alloc(&job->arena, size + 2);
    if (!plain)
        return false;
    for (size_t i = 0; i < size; i++) {
        char next = i + 1 < size ? text[i + 1] : '\0';

        if (text[i] == '\\' && strchr("nt\"\\", next) && next) {
            plain[out++] = next == 'n' ? '\n' : next == 't' ? '\t' : next;
            i++;
        } else {
            plain[out++] = text[i];
        }
    }
    if (out > 0 && plain[out - 1] != '\n')
        plain[out++] = '\n';
    return ape__job_parses(job, plain, out) &&
           replace_all(job, plain, "turned written-out line ends into real ones");
}

/* The entity at a place, and what it stands for; NULL for none. */
static const char *entity(const char *text, size_t *length)
{
    static const char *const entities[][2] = { { "&gt;", ">" },  { "&lt;", "<" },
                                               { "&amp;", "&" }, { "&quot;", "\"" },
                                               { "&#39;", "'" }, { "&apos;", "'" } };

    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
        if (strncmp(text, entities[i][0], strlen(entities[i][0])) == 0) {
            *length = strlen(entities[i][0]);
            return entities[i][1];
        }
    return NULL;
}

bool ape__unescape_entities(ape__job *job)
{
    ape__edits edits = { .arena = &job->arena };
    ape__source changed;
    size_t length;

    for (uint32_t i = 0; i < job->source.size; i++) {
        const char *plain =
            job->source.text[i] == '&' ? entity(job->source.text + i, &length) : NULL;

        if (plain) {
            ape__edits_add(&edits, i, i + (uint32_t)length, plain);
            i += (uint32_t)length - 1;
        }
    }
    if (edits.count == 0 || !ape__source_apply(&job->arena, &job->source, &edits, &changed) ||
        !ape__job_parses(job, changed.text, changed.size))
        return false;
    ape__job_report_fixed(job, "APE011", edits.items[0].start, edits.items[0].end,
                          "turned HTML entities into the characters they stand for");
    job->source = changed;
    job->fix_count++;
    return true;
}

bool ape__unwrap_json(ape__job *job)
{
    return unwrap_object(job) || unescape_line_ends(job);
}
