/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "code_sanitizer/job.h"

#include "counting_host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each piece stands in the answer as it stands in the code, and pieces are in order. */
static void check_pieces(const ape__source *source, const char *raw, size_t size)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < source->piece_count; i++) {
        const ape__piece *p = &source->pieces[i];

        if (p->at < at || p->at + p->size > source->size || (size_t)p->raw_at + p->size > size ||
            memcmp(source->text + p->at, raw + p->raw_at, p->size) != 0)
            abort();
        at = p->at + p->size;
    }
}

/* Findings lie within the answer. */
static void check_findings(const ape__job *job, size_t size)
{
    for (uint32_t i = 0; i < job->diagnostic_count; i++)
        if (job->diagnostics[i].end < job->diagnostics[i].start || job->diagnostics[i].end > size)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ape_code_sanitizer_options opts = { .size = sizeof(opts) };
    static const ape_code_request request = { .size = sizeof(request) };
    const char *raw = (const char *)data;
    counting_host counting;
    ape__config config = { 0 };
    ape__job job = { .config = &config, .request = &request, .source = { .text = "" } };

    counting_host_init(&counting);
    config.host = counting.host;
    if (ape__config_load(&config, &opts, NULL) != APE_OK)
        abort();
    ape__arena_init(&job.arena, counting.host);
    ape__check_raw(&job, raw, size);
    if (!job.rejected)
        ape__extract(&job);
    if (job.no_memory || job.arena.failed ||
        (!job.rejected && strlen(job.source.text) != job.source.size))
        abort();
    check_pieces(&job.source, raw, size);
    check_findings(&job, size);
    ape__parse_clear(&job.parse);
    ape__arena_clear(&job.arena);
    ape__config_clear(&config);
    if (!counting_host_done(&counting))
        abort();
    return 0;
}
