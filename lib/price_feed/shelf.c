/* SPDX-License-Identifier: MIT */
#include "price_feed/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/json.h"

enum { NOTE_LIMIT = 4096 };

static ape_status fail_errno(ape_error *err, const char *what, const char *path)
{
    int code = errno;
    char reason[64];

    return ape__fail_detail(err, APE_ERR_IO, code, "data folder %s: %s: %s", path, what,
                            strerror_r(code, reason, sizeof(reason)));
}

/* "<folder>/<before><ticker><after>", to be freed with ape__strfree(); NULL: out of memory. */
static char *path_of(const ape__shelf *shelf, const char *before, const char *ticker,
                     const char *after)
{
    ape__buffer path;

    ape__buffer_init(&path, shelf->host);
    ape__buffer_printf(&path, "%s/%s%s%s", shelf->path, before, ticker, after);
    return ape__buffer_take_string(&path);
}

/* Locked until it is closed: the market reads no ticker meanwhile. */
static ape_status lock(const ape__shelf *shelf, int *fd, ape_error *err)
{
    char *path = path_of(shelf, "", APE__FOLDER_LOCK, "");

    if (!path)
        return ape__fail_no_memory(err);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    ape__strfree(shelf->host, path);
    if (*fd < 0)
        return fail_errno(err, "cannot be written to", shelf->path);
    while (flock(*fd, LOCK_EX) != 0 && errno == EINTR)
        continue;
    return APE_OK;
}

ape_status ape__shelf_prepare(const ape__shelf *shelf, ape_error *err)
{
    ape_status st;
    int fd;

    if (mkdir(shelf->path, 0755) != 0 && errno != EEXIST)
        return fail_errno(err, "cannot be made", shelf->path);
    st = lock(shelf, &fd, err);
    if (st == APE_OK)
        close(fd);
    return st;
}

static void read_note(const char *text, size_t size, ape__origin *out)
{
    const char *source, *start;
    double fetched_ms;
    cJSON *note;

    if (ape__json_parse(text, size, &note, NULL) != APE_OK)
        return;
    source = ape__json_get_string(note, "source");
    start = ape__json_get_string(note, "start");
    if (source && start && ape__json_get_number(note, "fetched_ms", &fetched_ms) &&
        fetched_ms >= 1 && fetched_ms < 1e15 &&
        ape__date_parse(start, strlen(start), &out->start)) {
        snprintf(out->source, sizeof(out->source), "%s", source);
        out->fetched_ms = (int64_t)fetched_ms;
    }
    cJSON_Delete(note);
}

ape_status ape__shelf_look(const ape__shelf *shelf, const char *ticker, ape__holding *out,
                           ape_error *err)
{
    char *prices = path_of(shelf, "", ticker, ".csv");
    char *note = path_of(shelf, ".", ticker, ".fetched.json");
    ape_status st = prices && note ? APE_OK : ape__fail_no_memory(err);
    ape__buffer text;

    *out = (ape__holding){ .exists = st == APE_OK && access(prices, F_OK) == 0 };
    ape__buffer_init(&text, shelf->host);
    if (out->exists && ape__file_read(&text, note, NOTE_LIMIT, NULL) == APE_OK)
        read_note(text.data, text.size, &out->origin);
    ape__buffer_clear(&text);
    ape__strfree(shelf->host, prices);
    ape__strfree(shelf->host, note);
    return st;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, bytes, size);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        size -= (size_t)put;
    }
    return true;
}

/* A file that is on its way: written beside its place, then renamed. */
typedef struct arrival {
    char *place;
    char *draft;             /* ends in XXXXXX until it is made */
    const ape__buffer *text; /* NULL: what is in the place goes */
} arrival;

static ape_status draft(const ape__shelf *shelf, arrival *a, ape_error *err)
{
    int fd;
    bool written;

    if (!a->place || !a->draft)
        return ape__fail_no_memory(err);
    if (!a->text)
        return APE_OK;
    fd = mkostemp(a->draft, O_CLOEXEC);
    if (fd < 0)
        return fail_errno(err, "a file cannot be made", shelf->path);
    written =
        write_all(fd, a->text->data, a->text->size) && fchmod(fd, 0644) == 0 && fsync(fd) == 0;
    if (close(fd) == 0 && written)
        return APE_OK;
    return fail_errno(err, "a file cannot be written", shelf->path);
}

static bool arrive(const arrival *a)
{
    if (a->text)
        return rename(a->draft, a->place) == 0;
    return unlink(a->place) == 0 || errno == ENOENT;
}

/* The renames are the moment of truth; before them nothing has changed. */
static ape_status arrive_together(const ape__shelf *shelf, const arrival arrivals[], int count,
                                  ape_error *err)
{
    bool arrived = true;
    int fd;
    ape_status st = lock(shelf, &fd, err);

    if (st != APE_OK)
        return st;
    for (int i = 0; i < count && arrived; i++)
        arrived = arrive(&arrivals[i]);
    if (!arrived)
        st = fail_errno(err, "a file cannot be put in place", shelf->path);
    close(fd);
    return st;
}

static void write_note(const ape__origin *origin, ape__buffer *out)
{
    ape__json_writer json;
    char date[11];

    ape__date_format(origin->start, date);
    ape__json_writer_init(&json, out);
    ape__json_begin_object(&json, NULL);
    ape__json_string(&json, "source", origin->source);
    ape__json_integer(&json, "fetched_ms", origin->fetched_ms);
    ape__json_string(&json, "start", date);
    ape__json_end_object(&json);
}

static void forget(const ape__shelf *shelf, arrival *a)
{
    if (a->draft && a->text)
        unlink(a->draft); /* gone already if it arrived */
    ape__strfree(shelf->host, a->place);
    ape__strfree(shelf->host, a->draft);
}

ape_status ape__shelf_put(const ape__shelf *shelf, const char *ticker, const ape__buffer *prices,
                          const ape__buffer *actions, const ape__origin *origin, ape_error *err)
{
    ape_status st = APE_OK;
    ape__buffer note;
    arrival arrivals[] = {
        { path_of(shelf, "", ticker, ".csv"), path_of(shelf, ".", ticker, ".csv.XXXXXX"), prices },
        { path_of(shelf, "", ticker, ".actions.csv"),
          path_of(shelf, ".", ticker, ".actions.XXXXXX"), actions },
        { path_of(shelf, ".", ticker, ".fetched.json"),
          path_of(shelf, ".", ticker, ".fetched.XXXXXX"), origin ? &note : NULL },
    };
    enum { COUNT = sizeof(arrivals) / sizeof(arrivals[0]) };

    ape__buffer_init(&note, shelf->host);
    if (origin)
        write_note(origin, &note);
    if (note.failed)
        st = ape__fail_no_memory(err);
    for (int i = 0; i < COUNT && st == APE_OK; i++)
        st = draft(shelf, &arrivals[i], err);
    if (st == APE_OK)
        st = arrive_together(shelf, arrivals, COUNT, err);
    for (int i = 0; i < COUNT; i++)
        forget(shelf, &arrivals[i]);
    ape__buffer_clear(&note);
    return st;
}
