/* SPDX-License-Identifier: MIT */
#include "servers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_SECONDS = 30 };

void test_fail(const char *file, int line, const char *what, const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "%s:%d: not so: %s: ", file, line, what);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    exit(1);
}

static void rest_ms(long ms)
{
    const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

void test_folder_new(char out[64])
{
    snprintf(out, 64, "/tmp/ape-test-XXXXXX");
    test_expect(mkdtemp(out), "%s", strerror(errno));
}

void test_folder_remove(const char *folder)
{
    char command[100];

    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "cannot remove %s\n", folder);
}

int test_free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    test_expect(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                    getsockname(fd, (struct sockaddr *)&address, &size) == 0,
                "%s", strerror(errno));
    close(fd);
    return ntohs(address.sin_port);
}

/* A program by pattern, the newest; false if there is none. */
static bool find_program(const char *pattern, char out[128])
{
    glob_t found;
    bool there = glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc > 0;

    if (there)
        snprintf(out, 128, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return there;
}

static const char *user_of(const test_server *s)
{
    return strcmp(s->kind, "redis") == 0 ? "redis" : "postgres";
}

/* In the child: give up root, which PostgreSQL refuses to run as; quiet; die with the parent. */
static void become_server(const test_server *s, int death_signal)
{
    struct passwd *user = getpwnam(user_of(s));
    char log[80];
    int fd;

    if (getuid() == 0 && user &&
        (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, death_signal);
    setpgid(0, 0);
    snprintf(log, sizeof(log), "%s/log", s->folder);
    fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    if (chdir(s->folder) != 0)
        _exit(126);
}

static pid_t launch(const test_server *s, char *const *arguments)
{
    pid_t pid = fork();

    test_expect(pid >= 0, "fork: %s", strerror(errno));
    if (pid == 0) {
        become_server(s, SIGKILL);
        execv(arguments[0], arguments);
        _exit(127);
    }
    return pid;
}

static void own_folder(const test_server *s)
{
    struct passwd *user = getpwnam(user_of(s));

    if (getuid() == 0 && user)
        test_expect(chown(s->folder, user->pw_uid, user->pw_gid) == 0, "%s", strerror(errno));
}

static bool can_connect(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool there = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

    close(fd);
    return there;
}

/* PostgreSQL. */

static void run_and_wait(const test_server *s, char *const *arguments)
{
    pid_t pid = launch(s, arguments);
    int status;

    test_expect(waitpid(pid, &status, 0) == pid && status == 0, "%s failed, see %s/log",
                arguments[0], s->folder);
}

static void prepare_postgres(test_server *s)
{
    char program[128], data[80];
    char *arguments[] = { program,
                          data,
                          (char[]){ "--auth=trust" },
                          (char[]){ "--username=ape" },
                          (char[]){ "--no-sync" },
                          (char[]){ "--encoding=UTF8" },
                          (char[]){ "--no-locale" },
                          NULL };

    test_expect(find_program("/usr/lib/postgresql/*/bin/initdb", program), "no initdb");
    snprintf(data, sizeof(data), "-D%s/data", s->folder);
    run_and_wait(s, arguments);
    snprintf(s->url, sizeof(s->url), "postgresql://ape:x@127.0.0.1:%d/postgres", s->port);
}

static void start_postgres(test_server *s)
{
    char program[128], data[80], socket_dir[80], port[16];
    char *arguments[] = { program,
                          data,
                          socket_dir,
                          port,
                          (char[]){ "-clisten_addresses=127.0.0.1" },
                          (char[]){ "-cmax_connections=50" },
                          (char[]){ "-cshared_buffers=32MB" },
                          NULL };

    test_expect(find_program("/usr/lib/postgresql/*/bin/postgres", program), "no postgres");
    snprintf(data, sizeof(data), "-D%s/data", s->folder);
    snprintf(socket_dir, sizeof(socket_dir), "-k%s", s->folder);
    snprintf(port, sizeof(port), "-p%d", s->port);
    s->pid = launch(s, arguments);
}

/* It listens before it is done with recovery: ask it something. */
static bool postgres_answers(const test_server *s)
{
    char program[128], command[300];

    if (!find_program("/usr/lib/postgresql/*/bin/pg_isready", program))
        return can_connect(s->port);
    snprintf(command, sizeof(command), "%s -q -h 127.0.0.1 -p %d", program, s->port);
    return system(command) == 0;
}

/* Redis. */

static void start_redis(test_server *s)
{
    char port[16], *arguments[24] = { NULL };
    size_t count = 0;
    const char *const fixed[] = { "/usr/bin/redis-server",
                                  "--bind",
                                  "127.0.0.1",
                                  "--save",
                                  "",
                                  "--appendonly",
                                  "yes",
                                  "--appendfsync",
                                  "everysec",
                                  "--aof-use-rdb-preamble",
                                  "no",
                                  "--port",
                                  port };

    snprintf(port, sizeof(port), "%d", s->port);
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        arguments[count++] = strdup(fixed[i]);
    if (s->password[0]) {
        arguments[count++] = strdup("--requirepass");
        arguments[count++] = strdup(s->password);
    }
    s->pid = launch(s, arguments);
    for (size_t i = 0; i < count; i++)
        free(arguments[i]);
}

static bool redis_answers(const test_server *s)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)s->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char reply[64] = "";
    bool there = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                 write(fd, "PING\r\n", 6) == 6 && read(fd, reply, sizeof(reply) - 1) > 0 &&
                 (strncmp(reply, "+PONG", 5) == 0 || strncmp(reply, "-NOAUTH", 7) == 0);

    close(fd);
    return there;
}

/* Both. */

bool test_server_new(test_server *server, const char *kind)
{
    bool redis = strcmp(kind, "redis") == 0;
    char program[128], password[40];

    if (!find_program(redis ? "/usr/bin/redis-server" : "/usr/lib/postgresql/*/bin/postgres",
                      program))
        return false;
    memcpy(password, server->password, sizeof(password));
    *server = (test_server){ .kind = kind, .port = test_free_port() };
    memcpy(server->password, password, sizeof(password));
    test_folder_new(server->folder);
    own_folder(server);
    if (redis && server->password[0])
        snprintf(server->url, sizeof(server->url), "redis://:%s@127.0.0.1:%d/0", server->password,
                 server->port);
    else if (redis)
        snprintf(server->url, sizeof(server->url), "redis://127.0.0.1:%d/0", server->port);
    else
        prepare_postgres(server);
    test_server_start(server);
    return true;
}

void test_server_start(test_server *server)
{
    bool redis = strcmp(server->kind, "redis") == 0;
    int status;

    if (redis)
        start_redis(server);
    else
        start_postgres(server);
    for (int i = 0; i < START_SECONDS * 100; i++) {
        if (redis ? redis_answers(server) : postgres_answers(server))
            return;
        test_expect(waitpid(server->pid, &status, WNOHANG) == 0, "%s ended, see %s/log",
                    server->kind, server->folder);
        rest_ms(10);
    }
    test_fail(__FILE__, __LINE__, "it answers", "%s, see %s/log", server->kind, server->folder);
}

static void end(test_server *server, int signal_number)
{
    if (server->pid <= 0)
        return;
    kill(server->pid, signal_number);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

void test_server_stop(test_server *server)
{
    end(server, SIGINT);
}

/* PostgreSQL's other processes are sessions of their own, so no group signal reaches them. */
static void signal_children(pid_t parent, int signal_number)
{
    char path[64];
    FILE *list;
    int pid;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
    list = fopen(path, "r");
    while (list && fscanf(list, "%d", &pid) == 1)
        kill(pid, signal_number);
    if (list)
        fclose(list);
}

/* The parent is stopped first, so that it starts no more of them. */
void test_server_kill(test_server *server)
{
    if (server->pid <= 0)
        return;
    kill(server->pid, SIGSTOP);
    signal_children(server->pid, SIGKILL);
    end(server, SIGKILL);
}

void test_server_freeze(test_server *server)
{
    kill(server->pid, SIGSTOP);
    signal_children(server->pid, SIGSTOP);
}

void test_server_thaw(test_server *server)
{
    signal_children(server->pid, SIGCONT);
    kill(server->pid, SIGCONT);
}

void test_server_free(test_server *server)
{
    test_server_stop(server);
    if (server->folder[0])
        test_folder_remove(server->folder);
    server->folder[0] = '\0';
}
