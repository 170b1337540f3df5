/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16384, MAX_WAITING = 8 * 1024 * 1024 };

struct stream {
    pthread_mutex_t lock;
    struct MHD_Connection *connection;
    unsigned shares;
    bool asleep; /* the connection is suspended */
    bool ended;
    bool gone;
    void (*on_gone)(void *user);
    void *user;
    bool failed; /* an event was lost: the stream breaks off rather than leave a gap */
    char *bytes;
    size_t begin;
    size_t size;
    size_t capacity;
};

stream *stream_new(struct MHD_Connection *connection)
{
    stream *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    pthread_mutex_init(&s->lock, NULL);
    s->connection = connection;
    s->shares = 1;
    return s;
}

/* With the lock held; gives it back. */
static void unref(stream *s)
{
    unsigned left = --s->shares;

    pthread_mutex_unlock(&s->lock);
    if (left > 0)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s->bytes);
    free(s);
}

static ssize_t take(stream *s, char *out, size_t max)
{
    size_t waiting = s->size - s->begin;
    size_t taken = waiting < max ? waiting : max;

    memcpy(out, s->bytes + s->begin, taken);
    s->begin += taken;
    if (s->begin == s->size)
        s->begin = s->size = 0;
    return (ssize_t)taken;
}

static ssize_t on_read(void *cls, uint64_t position, char *out, size_t max)
{
    stream *s = cls;
    ssize_t result = 0;

    (void)position;
    pthread_mutex_lock(&s->lock);
    if (s->failed) {
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (s->size > s->begin) {
        result = take(s, out, max);
    } else if (s->ended) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        s->asleep = true;
        MHD_suspend_connection(s->connection);
    }
    pthread_mutex_unlock(&s->lock);
    return result;
}

static void on_free(void *cls)
{
    stream *s = cls;

    pthread_mutex_lock(&s->lock);
    s->gone = true;
    if (s->on_gone)
        s->on_gone(s->user);
    unref(s);
}

struct MHD_Response *stream_response(stream *s)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, on_read, s, on_free);

    if (response) {
        pthread_mutex_lock(&s->lock);
        s->shares++;
        pthread_mutex_unlock(&s->lock);
    }
    return response;
}

static bool reserve(stream *s, size_t more)
{
    size_t needed = s->size + more;
    size_t capacity = s->capacity ? s->capacity : 1024;
    char *grown;

    if (needed > MAX_WAITING)
        return false;
    while (capacity < needed)
        capacity *= 2;
    if (capacity == s->capacity)
        return true;
    grown = realloc(s->bytes, capacity);
    if (!grown)
        return false;
    s->bytes = grown;
    s->capacity = capacity;
    return true;
}

static void append(stream *s, const char *text)
{
    size_t size = strlen(text);

    memcpy(s->bytes + s->size, text, size);
    s->size += size;
}

static void wake(stream *s)
{
    if (!s->asleep)
        return;
    s->asleep = false;
    MHD_resume_connection(s->connection);
}

void stream_send(stream *s, const char *event, const char *data)
{
    pthread_mutex_lock(&s->lock);
    if (data && !s->gone && reserve(s, (event ? strlen(event) : 0) + strlen(data) + 32)) {
        if (event) {
            append(s, "event: ");
            append(s, event);
            append(s, "\n");
        }
        append(s, "data: ");
        append(s, data);
        append(s, "\n\n");
    } else {
        s->failed = true;
    }
    wake(s);
    pthread_mutex_unlock(&s->lock);
}

void stream_on_gone(stream *s, void (*on_gone)(void *user), void *user)
{
    pthread_mutex_lock(&s->lock);
    s->on_gone = on_gone;
    s->user = user;
    pthread_mutex_unlock(&s->lock);
}

void stream_end(stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->ended = true;
    s->on_gone = NULL;
    wake(s);
    unref(s);
}
