/* SPDX-License-Identifier: MIT */
#include "market/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/file.h"
#include "market/csv.h"

enum { FILE_LIMIT = 256 << 20, GLIMPSE = 1024 };

bool ape__ticker_valid(const char *ticker, size_t size)
{
    if (size == 0 || size >= APE__TICKER_SIZE || ticker[0] == '.')
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = ticker[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

        if (!letter && !(c >= '0' && c <= '9') && !memchr(".^=_-", c, 5))
            return false;
    }
    return true;
}

static int by_ticker(const void *a, const void *b)
{
    const ape__folder_entry *left = a, *right = b;

    return strcmp(left->ticker, right->ticker);
}

ape__folder_entry *ape__folder_find(const ape__folder *folder, const char *ticker)
{
    size_t low = 0, high = folder->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(folder->entries[middle].ticker, ticker);

        if (order == 0)
            return &folder->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Length of the ticker in "AAPL.csv", or 0. */
static size_t ticker_of(const char *name, const char *suffix)
{
    size_t size = strlen(name), tail = strlen(suffix);

    if (size <= tail || strcmp(name + size - tail, suffix) != 0)
        return 0;
    return ape__ticker_valid(name, size - tail) ? size - tail : 0;
}

static bool append(ape__folder *folder, const char *ticker, size_t size)
{
    if (folder->count == folder->capacity) {
        size_t capacity = folder->capacity ? folder->capacity * 2 : 32;
        ape__folder_entry *entries =
            ape__resize(folder->host, folder->entries, folder->capacity * sizeof(*entries),
                        capacity * sizeof(*entries));

        if (!entries)
            return false;
        folder->entries = entries;
        folder->capacity = capacity;
    }
    memset(&folder->entries[folder->count], 0, sizeof(folder->entries[0]));
    memcpy(folder->entries[folder->count++].ticker, ticker, size);
    return true;
}

static bool list(ape__folder *folder, DIR *dir)
{
    const struct dirent *item;

    while ((item = readdir(dir))) {
        size_t size = ticker_of(item->d_name, ".csv");

        if (size > 0 && ticker_of(item->d_name, ".actions.csv") == 0 &&
            !append(folder, item->d_name, size))
            return false;
    }
    if (folder->count > 0)
        qsort(folder->entries, folder->count, sizeof(folder->entries[0]), by_ticker);
    return true;
}

static void free_data(ape_host *host, ape__ticker_data *data)
{
    if (!data)
        return;
    ape__series_free(data->series);
    ape__actions_free(data->actions);
    ape__free(host, data, sizeof(*data));
}

bool ape__folder_insert(ape__folder *folder, const char *ticker, const ape__ticker_data *data)
{
    ape__ticker_data *copy = ape__alloc(folder->host, sizeof(*copy));

    if (!copy || !append(folder, ticker, strlen(ticker))) {
        ape__free(folder->host, copy, sizeof(*copy));
        return false;
    }
    *copy = *data;
    atomic_store(&folder->entries[folder->count - 1].data, copy);
    qsort(folder->entries, folder->count, sizeof(folder->entries[0]), by_ticker);
    return true;
}

static ape_status fail_open(ape_error *err, const char *path)
{
    int code = errno;
    char reason[64];

    return ape__fail_detail(err, code == ENOENT ? APE_ERR_NOT_FOUND : APE_ERR_IO, code,
                            "data folder %s: %s", path, strerror_r(code, reason, sizeof(reason)));
}

ape_status ape__folder_open(ape_host *host, const char *path, ape__folder *out, ape_error *err)
{
    DIR *dir = opendir(path);
    bool listed;

    *out = (ape__folder){ .host = host };
    if (!dir)
        return fail_open(err, path);
    out->path = ape__strdup(host, path);
    listed = out->path && list(out, dir);
    closedir(dir);
    if (listed && out->count > 0)
        return APE_OK;
    ape__folder_clear(out);
    if (!listed)
        return ape__fail_no_memory(err);
    return ape__fail(
        err, APE_ERR_NOT_FOUND,
        "data folder %s: no <TICKER>.csv in it; put price files there (ape data import, "
        "ape data fetch) or name another folder",
        path);
}

void ape__folder_clear(ape__folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        free_data(folder->host, atomic_load(&folder->entries[i].data));
    ape__free(folder->host, folder->entries, folder->capacity * sizeof(folder->entries[0]));
    ape__strfree(folder->host, folder->path);
    *folder = (ape__folder){ .host = folder->host };
}

/* "<folder>/<ticker><suffix>", to be freed with ape__strfree(). */
static char *file_path(const ape__folder *folder, const char *ticker, const char *suffix)
{
    ape__buffer path;

    ape__buffer_init(&path, folder->host);
    ape__buffer_printf(&path, "%s/%s%s", folder->path, ticker, suffix);
    return ape__buffer_take_string(&path);
}

/* Text and name, as "AAPL.csv", of one of a ticker's files. */
typedef struct file {
    char name[APE__TICKER_SIZE + 16];
    ape__buffer text;
} file;

/* APE_ERR_NOT_FOUND where there is no such file. The text is cleared by the caller. */
static ape_status read_file(const ape__folder *folder, const char *ticker, const char *suffix,
                            file *out, ape_error *err)
{
    char *path = file_path(folder, ticker, suffix);
    ape_status st;

    snprintf(out->name, sizeof(out->name), "%s%s", ticker, suffix);
    ape__buffer_init(&out->text, folder->host);
    st = path ? ape__file_read(&out->text, path, FILE_LIMIT, err) : ape__fail_no_memory(err);
    ape__strfree(folder->host, path);
    return st;
}

static ape_status read_series(const ape__folder *folder, const char *ticker, ape__series **out,
                              ape_error *err)
{
    file f;
    ape_status st = read_file(folder, ticker, ".csv", &f, err);

    if (st == APE_OK)
        st = ape__series_parse(folder->host, f.name, f.text.data, f.text.size, out, err);
    if (st == APE_ERR_NOT_FOUND)
        st =
            ape__fail(err, APE_ERR_IO, "%s: the file has gone since the folder was listed", f.name);
    ape__buffer_clear(&f.text);
    return st;
}

/* Most tickers have no such file: then there are none. */
static ape_status read_actions(const ape__folder *folder, const char *ticker, ape__actions **out,
                               ape_error *err)
{
    file f;
    ape_status st = read_file(folder, ticker, ".actions.csv", &f, err);

    if (st == APE_OK)
        st = ape__actions_parse(folder->host, f.name, f.text.data, f.text.size, out, err);
    ape__buffer_clear(&f.text);
    return st == APE_ERR_NOT_FOUND ? APE_OK : st;
}

/* Whoever replaces a ticker's two files holds this lock. -1: nobody ever did here. */
static int lock_files(const ape__folder *folder)
{
    char *path = file_path(folder, "", APE__FOLDER_LOCK);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    ape__strfree(folder->host, path);
    while (fd >= 0 && flock(fd, LOCK_SH) != 0 && errno == EINTR)
        continue;
    return fd;
}

/* Two threads may read one ticker at the same time: the second to finish drops its own. */
static ape_status read_files(const ape__folder *folder, ape__folder_entry *entry, ape_error *err)
{
    ape__ticker_data *fresh = ape__alloc(folder->host, sizeof(*fresh)), *none = NULL;
    int lock = lock_files(folder);
    ape_status st = fresh ? APE_OK : ape__fail_no_memory(err);

    if (st == APE_OK)
        st = read_series(folder, entry->ticker, &fresh->series, err);
    if (st == APE_OK)
        st = read_actions(folder, entry->ticker, &fresh->actions, err);
    if (lock >= 0)
        close(lock);
    if (st != APE_OK || !atomic_compare_exchange_strong(&entry->data, &none, fresh))
        free_data(folder->host, fresh);
    return st;
}

ape_status ape__folder_load(const ape__folder *folder, ape__folder_entry *entry,
                            const ape__ticker_data **out, ape_error *err)
{
    ape_status st = atomic_load(&entry->data) ? APE_OK : read_files(folder, entry, err);

    if (st == APE_OK)
        *out = atomic_load(&entry->data);
    return st;
}

/* Index of the Date field in the header that text begins with, or -1. */
static int date_field(const char *text, size_t size)
{
    const char *feed = memchr(text, '\n', size);
    ape__csv csv;

    if (!feed || ape__csv_begin(&csv, "", text, (size_t)(feed - text), NULL) != APE_OK)
        return -1;
    return ape__csv_find(&csv, "Date");
}

static bool date_of_last_line(const char *text, size_t size, int field, ape__date *out)
{
    const char *line;

    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    line = memrchr(text, '\n', size);
    line = line ? line + 1 : text;
    size -= (size_t)(line - text);
    for (; field > 0; field--) {
        const char *comma = memchr(line, ',', size);

        if (!comma)
            return false;
        size -= (size_t)(comma + 1 - line);
        line = comma + 1;
    }
    return size >= 10 && ape__date_parse(line, 10, out);
}

static bool read_last_date(const ape__folder *folder, const ape__folder_entry *entry,
                           ape__date *out)
{
    char *path = file_path(folder, entry->ticker, ".csv");
    char text[GLIMPSE];
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t got = fd >= 0 ? pread(fd, text, sizeof(text), 0) : -1;
    int field = got > 0 ? date_field(text, (size_t)got) : -1;
    off_t size = field >= 0 ? lseek(fd, 0, SEEK_END) : -1;
    bool found = false;

    if (size > 0) {
        got = pread(fd, text, sizeof(text), size > GLIMPSE ? size - GLIMPSE : 0);
        found = got > 0 && date_of_last_line(text, (size_t)got, field, out);
    }
    if (fd >= 0)
        close(fd);
    ape__strfree(folder->host, path);
    return found;
}

bool ape__folder_last_date(const ape__folder *folder, const ape__folder_entry *entry,
                           ape__date *out)
{
    const ape__ticker_data *data = atomic_load(&entry->data);

    if (!data)
        return read_last_date(folder, entry, out);
    *out = data->series->dates[data->series->rows - 1];
    return true;
}
