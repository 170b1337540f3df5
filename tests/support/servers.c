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

static void run_and_wait(const test_server *s, char *const *arguments)
{
    pid_t pid = launch(s, arguments);
    int status;

    test_expect(waitpid(pid, &status, 0) == pid && status == 0, "%s failed, see %s/log",
                arguments[0], s->folder);
}

/* A certificate for 127.0.0.1 and its key, in the server's folder. */
static void make_certificate(test_server *s)
{
    char key[80];
    char *arguments[] = { (char[]){ "/usr/bin/openssl" },
                          (char[]){ "req" },
                          (char[]){ "-x509" },
                          (char[]){ "-newkey" },
                          (char[]){ "rsa:2048" },
                          (char[]){ "-nodes" },
                          (char[]){ "-subj" },
                          (char[]){ "/CN=ape test" },
                          (char[]){ "-addext" },
                          (char[]){ "subjectAltName=IP:127.0.0.1" },
                          (char[]){ "-days" },
                          (char[]){ "2" },
                          (char[]){ "-keyout" },
                          key,
                          (char[]){ "-out" },
                          s->ca_file,
                          NULL };

    snprintf(key, sizeof(key), "%s/server.key", s->folder);
    snprintf(s->ca_file, sizeof(s->ca_file), "%s/server.crt", s->folder);
    run_and_wait(s, arguments);
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

/* Nobody gets in without TLS. */
static void want_tls(test_server *s)
{
    char path[100];
    FILE *f;

    snprintf(path, sizeof(path), "%s/data/pg_hba.conf", s->folder);
    f = fopen(path, "we");
    test_expect(f, "%s: %s", path, strerror(errno));
    fputs("local all all trust\nhostssl all all 127.0.0.1/32 trust\n", f);
    fclose(f);
    snprintf(s->url, sizeof(s->url),
             "postgresql://ape:x@127.0.0.1:%d/postgres?sslmode=verify-full&sslrootcert=%s", s->port,
             s->ca_file);
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
    if (s->tls)
        want_tls(s);
}

static void start_postgres(test_server *s)
{
    char program[128], data[80], socket_dir[80], port[16], key[120], certificate[120];
    char *arguments[] = { program,
                          data,
                          socket_dir,
                          port,
                          (char[]){ "-clisten_addresses=127.0.0.1" },
                          (char[]){ "-cmax_connections=50" },
                          (char[]){ "-cshared_buffers=32MB" },
                          s->tls ? (char[]){ "-cssl=on" } : NULL,
                          key,
                          certificate,
                          NULL };

    test_expect(find_program("/usr/lib/postgresql/*/bin/postgres", program), "no postgres");
    snprintf(data, sizeof(data), "-D%s/data", s->folder);
    snprintf(socket_dir, sizeof(socket_dir), "-k%s", s->folder);
    snprintf(port, sizeof(port), "-p%d", s->port);
    snprintf(key, sizeof(key), "-cssl_key_file=%s/server.key", s->folder);
    snprintf(certificate, sizeof(certificate), "-cssl_cert_file=%s", s->ca_file);
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

static size_t add(char **arguments, size_t count, const char *name, const char *value)
{
    arguments[count] = strdup(name);
    arguments[count + 1] = strdup(value);
    return count + 2;
}

static void start_redis(test_server *s)
{
    char port[16], key[80], path[80], *arguments[32] = { NULL };
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
                                  s->tls ? "0" : port };

    snprintf(port, sizeof(port), "%d", s->port);
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        arguments[count++] = strdup(fixed[i]);
    snprintf(path, sizeof(path), "%s/socket", s->folder);
    count = add(arguments, count, "--unixsocket", path);
    if (s->password[0])
        count = add(arguments, count, "--requirepass", s->password);
    if (s->tls) {
        snprintf(key, sizeof(key), "%s/server.key", s->folder);
        count = add(arguments, count, "--tls-port", port);
        count = add(arguments, count, "--tls-cert-file", s->ca_file);
        count = add(arguments, count, "--tls-key-file", key);
        count = add(arguments, count, "--tls-auth-clients", "no");
    }
    s->pid = launch(s, arguments);
    for (size_t i = 0; i < count; i++)
        free(arguments[i]);
}

static bool redis_answers_plainly(const test_server *s)
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

static bool redis_answers(const test_server *s)
{
    if (s->tls)
        return can_connect(s->port);
    return redis_answers_plainly(s);
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
    *server = (test_server){ .kind = kind, .port = test_free_port(), .tls = server->tls };
    memcpy(server->password, password, sizeof(password));
    test_folder_new(server->folder);
    own_folder(server);
    if (server->tls)
        make_certificate(server);
    if (redis)
        snprintf(server->url, sizeof(server->url), "%s://%s%s%s127.0.0.1:%d/0",
                 server->tls ? "rediss" : "redis", server->password[0] ? ":" : "", server->password,
                 server->password[0] ? "@" : "", server->port);
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
