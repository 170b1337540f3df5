/* SPDX-License-Identifier: MIT */
#include "llm_client/wire.h"

#include <string.h>

#include "core/utf8.h"

/* cJSON turns \u0000 into the end of a string: the rest of it would be lost. */
static bool holds_escaped_nul(const char *data, size_t size)
{
    const char *at = data;

    while ((at = memmem(at, (size_t)(data + size - at), "\\u0000", 6))) {
        const char *slash = at;

        while (slash > data && slash[-1] == '\\')
            slash--;
        if ((at - slash) % 2 == 0)
            return true;
        at += 6;
    }
    return false;
}

cJSON *ape__llm_parse_event(ape__llm_reply *reply, const char *data, size_t size)
{
    cJSON *root;

    if (!ape__utf8_valid(data, size) || holds_escaped_nul(data, size) ||
        ape__json_parse(data, size, &root, NULL) != APE_OK) {
        ape__llm_reply_fail(reply, APE_LLM_MALFORMED, NULL);
        return NULL;
    }
    return root;
}

static void write_list(ape__json_writer *w, const ape__llm_messages *messages, bool with_system)
{
    static const char *const roles[] = { "system", "user", "assistant" };

    for (const ape__llm_message *m = messages ? messages->first : NULL; m; m = m->next) {
        if (m->role == APE_LLM_SYSTEM && !with_system)
            continue;
        ape__json_begin_object(w, NULL);
        ape__json_string(w, "role", roles[m->role]);
        ape__json_string_sized(w, "content", m->text, m->size);
        ape__json_end_object(w);
    }
}

void ape__llm_write_messages(ape__json_writer *writer, const ape__llm_ask *ask, bool with_system)
{
    ape__json_begin_array(writer, "messages");
    write_list(writer, &ask->request->messages, with_system);
    write_list(writer, ask->more, with_system);
    ape__json_end_array(writer);
}
