/* SPDX-License-Identifier: MIT */
#include "server.h"

parts *server_parts(server *s)
{
    parts *p;

    pthread_mutex_lock(&s->parts_lock);
    p = parts_ref(s->parts);
    pthread_mutex_unlock(&s->parts_lock);
    return p;
}

void server_set_parts(server *s, parts *p)
{
    parts *old;

    pthread_mutex_lock(&s->parts_lock);
    old = s->parts;
    s->parts = p;
    pthread_mutex_unlock(&s->parts_lock);
    parts_free(old);
}
