/* SPDX-License-Identifier: MIT */
#include "provenance.h"

#include <cjson/cJSON.h>

#include "cli.h"

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text(const cJSON *object, const char *name)
{
    const char *value = cJSON_GetStringValue(get(object, name));

    return value ? value : "-";
}

static void print_label(FILE *stream, const char *label)
{
    bool colour = shows_colour(stream);

    fprintf(stream, "  %s%-9s%s ", colour ? "\033[2m" : "", label, colour ? "\033[0m" : "");
}

static void print_data(FILE *stream, const cJSON *data)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, data)
    {
        print_label(stream, "data");
        fprintf(stream, "%s, %.0f rows, %s to %s, sha256 %.16s\n", text(entry, "symbol"),
                cJSON_GetNumberValue(get(entry, "rows")), text(entry, "first"), text(entry, "last"),
                text(entry, "sha256"));
    }
}

static void print_all(FILE *stream, const cJSON *answer)
{
    const cJSON *provenance = get(answer, "provenance");
    const cJSON *runtime = get(provenance, "runtime");
    const cJSON *llm = get(answer, "llm");

    print_data(stream, get(provenance, "data"));
    print_label(stream, "as of");
    fprintf(stream, "%s\n", text(provenance, "as_of"));
    print_label(stream, "program");
    fprintf(stream, "by %s, sha256 %.16s\n", text(llm, "provider"),
            text(provenance, "code_sha256"));
    if (cJSON_IsObject(runtime)) {
        print_label(stream, "run");
        fprintf(stream, "isolation level %s, Python %s, numpy %s, pandas %s, %.0f ms in all\n",
                text(get(provenance, "isolation"), "level"), text(runtime, "python"),
                text(runtime, "numpy"), text(runtime, "pandas"),
                cJSON_GetNumberValue(get(get(answer, "timings_ms"), "total")));
    }
    print_label(stream, "note");
    fprintf(stream, "%s\n", text(get(answer, "disclaimer"), "text"));
}

void print_provenance(FILE *stream, const char *answer_json)
{
    cJSON *answer = cJSON_Parse(answer_json);

    if (answer)
        print_all(stream, answer);
    cJSON_Delete(answer);
}
