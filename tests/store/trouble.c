/* SPDX-License-Identifier: MIT */
/* What goes wrong with files and addresses: a clear error, nothing lost. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "acknowledged.h"

static char folder[64], logged[1000];

static void remember_log(void *user, ape_log_level level, const char *area, const char *message)
{
    (void)user, (void)level, (void)area;
    snprintf(logged, sizeof(logged), "%s", message);
}

static ape_status open_with(const char *url, const char *dir, ape_store **out, ape_error *err)
{
    ape_settings_options settings_options;
    ape_host_options host_options;
    ape_store_options opts;
    ape_settings *settings;
    ape_host *host;
    ape_status st;

    ape_host_options_init(&host_options, sizeof(host_options));
    host_options.log = remember_log;
    ape_settings_options_init(&settings_options, sizeof(settings_options));
    settings_options.ignore_environment = 1;
    test_expect(ape_host_new(&host_options, &host, NULL) == APE_OK &&
                    ape_settings_new(host, &settings_options, &settings, NULL) == APE_OK,
                "-");
    if (url)
        test_expect(ape_settings_set(settings, "DATABASE_URL", url, NULL) == APE_OK, "-");
    ape_store_options_init(&opts, sizeof(opts));
    opts.settings = settings;
    opts.state_dir = dir;
    st = ape_store_new(host, &opts, out, err);
    ape_settings_free(settings);
    ape_host_free(host);
    return st;
}

static void path_of(const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", folder, name);
}

static void overwrite(const char *path, long at, const char *bytes, size_t size)
{
    int fd = open(path, O_RDWR | O_CREAT, 0600);

    test_expect(pwrite(fd, bytes, size, at) == (ssize_t)size, "-");
    close(fd);
}

static int files_named(const char *part)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int count = 0;

    while ((entry = readdir(dir)))
        count += strstr(entry->d_name, part) != NULL;
    closedir(dir);
    return count;
}

static void a_corrupt_file_is_moved_aside(void)
{
    char path[128];
    ape_store *store;
    ape_error err = { .message = "" };

    path_of("predictions.db", path);
    overwrite(path, 0, "this is no database, and never was one; but somebody may want it", 64);
    test_expect(open_with(NULL, folder, &store, &err) == APE_OK, "%s", err.message);
    test_expect(strstr(logged, "is corrupt; it is now"), "%s", logged);
    test_expect(files_named("predictions.db.corrupt-") == 1, "-");
    for (int i = 0; i < 200; i++)
        test_expect(acknowledged_put(store, 0, i, NULL), "-");
    ape_store_free(store);

    memset(logged, 0, sizeof(logged));
    overwrite(path, 4096 + 100, "garbage in the middle of a page, where rows should be", 53);
    overwrite(path, 8192, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
    test_expect(open_with(NULL, folder, &store, &err) == APE_OK, "%s", err.message);
    test_expect(strstr(logged, "is corrupt; it is now"), "%s", logged);
    test_expect(acknowledged_put(store, 0, 0, NULL), "-");
    ape_store_free(store);
}

static void a_newer_schema_is_refused(void)
{
    char path[128];
    sqlite3 *db;
    ape_store *store;
    ape_error err;

    path_of("predictions.db", path);
    test_expect(sqlite3_open(path, &db) == SQLITE_OK, "-");
    test_expect(sqlite3_exec(db, "INSERT INTO ape_schema VALUES (999)", NULL, NULL, NULL) ==
                    SQLITE_OK,
                "-");
    test_expect(open_with(NULL, folder, &store, &err) == APE_ERR_UNSUPPORTED, "-");
    test_expect(strstr(err.message, "newer libape"), "%s", err.message);
    sqlite3_exec(db, "DELETE FROM ape_schema WHERE version = 999", NULL, NULL, NULL);
    sqlite3_close(db);
}

static void a_locked_file_is_told(void)
{
    char path[128];
    sqlite3 *db;
    ape_store *store;
    ape_error err;

    path_of("predictions.db", path);
    test_expect(sqlite3_open(path, &db) == SQLITE_OK, "-");
    test_expect(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK, "-");
    test_expect(open_with(NULL, folder, &store, &err) == APE_ERR_UNAVAILABLE, "-");
    test_expect(strstr(err.message, "locked by another process"), "%s", err.message);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(db);
}

/* In a child of its own: no file may grow beyond a limit, which is how a full disk looks. */
static void fill_the_disk(void)
{
    struct rlimit limit = { .rlim_cur = 1 << 20, .rlim_max = 1 << 20 };
    ape_store *store;
    ape_error err = { .message = "" };
    int count = 0;

    signal(SIGXFSZ, SIG_IGN);
    test_expect(open_with(NULL, folder, &store, &err) == APE_OK, "%s", err.message);
    setrlimit(RLIMIT_FSIZE, &limit);
    while (count < 100000 && acknowledged_put(store, 7, count, NULL))
        count++;
    test_expect(count > 10 && count < 100000, "%d", count);
    ape_store_free(store);
    _exit(count > 250 ? 250 : count);
}

static void a_full_disk_loses_nothing(void)
{
    pid_t pid = fork();
    int status, acknowledged[8] = { 0 };

    if (pid == 0)
        fill_the_disk();
    test_expect(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) > 1,
                "%d", status);
    acknowledged[7] = WEXITSTATUS(status);
    acknowledged_verify(folder, NULL, acknowledged, 8);
}

static void folders_that_cannot_be_used(void)
{
    static const char *const dirs[] = { "/proc/nowhere", "/dev/null/x", "" };
    ape_store *store;
    ape_error err;

    for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        ape_status st = open_with(NULL, dirs[i], &store, &err);

        test_expect(st == APE_ERR_IO || st == APE_ERR_INVALID, "%s: %s", dirs[i],
                    ape_status_name(st));
    }
}

/* As a user who may read and not write. */
static void a_read_only_file_is_told(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        ape_store *store;
        ape_error err = { .message = "" };
        ape_status st;

        if (chmod(folder, 0555) != 0 || (getuid() == 0 && setuid(65534) != 0))
            _exit(2);
        st = open_with(NULL, folder, &store, &err);
        _exit(st == APE_ERR_IO && err.message[0] ? 0 : 1);
    }
    test_expect(waitpid(pid, &status, 0) == pid && status == 0, "%d", status);
    chmod(folder, 0700);
}

static void wrong_addresses_are_refused(void)
{
    static const char *const urls[] = {
        "mysql://ape:canary-1@db/ape",
        "db.example.com",
        "postgresql://ape:canary-1@db:port/ape",
        "postgresql://ape:canary-1@db:99999/ape",
        "postgresql://ape:canary-1@[::1/ape",
        "postgresql://ape:can%ZZary-1@db/ape",
        "postgresql://ape:canary-1@db/ape?no_such_parameter=1",
        "postgresql://ape:canary-1@a,b/ape",
        "postgresql://ape:canary-1@db/a b",
        "http://ape:canary-1@db/ape",
        "://",
        "postgresql:/ape:canary-1@db",
    };
    ape_store *store;

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        ape_error err = { .message = "" };
        ape_status st = open_with(urls[i], folder, &store, &err);

        test_expect(st == APE_ERR_INVALID, "%s: %s", urls[i], ape_status_name(st));
        test_expect(!strstr(err.message, "canary") && !strstr(err.message, "can%"), "%s",
                    err.message);
        test_expect(strstr(err.message, "DATABASE_URL"), "%s", err.message);
    }
}

/* Nobody listens there: the store opens, writes are queued, and the password is told nowhere. */
static void an_address_without_a_server_queues(void)
{
    char url[120];
    ape_store *store;
    ape_store_place place = -1;
    ape_text *health;
    ape_error err = { .message = "" };

    snprintf(url, sizeof(url), "postgresql://ape:canary-1@127.0.0.1:%d/ape", test_free_port());
    test_expect(open_with(url, folder, &store, &err) == APE_OK, "%s", err.message);
    test_expect(acknowledged_put(store, 1, 0, &place) && place == APE_STORE_QUEUED, "%d", place);
    test_expect(ape_store_health(store, &health, NULL) == APE_OK, "-");
    test_expect(strstr(ape_text_data(health), "\"state\":\"away\""), "%s", ape_text_data(health));
    test_expect(strstr(ape_text_data(health), "\"queued\":1"), "%s", ape_text_data(health));
    test_expect(!strstr(ape_text_data(health), "canary") && !strstr(logged, "canary"), "-");
    ape_text_free(health);
    test_expect(ape_store_flush(store, 50, &err) == APE_ERR_TIMEOUT, "-");
    ape_store_free(store);
}

/* What a store says of a server that it does not trust, or that does not take the way it is called.
 */
static void expect_away(const char *url, const char *reason)
{
    ape_store *store;
    ape_text *health = NULL;
    ape_store_place place = -1;
    ape_error err = { .message = "" };

    test_expect(open_with(url, folder, &store, &err) == APE_OK, "%s: %s", url, err.message);
    test_expect(acknowledged_put(store, 1, 0, &place) && place == APE_STORE_QUEUED, "%d", place);
    for (int i = 0; i < 1000 && !(health && strstr(ape_text_data(health), reason)); i++) {
        const struct timespec rest = { .tv_nsec = 10000000 };

        ape_text_free(health);
        nanosleep(&rest, NULL);
        test_expect(ape_store_health(store, &health, NULL) == APE_OK, "-");
    }
    test_expect(strstr(ape_text_data(health), reason), "%s: %s", reason, ape_text_data(health));
    ape_text_free(health);
    ape_store_free(store);
}

/* sslmode is obeyed: no certificate to believe in, one for another name, and no TLS at all. */
static void a_server_that_cannot_be_trusted_is_away(void)
{
    test_server postgres = { .tls = true };
    char url[200];

    if (!test_server_new(&postgres, "postgres"))
        return;
    snprintf(url, sizeof(url),
             "postgresql://ape@127.0.0.1:%d/postgres?sslmode=verify-full&sslrootcert=%s/none",
             postgres.port, folder);
    expect_away(url, "root certificate");
    snprintf(url, sizeof(url),
             "postgresql://ape@localhost:%d/postgres?sslmode=verify-full&sslrootcert=%s",
             postgres.port, postgres.ca_file);
    expect_away(url, "certificate");
    snprintf(url, sizeof(url), "postgresql://ape@127.0.0.1:%d/postgres?sslmode=disable",
             postgres.port);
    expect_away(url, "pg_hba.conf");
    test_server_free(&postgres);
}

int main(void)
{
    test_folder_new(folder);
    folders_that_cannot_be_used();
    wrong_addresses_are_refused();
    an_address_without_a_server_queues();
    a_server_that_cannot_be_trusted_is_away();
    a_corrupt_file_is_moved_aside();
    a_newer_schema_is_refused();
    a_locked_file_is_told();
    a_full_disk_loses_nothing();
    a_read_only_file_is_told();
    test_folder_remove(folder);
    return 0;
}
