/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/digest.h"
#include "core/json.h"
#include "lineage/lineage.h"

/* Every part is merged by its id, so that the same answer may come twice. */
static const char statement[] =
    "UNWIND $answers AS answer"
    " MERGE (query:Query {id: answer.query_id})"
    " SET query.question = answer.question, query.status = answer.status,"
    " query.as_of = answer.as_of, query.provider = answer.provider,"
    " query.prediction_id = answer.prediction_id"
    " WITH query, answer"
    " UNWIND answer.facts AS fact"
    " MERGE (used:Fact {id: fact.id})"
    " SET used.name = fact.name, used.value = fact.value, used.unit = fact.unit,"
    " used.code_sha256 = answer.code_sha256"
    " MERGE (query)-[:USED]->(used)"
    " WITH used, answer"
    " UNWIND answer.data AS file"
    " MERGE (dataset:Dataset {sha256: file.sha256})"
    " SET dataset.symbol = file.symbol, dataset.first = file.first, dataset.last = file.last,"
    " dataset.rows = file.rows"
    " MERGE (used)-[:FROM]->(dataset)";

/* An answer and what identifies its facts: the program and the data that it ran over. */
typedef struct source {
    const cJSON *answer;
    const cJSON *provenance;
    ape__buffer origin;
} source;

static void write_fact(ape__json_writer *w, source *s, const char *name, double value,
                       const char *unit)
{
    size_t size = s->origin.size;
    char id[65];

    ape__buffer_puts(&s->origin, name);
    if (s->origin.failed)
        return;
    ape__sha256_hex(s->origin.data, s->origin.size, id);
    s->origin.size = size;
    ape__json_begin_object(w, NULL);
    ape__json_string(w, "id", id);
    ape__json_string(w, "name", name);
    ape__json_number(w, "value", value);
    ape__json_string(w, "unit", unit);
    ape__json_end_object(w);
}

static void write_facts(ape__json_writer *w, source *s)
{
    const cJSON *result = ape__json_get(s->answer, "result"), *member;
    const char *metric = ape__json_get_string(result, "metric");
    double value = (double)NAN;

    ape__json_begin_array(w, "facts");
    ape__json_get_number(result, "value", &value);
    if (metric)
        write_fact(w, s, metric, value, ape__json_get_string(result, "unit"));
    cJSON_ArrayForEach(member, ape__json_get(result, "values"))
    {
        if (cJSON_IsNumber(member))
            write_fact(w, s, member->string, member->valuedouble, NULL);
    }
    ape__json_end_array(w);
}

static void read_origin(source *s)
{
    const char *code = ape__json_get_string(s->provenance, "code_sha256");
    const cJSON *file;

    ape__buffer_puts(&s->origin, code ? code : "");
    cJSON_ArrayForEach(file, ape__json_get(s->provenance, "data"))
    {
        const char *sha256 = ape__json_get_string(file, "sha256");

        ape__buffer_puts(&s->origin, " ");
        ape__buffer_puts(&s->origin, sha256 ? sha256 : "");
    }
    ape__buffer_puts(&s->origin, " ");
}

static void write_data(ape__json_writer *w, const source *s)
{
    static const char *const members[] = { "sha256", "symbol", "first", "last", "rows" };
    const cJSON *file;

    ape__json_begin_array(w, "data");
    cJSON_ArrayForEach(file, ape__json_get(s->provenance, "data"))
    {
        /* Neo4j merges nothing on null. */
        if (!ape__json_get_string(file, "sha256"))
            continue;
        ape__json_begin_object(w, NULL);
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
            ape__json_value(w, members[i], ape__json_get(file, members[i]));
        ape__json_end_object(w);
    }
    ape__json_end_array(w);
}

static void write_answer(ape__json_writer *w, source *s)
{
    static const char *const members[] = { "query_id", "question", "status", "prediction_id" };

    ape__json_begin_object(w, NULL);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        ape__json_value(w, members[i], ape__json_get(s->answer, members[i]));
    ape__json_value(w, "as_of", ape__json_get(s->provenance, "as_of"));
    ape__json_value(w, "code_sha256", ape__json_get(s->provenance, "code_sha256"));
    ape__json_value(w, "provider", ape__json_get(ape__json_get(s->answer, "llm"), "provider"));
    read_origin(s);
    write_facts(w, s);
    write_data(w, s);
    ape__json_end_object(w);
}

static void write_entry(ape__json_writer *w, const ape__lineage_entry *entry, ape__buffer *out)
{
    source s = { .answer = NULL };
    cJSON *answer;

    if (ape__json_parse(entry->json, entry->size, &answer, NULL) != APE_OK)
        return;
    s.answer = answer;
    s.provenance = ape__json_get(answer, "provenance");
    ape__buffer_init(&s.origin, out->host);
    if (ape__json_get_string(answer, "query_id"))
        write_answer(w, &s);
    out->failed |= s.origin.failed;
    ape__buffer_clear(&s.origin);
    cJSON_Delete(answer);
}

static void write_statement(ape__json_writer *w, const ape__lineage_entry *answers,
                            ape__buffer *out)
{
    ape__json_string(w, "statement", statement);
    ape__json_begin_object(w, "parameters");
    ape__json_begin_array(w, "answers");
    for (; answers; answers = answers->next)
        write_entry(w, answers, out);
    ape__json_end_array(w);
    ape__json_end_object(w);
}

void ape__lineage_write_request(ape__neo4j_api api, const ape__lineage_entry *answers,
                                ape__buffer *out)
{
    ape__json_writer w;

    ape__json_writer_init(&w, out);
    ape__json_begin_object(&w, NULL);
    if (api == APE__NEO4J_QUERY) {
        write_statement(&w, answers, out);
    } else {
        ape__json_begin_array(&w, "statements");
        ape__json_begin_object(&w, NULL);
        write_statement(&w, answers, out);
        ape__json_end_object(&w);
        ape__json_end_array(&w);
    }
    ape__json_end_object(&w);
}
