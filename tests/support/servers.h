/* SPDX-License-Identifier: MIT */
#ifndef APE_TESTS_SERVERS_H
#define APE_TESTS_SERVERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Real servers for tests: Debian's PostgreSQL and Redis, each in a folder of its own under /tmp,
 * on a free port of the loopback address, as a user without privileges. They die with the test.
 */
typedef struct test_server {
    const char *kind; /* "postgres", "redis" */
    pid_t pid;        /* 0: not running */
    int port;
    char folder[64];
    char url[160];
    char password[40]; /* of Redis, set before _new; "": none */
    bool tls;          /* set before _new: it takes nothing but TLS */
    char ca_file[80];  /* with TLS: its certificate, made for 127.0.0.1 and signed by itself */
} test_server;

/** Prepare a folder and start. False: the server's program is not installed. Anything else that
 *  goes wrong ends the test. */
bool test_server_new(test_server *server, const char *kind);

/** Start again after a stop or a kill, on the same port and folder; returns when it answers. */
void test_server_start(test_server *server);

/** Stop in good order, and wait for it. */
void test_server_stop(test_server *server);

/** kill -9, and wait. */
void test_server_kill(test_server *server);

/** Stop and continue all of its processes, as a machine does that hangs. */
void test_server_freeze(test_server *server);
void test_server_thaw(test_server *server);

/** Stop it and remove its folder. */
void test_server_free(test_server *server);

/** A port that nobody listens on now. */
int test_free_port(void);

/** A new folder under /tmp; remove it by test_folder_remove(). */
void test_folder_new(char out[64]);
void test_folder_remove(const char *folder);

/** Exit status that meson shows as "skipped". */
enum { TEST_SKIPPED = 77 };

/** End the test with a message if @p truth is false. */
#define test_expect(truth, ...)                                                                    \
    do {                                                                                           \
        if (!(truth))                                                                              \
            test_fail(__FILE__, __LINE__, #truth, __VA_ARGS__);                                    \
    } while (0)

void test_fail(const char *file, int line, const char *what, const char *format, ...)
    __attribute__((noreturn, format(printf, 4, 5)));

#endif /* APE_TESTS_SERVERS_H */
