/* SPDX-License-Identifier: MIT */
#include "llm_client/cache.h"

#include <string.h>

#include "core/digest.h"
#include "core/json.h"

enum { LONGEST_TEXT = 64 << 10 };

struct ape__llm_cached {
    ape__llm_cached *next, *previous;
    char key[APE__CACHE_KEY];
    uint64_t expires_ms;
    char provider[64];
    char model[96];
    char finish[40];
    size_t size;
    char text[];
};

void ape__llm_cache_init(ape__llm_cache *cache, ape_host *host)
{
    memset(cache, 0, sizeof(*cache));
    cache->host = host;
    pthread_mutex_init(&cache->lock, NULL);
}

static void unlink_entry(ape__llm_cache *c, ape__llm_cached *e)
{
    *(e->previous ? &e->previous->next : &c->first) = e->next;
    *(e->next ? &e->next->previous : &c->last) = e->previous;
    e->next = e->previous = NULL;
}

static void link_first(ape__llm_cache *c, ape__llm_cached *e)
{
    e->next = c->first;
    *(c->first ? &c->first->previous : &c->last) = e;
    c->first = e;
}

static void remove_entry(ape__llm_cache *c, ape__llm_cached *e)
{
    unlink_entry(c, e);
    c->count--;
    ape__free(c->host, e, sizeof(*e) + e->size);
}

void ape__llm_cache_clear(ape__llm_cache *cache)
{
    while (cache->first)
        remove_entry(cache, cache->first);
    pthread_mutex_destroy(&cache->lock);
}

static void write_texts(ape__json_writer *w, const char *name, const ape__llm_messages *messages)
{
    ape__json_begin_array(w, name);
    for (const ape__llm_message *m = messages->first; m; m = m->next) {
        ape__json_integer(w, NULL, m->role);
        ape__json_string_sized(w, NULL, m->text, m->size);
    }
    ape__json_end_array(w);
}

bool ape__llm_cache_key(const ape__llm_chain *chain, const ape_llm_request *request,
                        char out[APE__CACHE_KEY])
{
    ape__buffer b;
    ape__json_writer w;
    bool ok;

    ape__buffer_init(&b, chain->host);
    ape__json_writer_init(&w, &b);
    ape__json_begin_array(&w, NULL);
    write_texts(&w, NULL, &request->messages);
    write_texts(&w, NULL, &request->stops);
    ape__json_number(&w, NULL, request->temperature);
    ape__json_integer(&w, NULL, request->max_tokens);
    ape__json_bool(&w, NULL, request->wants_json);
    ape__json_string(&w, NULL, request->provider);
    for (size_t i = 0; i < chain->count; i++) {
        ape__json_string(&w, NULL, chain->providers[i].name);
        ape__json_string(&w, NULL, chain->providers[i].url);
        ape__json_string(&w, NULL, chain->providers[i].model);
    }
    ape__json_end_array(&w);
    ok = !b.failed;
    if (ok)
        ape__sha256_hex(b.data, b.size, out);
    ape__buffer_clear(&b);
    return ok;
}

/* With the lock. Some hundred entries at most: looking through them takes a microsecond. */
static ape__llm_cached *find(const ape__llm_cache *c, const char *key)
{
    for (ape__llm_cached *e = c->first; e; e = e->next)
        if (memcmp(e->key, key, APE__CACHE_KEY) == 0)
            return e;
    return NULL;
}

static void copy_out(const ape__llm_cached *e, ape_llm_completion *out)
{
    memcpy(out->provider, e->provider, sizeof(out->provider));
    memcpy(out->model, e->model, sizeof(out->model));
    memcpy(out->finish, e->finish, sizeof(out->finish));
    ape__buffer_rewind(&out->text);
    ape__buffer_append(&out->text, e->text, e->size);
}

bool ape__llm_cache_get(ape__llm_cache *cache, const char *key, uint64_t now_ms,
                        ape_llm_completion *out)
{
    ape__llm_cached *e;

    pthread_mutex_lock(&cache->lock);
    e = find(cache, key);
    if (e && now_ms >= e->expires_ms) {
        remove_entry(cache, e);
        e = NULL;
    }
    if (e) {
        unlink_entry(cache, e);
        link_first(cache, e);
        copy_out(e, out);
    }
    pthread_mutex_unlock(&cache->lock);
    return e && !out->text.failed;
}

static ape__llm_cached *make_entry(ape_host *host, const char *key, const ape_llm_completion *from)
{
    ape__llm_cached *e = ape__alloc(host, sizeof(*e) + from->text.size);

    if (!e)
        return NULL;
    memcpy(e->key, key, APE__CACHE_KEY);
    memcpy(e->provider, from->provider, sizeof(e->provider));
    memcpy(e->model, from->model, sizeof(e->model));
    memcpy(e->finish, from->finish, sizeof(e->finish));
    e->size = from->text.size;
    memcpy(e->text, from->text.data, from->text.size);
    return e;
}

void ape__llm_cache_put(ape__llm_cache *cache, const char *key, const ape_llm_completion *from,
                        const ape__llm_cache_limits *limits, uint64_t expires_ms)
{
    ape__llm_cached *fresh, *old;

    if (limits->entries == 0 || from->text.size > LONGEST_TEXT || from->text.size == 0)
        return;
    fresh = make_entry(cache->host, key, from);
    if (!fresh)
        return;
    fresh->expires_ms = expires_ms;
    pthread_mutex_lock(&cache->lock);
    old = find(cache, key);
    if (old)
        remove_entry(cache, old);
    link_first(cache, fresh);
    cache->count++;
    while (cache->count > limits->entries)
        remove_entry(cache, cache->last);
    pthread_mutex_unlock(&cache->lock);
}

void ape__llm_cache_drop(ape__llm_cache *cache, const char *key)
{
    ape__llm_cached *e;

    pthread_mutex_lock(&cache->lock);
    e = find(cache, key);
    if (e)
        remove_entry(cache, e);
    pthread_mutex_unlock(&cache->lock);
}
