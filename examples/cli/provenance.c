/* SPDX-License-Identifier: MIT */
#include "provenance.h"

#include "cli.h"
#include "json.h"

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
        fprintf(stream, "%s, %.0f rows, %s to %s, sha256 %.16s\n", json_text(entry, "symbol"),
                json_number(entry, "rows"), json_text(entry, "first"), json_text(entry, "last"),
                json_text(entry, "sha256"));
    }
}

static void print_all(FILE *stream, const cJSON *answer)
{
    const cJSON *provenance = json_member(answer, "provenance");
    const cJSON *runtime = json_member(provenance, "runtime");
    const cJSON *llm = json_member(answer, "llm");

    print_data(stream, json_member(provenance, "data"));
    print_label(stream, "as of");
    fprintf(stream, "%s\n", json_text(provenance, "as_of"));
    print_label(stream, "program");
    fprintf(stream, "by %s, sha256 %.16s\n", json_text(llm, "provider"),
            json_text(provenance, "code_sha256"));
    if (cJSON_IsObject(runtime)) {
        print_label(stream, "run");
        fprintf(stream, "isolation level %s, Python %s, numpy %s, pandas %s, %.0f ms in all\n",
                json_text(json_member(provenance, "isolation"), "level"),
                json_text(runtime, "python"), json_text(runtime, "numpy"),
                json_text(runtime, "pandas"),
                json_number(json_member(answer, "timings_ms"), "total"));
    }
    print_label(stream, "note");
    fprintf(stream, "%s\n", json_text(json_member(answer, "disclaimer"), "text"));
}

void print_provenance(FILE *stream, const char *answer_json)
{
    cJSON *answer = cJSON_Parse(answer_json);

    if (answer)
        print_all(stream, answer);
    cJSON_Delete(answer);
}
