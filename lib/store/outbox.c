/* SPDX-License-Identifier: MIT */
#include "store/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/id.h"
#include "core/memory.h"
#include "store/schema.h"

enum { FILES = 64, PATH_ROOM = 4096 };

static void take_turn(ape__outbox *o)
{
    uint64_t turn;

    pthread_mutex_lock(&o->lock);
    turn = o->asked++;
    while (turn != o->served)
        pthread_cond_wait(&o->next, &o->lock);
    pthread_mutex_unlock(&o->lock);
}

static void end_turn(ape__outbox *o)
{
    pthread_mutex_lock(&o->lock);
    o->served++;
    pthread_cond_broadcast(&o->next);
    pthread_mutex_unlock(&o->lock);
}

/* Take the first file that no process holds; the lock goes with the process. */
static ape_status take_file(ape__outbox *o, const char *folder, char path[PATH_ROOM],
                            ape_error *err)
{
    for (int i = 0; i < FILES; i++) {
        snprintf(path, PATH_ROOM, "%s/outbox-%d.lock", folder, i);
        o->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (o->lock_fd < 0)
            return ape__fail_detail(err, APE_ERR_IO, errno, "%s: %s", path, strerror(errno));
        if (flock(o->lock_fd, LOCK_EX | LOCK_NB) == 0) {
            snprintf(path, PATH_ROOM, "%s/outbox-%d.db", folder, i);
            return APE_OK;
        }
        close(o->lock_fd);
        o->lock_fd = -1;
    }
    return ape__fail(err, APE_ERR_LIMIT, "%s: %d outboxes are in use", folder, FILES);
}

static ape_status take_text(void *user, const ape__sql_value *columns, size_t count, ape_error *err)
{
    (void)count, (void)err;
    if (columns[0].type == APE__SQL_TEXT)
        snprintf(user, 37, "%s", columns[0].text);
    return APE_OK;
}

/* PostgreSQL remembers by this name how much of the outbox it has seen. */
static ape_status identify(ape__outbox *o, ape_error *err)
{
    ape__sql_value id;
    ape_status st =
        o->sql->kind->run(o->sql, "SELECT id FROM identity", NULL, 0, take_text, o->id, err);

    if (st != APE_OK || o->id[0] != '\0')
        return st;
    ape__id_new(o->host, o->id);
    id = ape__sql_text(o->id);
    return o->sql->kind->run(o->sql, "INSERT INTO identity (id) VALUES ($1)", &id, 1, NULL, NULL,
                             err);
}

static ape_status count(ape__outbox *o, ape_error *err)
{
    int64_t waiting, set_aside;
    ape_status st = ape__sql_scalar(o->sql, "SELECT COUNT(*) FROM waiting", &waiting, err);

    if (st == APE_OK)
        st = ape__sql_scalar(o->sql, "SELECT COUNT(*) FROM set_aside", &set_aside, err);
    if (st != APE_OK)
        return st;
    atomic_store(&o->waiting, waiting);
    atomic_store(&o->set_aside, set_aside);
    return APE_OK;
}

ape_status ape__outbox_open(ape_host *host, const char *folder, ape__outbox **out, ape_error *err)
{
    ape__outbox *o = ape__alloc(host, sizeof(*o));
    char path[PATH_ROOM];
    ape_status st;

    if (!o)
        return ape__fail_no_memory(err);
    o->host = host;
    o->lock_fd = -1;
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->next, NULL);
    st = take_file(o, folder, path, err);
    if (st == APE_OK)
        st =
            ape__sqlite_open(host, path, ape__schema_outbox, ape__schema_outbox_size, &o->sql, err);
    if (st == APE_OK)
        st = identify(o, err);
    if (st == APE_OK)
        st = count(o, err);
    if (st != APE_OK) {
        ape__outbox_close(o);
        return st;
    }
    *out = o;
    return APE_OK;
}

void ape__outbox_close(ape__outbox *outbox)
{
    if (!outbox)
        return;
    if (outbox->sql)
        outbox->sql->kind->close(outbox->sql);
    if (outbox->lock_fd >= 0)
        close(outbox->lock_fd);
    pthread_mutex_destroy(&outbox->lock);
    pthread_cond_destroy(&outbox->next);
    ape__free(outbox->host, outbox, sizeof(*outbox));
}

static ape_status append_one(ape__outbox *o, const ape__operation *operation, ape_error *err)
{
    ape__sql_value value;
    ape__buffer text;
    ape_status st;

    ape__buffer_init(&text, o->host);
    ape__operation_write(operation, &text);
    if (text.failed) {
        ape__buffer_clear(&text);
        return ape__fail_no_memory(err);
    }
    value = ape__sql_text(text.data);
    st = o->sql->kind->run(o->sql, "INSERT INTO waiting (operation) VALUES ($1)", &value, 1, NULL,
                           NULL, err);
    ape__buffer_clear(&text);
    return st;
}

ape_status ape__outbox_append(ape__outbox *outbox, const ape__operation *const *operations,
                              size_t count_of, ape_error *err)
{
    ape_status st;

    take_turn(outbox);
    st = ape__sql_execute(outbox->sql, outbox->sql->kind->begin_writing, err);
    if (st == APE_OK) {
        for (size_t i = 0; i < count_of && st == APE_OK; i++)
            st = append_one(outbox, operations[i], err);
        st = ape__sql_finish(outbox->sql, st, err);
    }
    end_turn(outbox);
    if (st == APE_OK)
        atomic_fetch_add(&outbox->waiting, (long long)count_of);
    return st;
}

ape_status ape__outbox_read(ape__outbox *outbox, int64_t after, size_t limit, ape__sql_row on_row,
                            void *user, ape_error *err)
{
    const ape__sql_value values[] = { ape__sql_integer(after), ape__sql_integer((int64_t)limit) };
    ape_status st;

    take_turn(outbox);
    st = outbox->sql->kind->run(outbox->sql,
                                "SELECT sequence, operation FROM waiting WHERE sequence > $1"
                                " ORDER BY sequence LIMIT $2",
                                values, 2, on_row, user, err);
    end_turn(outbox);
    return st;
}

static ape_status remove_locked(ape__outbox *o, int64_t up_to, int64_t *removed, ape_error *err)
{
    const ape__sql_value value = ape__sql_integer(up_to);
    ape_status st = o->sql->kind->run(o->sql, "DELETE FROM waiting WHERE sequence <= $1", &value, 1,
                                      NULL, NULL, err);

    *removed = 0;
    return st == APE_OK ? ape__sql_scalar(o->sql, "SELECT changes()", removed, err) : st;
}

ape_status ape__outbox_remove(ape__outbox *outbox, int64_t up_to, ape_error *err)
{
    int64_t removed;
    ape_status st;

    take_turn(outbox);
    st = remove_locked(outbox, up_to, &removed, err);
    end_turn(outbox);
    if (st == APE_OK)
        atomic_fetch_sub(&outbox->waiting, (long long)removed);
    return st;
}

ape_status ape__outbox_set_aside(ape__outbox *outbox, int64_t sequence, const char *reason,
                                 ape_error *err)
{
    const ape__sql_value values[] = { ape__sql_integer(sequence), ape__sql_text(reason) };
    ape_status st;

    take_turn(outbox);
    st = outbox->sql->kind->run(outbox->sql,
                                "INSERT OR REPLACE INTO set_aside (sequence, operation, reason)"
                                " SELECT sequence, operation, $2 FROM waiting WHERE sequence = $1",
                                values, 2, NULL, NULL, err);
    end_turn(outbox);
    if (st == APE_OK)
        atomic_fetch_add(&outbox->set_aside, 1);
    return st;
}
