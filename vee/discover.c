/* SPDX-License-Identifier: MIT */
#include "discover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MS = 20000 };

/* Prints "missing MODULE" lines, or a "writable PATH" line, or one readable path a line.
   Nothing is imported but what finds modules: importing pandas would take half a second. */
static const char question[] =
    "import importlib.util, os, sys, sysconfig\n"
    "specs = {m: importlib.util.find_spec(m) for m in ('numpy', 'pandas')}\n"
    "missing = [m for m in specs if specs[m] is None]\n"
    "for m in missing: print('missing', m)\n"
    "paths = [p for p in sys.path if p] + [sysconfig.get_path('stdlib'), sys.executable]\n"
    "if sys.prefix != sys.base_prefix: paths.append(sys.prefix)\n"
    "try:\n"
    "    maps = open('/proc/self/maps').read().split('\\n')\n"
    "    paths += [os.path.dirname(m.split()[-1]) for m in maps if '.so' in m]\n"
    "except OSError: pass\n"
    "arch = sysconfig.get_config_var('MULTIARCH')\n"
    "if arch: paths += ['/lib/' + arch, '/usr/lib/' + arch]\n"
    "paths += ['/lib64', '/usr/share/zoneinfo', '/etc/alternatives', '/etc/ld.so.cache']\n"
    "paths = sorted({os.path.realpath(p) for p in paths if os.path.exists(p)})\n"
    "packages = [os.path.dirname(s.origin) for s in specs.values() if s and s.origin]\n"
    "loose = [p for p in paths + packages if os.stat(p).st_mode & 2]\n"
    "for p in loose[:1]: print('writable', p)\n"
    "kept = []\n"
    "for p in paths:\n"
    "    if not any(p.startswith(k + '/') for k in kept): kept.append(p)\n"
    "if not missing and not loose: print('\\n'.join(kept))\n";

static void ask(const char *program, int answer_fd)
{
    char *const arguments[] = { (char *)(uintptr_t)program, (char *)(uintptr_t) "-I",
                                (char *)(uintptr_t) "-c", (char *)(uintptr_t)question, NULL };
    char *const environment[] = { (char *)(uintptr_t) "LC_ALL=C.UTF-8", NULL };
    int nothing = open("/dev/null", O_RDWR);

    dup2(nothing, 0);
    dup2(nothing, 2);
    dup2(answer_fd, 1);
    close_range(3, ~0u, 0);
    execve(program, arguments, environment);
    _exit(127);
}

/* All that a program prints within the time; -1 if it did not end well. */
static ssize_t collect(int fd, char *text, size_t size)
{
    size_t used = 0;

    for (;;) {
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        ssize_t got;

        if (used == size || poll(&wait, 1, ANSWER_MS) <= 0)
            return -1;
        got = read(fd, text + used, size - used);
        if (got <= 0)
            return got == 0 ? (ssize_t)used : -1;
        used += (size_t)got;
    }
}

static ssize_t run_question(const char *program, char *text, size_t size)
{
    int ends[2], status;
    ssize_t used;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    pid = fork();
    if (pid == 0)
        ask(program, ends[1]);
    close(ends[1]);
    used = pid > 0 ? collect(ends[0], text, size) : -1;
    close(ends[0]);
    if (pid > 0 && used < 0)
        kill(pid, SIGKILL);
    if (pid > 0 && (waitpid(pid, &status, 0) != pid || status != 0))
        used = -1;
    return used;
}

/* Cut the answer into lines. */
static bool take_paths(interpreter *out, size_t size)
{
    char *at = out->storage, *end = out->storage + size;

    out->path_count = 0;
    while (at < end) {
        char *feed = memchr(at, '\n', (size_t)(end - at));

        if (!feed || out->path_count == PATHS_COUNT)
            return false;
        *feed = '\0';
        out->paths[out->path_count++] = at;
        at = feed + 1;
    }
    return out->path_count > 0;
}

static ape_status refuse_writable(const interpreter *python, const char *path, ape_error *err)
{
    return fault(err, APE_ERR_REFUSED,
                 "%s is writable by every user, so %s cannot be trusted; take that right away or "
                 "name another interpreter",
                 path, python->program);
}

/* What an interpreter said of itself, where it is no list of paths. */
static ape_status judge_answer(const interpreter *python, ape_error *err)
{
    const char *first = python->paths[0];

    if (strncmp(first, "missing ", 8) == 0)
        return fault(err, APE_ERR_NOT_FOUND,
                     "%s has no %s; install it (Debian: apt-get install python3-numpy "
                     "python3-pandas) or name another interpreter",
                     python->program, first + 8);
    if (strncmp(first, "writable ", 9) == 0)
        return refuse_writable(python, first + 9, err);
    return APE_OK;
}

static ape_status examine(const char *program, interpreter *out, ape_error *err)
{
    struct stat file;
    ssize_t size;

    if (access(program, X_OK) != 0)
        return fault_errno(err, APE_ERR_NOT_FOUND, "Python interpreter %s", program);
    if (strlen(program) >= sizeof(out->program))
        return fault(err, APE_ERR_INVALID, "python_path is too long");
    memcpy(out->program, program, strlen(program) + 1);
    if (stat(program, &file) == 0 && (file.st_mode & S_IWOTH)) /* before it is executed */
        return refuse_writable(out, program, err);
    size = run_question(program, out->storage, sizeof(out->storage));
    if (size <= 0 || !take_paths(out, (size_t)size))
        return fault(err, APE_ERR_NOT_FOUND, "%s does not answer as Python 3 does", program);
    return judge_answer(out, err);
}

ape_status discover_python(const char *wanted, interpreter *out, ape_error *err)
{
    static const char *const usual[] = { "/usr/local/bin/python3", "/usr/bin/python3" };
    ape_status first = APE_OK;
    ape_error other;

    if (*wanted)
        return examine(wanted, out, err);
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        ape_status st;

        if (access(usual[i], X_OK) != 0)
            continue;
        st = examine(usual[i], out, first == APE_OK ? err : &other);
        if (st == APE_OK)
            return st;
        if (first == APE_OK)
            first = st;
    }
    if (first != APE_OK)
        return first;
    return fault(err, APE_ERR_NOT_FOUND,
                 "no python3 in /usr/local/bin or /usr/bin; install one with numpy and pandas "
                 "(Debian: apt-get install python3-numpy python3-pandas)");
}

ape_status discover_refuse_data(const interpreter *python, const char *data, ape_error *err)
{
    for (int i = 0; *data && i < python->path_count; i++) {
        size_t size = strlen(python->paths[i]);

        if (strncmp(data, python->paths[i], size) == 0 && (data[size] == '/' || data[size] == '\0'))
            return fault(err, APE_ERR_REFUSED,
                         "the data folder %.80s is inside %.80s, which every run may read, later "
                         "prices and all; move it elsewhere",
                         data, python->paths[i]);
    }
    return APE_OK;
}
