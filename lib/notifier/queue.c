/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "notifier/internal.h"

static ape__matter *find_matter(ape_notifier *n, const char *name)
{
    for (size_t i = 0; i < APE__MATTERS; i++)
        if (strcmp(n->matters[i].name, name) == 0)
            return &n->matters[i];
    return NULL;
}

/* A place for a new matter: a free one, or the one told longest ago. */
static ape__matter *place_for_matter(ape_notifier *n)
{
    ape__matter *oldest = &n->matters[0];

    for (size_t i = 0; i < APE__MATTERS; i++) {
        if (!n->matters[i].name[0])
            return &n->matters[i];
        if (n->matters[i].told_ms < oldest->told_ms)
            oldest = &n->matters[i];
    }
    return oldest;
}

/* Take the waiting notice of a matter out of the queue; NULL if none waits. */
static ape__notice *take_waiting(ape_notifier *n, const char *matter)
{
    for (ape__notice **at = &n->first; *at; at = &(*at)->next) {
        ape__notice *found = *at;

        if (found->severity == APE_SEVERITY_RESOLVED || strcmp(found->matter, matter) != 0)
            continue;
        *at = found->next;
        if (n->end == &found->next)
            n->end = at;
        found->next = NULL;
        n->waiting--;
        return found;
    }
    return NULL;
}

static void append(ape_notifier *n, ape__notice *notice)
{
    notice->next = NULL;
    *n->end = notice;
    n->end = &notice->next;
    n->waiting++;
}

/* The end of a matter: not worth telling if its beginning was not told. */
static ape__posted resolve(ape_notifier *n, ape__notice *notice, ape__notice **spare)
{
    ape__matter *matter = find_matter(n, notice->matter);
    ape__notice *waiting;

    *spare = notice;
    if (!matter)
        return APE__SUPPRESSED;
    waiting = take_waiting(n, notice->matter);
    if (waiting) {
        matter->name[0] = '\0';
        notice->next = waiting;
        return APE__SUPPRESSED;
    }
    if (n->waiting >= n->opts.queue_limit)
        return APE__FULL;
    matter->name[0] = '\0';
    append(n, notice);
    *spare = NULL;
    return APE__KEPT;
}

ape__posted ape__notifier_enqueue(ape_notifier *notifier, ape__notice *notice, uint64_t now_ms,
                                  ape__notice **spare)
{
    ape__matter *matter;

    if (notice->severity == APE_SEVERITY_RESOLVED)
        return resolve(notifier, notice, spare);
    *spare = notice;
    matter = find_matter(notifier, notice->matter);
    if (matter && notice->severity <= matter->severity &&
        now_ms - matter->told_ms < notifier->opts.repeat_ms)
        return APE__SUPPRESSED;
    if (notifier->waiting >= notifier->opts.queue_limit)
        return APE__FULL;
    if (!matter)
        matter = place_for_matter(notifier);
    memcpy(matter->name, notice->matter, sizeof(matter->name));
    matter->severity = notice->severity;
    matter->told_ms = now_ms;
    append(notifier, notice);
    *spare = NULL;
    return APE__KEPT;
}

ape__notice *ape__notifier_dequeue(ape_notifier *notifier)
{
    ape__notice *first = notifier->first, *last = first;
    uint32_t count = 1;

    if (!first)
        return NULL;
    for (; last->next && count < APE__GROUP_MAX; count++)
        last = last->next;
    notifier->first = last->next;
    if (!notifier->first)
        notifier->end = &notifier->first;
    last->next = NULL;
    notifier->waiting -= count;
    return first;
}

void ape__notices_free(ape_host *host, ape__notice *notices)
{
    while (notices) {
        ape__notice *next = notices->next;

        ape__free(host, notices, sizeof(*notices));
        notices = next;
    }
}
