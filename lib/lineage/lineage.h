/* SPDX-License-Identifier: MIT */
#ifndef APE_LINEAGE_LINEAGE_H
#define APE_LINEAGE_LINEAGE_H

#include <ape/lineage.h>

#include "poster/poster.h"

/** An answer that waits. */
typedef struct ape__lineage_entry {
    struct ape__lineage_entry *next;
    size_t size;
    char json[];
} ape__lineage_entry;

/** Which of Neo4j's HTTP interfaces is spoken. */
typedef enum ape__neo4j_api {
    APE__NEO4J_QUERY,       /* /db/NAME/query/v2 */
    APE__NEO4J_TRANSACTION, /* /db/NAME/tx/commit, for those before 5.19 */
} ape__neo4j_api;

struct ape_lineage {
    ape_host *host;
    atomic_size_t shares;
    uint32_t queue_limit;
    ape_metrics_registry *metrics;
    ape_counter *written, *dropped;
    char *base; /* "https://host:7474", with what it holds of user and password */
    size_t base_size;
    char *database;
    ape__poster poster;

    /* The thread's. */
    ape__neo4j_api api;
    bool not_found; /* the last answer was 404 */
    ape__lineage_entry *taken;

    /* The poster's lock guards what follows. */
    ape__lineage_entry *first;
    ape__lineage_entry **end;
    uint32_t waiting;
    size_t waiting_bytes;
};

/** Share a lineage; ape_lineage_free() gives the share up. NULL stays NULL. */
ape_lineage *ape__lineage_ref(ape_lineage *lineage);

/** statement.c: the request that writes some answers; one that is no answer is left out. */
void ape__lineage_write_request(ape__neo4j_api api, const ape__lineage_entry *answers,
                                ape__buffer *out);

/** neo4j.c */
ape_status ape__lineage_set_place(ape_lineage *lineage, const char *uri, ape_error *err);
/** "https://host:7474/db/neo4j/query/v2"; NULL: no memory. */
char *ape__lineage_url(const ape_lineage *lineage);
/** Wiped: it may hold a password. */
void ape__lineage_free_url(const ape_lineage *lineage, char *url);
ape__delivery ape__lineage_judge(void *lineage, long status, const char *body);
void ape__lineage_tell(void *lineage);

#endif /* APE_LINEAGE_LINEAGE_H */
