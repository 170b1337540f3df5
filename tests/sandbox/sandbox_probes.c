/* SPDX-License-Identifier: MIT */
/*
 * Programs that try to get out, in a sandbox made in whatever environment this test
 * is started in. Judged by what they say, and from outside: a file of the host, a
 * process of the host, and sockets on which nobody may call.
 *
 *     sandbox_probes FOLDER-OF-PROBES [--bubblewrap]
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "try.h"

static const char secret[] = "make-believe-secret-of-the-host";

static const char prices[] = "Date,Open,High,Low,Close,Adj Close,Volume\n"
                             "2021-01-04,10,11,9,10,10,100\n2021-01-05,11,12,10,11,11,200\n"
                             "2021-01-06,12,13,11,12.5,12.5,300\n";

static const char *const deadly[] = { "acct",
                                      "add_key",
                                      "bpf",
                                      "chroot",
                                      "delete_module",
                                      "finit_module",
                                      "fsconfig",
                                      "fsmount",
                                      "fsopen",
                                      "fspick",
                                      "init_module",
                                      "io_uring_enter",
                                      "io_uring_register",
                                      "io_uring_setup",
                                      "kexec_file_load",
                                      "kexec_load",
                                      "keyctl",
                                      "mount",
                                      "mount_setattr",
                                      "move_mount",
                                      "name_to_handle_at",
                                      "open_by_handle_at",
                                      "open_tree",
                                      "perf_event_open",
                                      "pivot_root",
                                      "process_madvise",
                                      "process_vm_readv",
                                      "process_vm_writev",
                                      "ptrace",
                                      "quotactl",
                                      "reboot",
                                      "request_key",
                                      "setns",
                                      "swapoff",
                                      "swapon",
                                      "umount2",
                                      "unshare",
                                      "userfaultfd" };

enum { DEADLY_COUNT = sizeof(deadly) / sizeof(deadly[0]) };

static const char poison[] =
    "import builtins, sys, os, ctypes, numpy, pandas, types\n"
    "marker = b'marker-of-a-run' + b'-that-came-before'\n"
    "copies = [marker * 100 for i in range(100)]\n"
    "print(marker.decode())\n"
    "builtins.poison = marker; sys.modules['poison'] = types.ModuleType('poison')\n"
    "pandas.set_option('display.max_rows', 7); numpy.seterr(all='ignore')\n"
    "os.environ['POISON'] = 'marker-of-a-run-that-came-before'; sys.setrecursionlimit(77)\n"
    "pandas.read_csv = lambda *a, **k: 'poison'; sys.path.insert(0, '/box')\n"
    "try: open('/box/pandas.py', 'wb').write(marker)\n"
    "except OSError: pass\n"
    "ctypes.c_long.from_address(id(7) + 24).value = 8\n";

static const char deterministic[] =
    "import datetime, os, random, secrets, sys, tempfile, time, uuid\n"
    "import numpy, pandas\n"
    "print(uuid.uuid4(), secrets.token_hex(4), os.urandom(4).hex(), random.random())\n"
    "print(numpy.random.rand(), numpy.random.default_rng().normal(), hash('x'), {'a', 'b', 'c'})\n"
    "print(time.time(), datetime.datetime.now(), pandas.Timestamp.now(), time.localtime()[:6])\n"
    "print(os.cpu_count() is not None, time.tzname, sys.flags.hash_randomization, os.getpid())\n"
    "print(sorted(os.environ), [n for n in tempfile._RandomNameSequence().characters][:3])\n"
    "print(numpy.linalg.svd(numpy.random.rand(40, 40))[1][:3].tobytes().hex())\n";

/* The host that runs must not touch. */
typedef struct host {
    char folder[32]; /* also of the market */
    char canary[64];
    char socket_path[64];
    int listener;
    int local_listener;
    int port;
    pid_t victim;
    ape_sandbox *sandbox;
    char level;
    int blocked;
    int escaped;
    int programs;
    int dead;
    bool is_baseline; /* another sandbox is tried, for comparison */
} host;

static int listen_on(int fd, const struct sockaddr *address, socklen_t size)
{
    if (fd < 0 || bind(fd, address, size) != 0 || listen(fd, 8) != 0)
        abort();
    return fd;
}

static void make_host(host *h)
{
    struct sockaddr_in loopback = { .sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    socklen_t size = sizeof(loopback);
    FILE *f;

    snprintf(h->canary, sizeof(h->canary), "%s/canary", h->folder);
    f = fopen(h->canary, "w");
    if (!f || fputs(secret, f) < 0 || fclose(f) != 0 || chmod(h->folder, 0755) != 0 ||
        chmod(h->canary, 0666) != 0)
        abort();
    h->listener = listen_on(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&loopback, size);
    getsockname(h->listener, (struct sockaddr *)&loopback, &size);
    h->port = ntohs(loopback.sin_port);
    snprintf(h->socket_path, sizeof(h->socket_path), "%s/socket", h->folder);
    memcpy(local.sun_path, h->socket_path, strlen(h->socket_path) + 1);
    h->local_listener =
        listen_on(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&local, sizeof(local));
    h->victim = fork();
    if (h->victim == 0) {
        pause();
        _exit(0);
    }
}

/* Numbers of all system calls that this machine's libseccomp knows, as a Python dict. */
static void put_numbers(FILE *f)
{
    fputs("NR = {", f);
    for (int number = 0; number < 600; number++) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

        if (name)
            fprintf(f, "'%s': %d, ", name, number);
        free(name);
    }
    fputs("}\nDEADLY = [", f);
    for (int i = 0; i < DEADLY_COUNT; i++)
        fprintf(f, "'%s', ", deadly[i]);
    fputs("]\n", f);
}

static void put_file(FILE *to, const char *folder, const char *name)
{
    char path[512], chunk[4096];
    size_t got;
    FILE *from;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    from = fopen(path, "r");
    if (!from)
        abort();
    while ((got = fread(chunk, 1, sizeof(chunk), from)) > 0)
        fwrite(chunk, 1, got, to);
    fclose(from);
}

/* Forks and execs after which the other probes still run, once. */
static const char baseline_prelude[] =
    "_fork, _forkpty, _sc = os.fork, os.forkpty, sc\n"
    "def end_child(pid):\n    return os._exit(0) if pid == 0 else pid\n"
    "os.fork = lambda: end_child(_fork())\n"
    "os.forkpty = lambda: end_child(_forkpty()[0])\n"
    "os.execv = lambda path, words: os.waitpid(os.posix_spawn(path, words, {}), 0)\n"
    "def sc(name, *arguments):\n"
    "    made = _sc('fork' if name == 'vfork' else name, *arguments)\n"
    "    return end_child(made) if name in ('fork', 'vfork', 'clone') else made\n"
    "signal = __import__('signal'); signal.signal(signal.SIGPIPE, signal.SIG_IGN)\n";

/* The whole program of a probe; to be freed. */
static char *compose(const host *h, const char *folder, const char *name, const char *code)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        abort();
    put_numbers(f);
    fprintf(f, "CANARY, PORT, SOCKET, VICTIM, LEVEL = '%s', %d, '%s', %d, '%c'\n", h->canary,
            h->port, h->socket_path, (int)h->victim, h->level);
    fprintf(f, "SECRET = '%.11s' + '%s'\n", secret, secret + 11);
    put_file(f, folder, "prelude.py");
    fputs(h->is_baseline ? baseline_prelude : "", f);
    if (name)
        put_file(f, folder, name);
    fputs(code, f);
    fclose(f);
    return text;
}

static void options(ape_sandbox_run_options *opts)
{
    ape_sandbox_run_options_init(opts, sizeof(*opts));
    opts->as_of = "2021-01-05";
    opts->wall_ms = 60000;
    opts->cpu_ms = 60000;
}

/* Lines BLOCKED and ESCAPE; an escape is a failure where nobody may. */
static void count_line(host *h, const char *what, const char *line)
{
    h->blocked += strncmp(line, "BLOCKED ", 8) == 0;
    if (strncmp(line, "ESCAPE ", 7) != 0)
        return;
    h->escaped++;
    try_check(h->is_baseline, what, line);
}

/* A canary's text in any output is an escape too. */
static void count(host *h, const char *what, const ape_sandbox_result *result)
{
    char *text = strdup(ape_sandbox_result_stdout(result)), *rest = text, *line;

    while ((line = strsep(&rest, "\n")))
        count_line(h, what, line);
    free(text);
    if (strstr(ape_sandbox_result_stdout(result), secret) ||
        strstr(ape_sandbox_result_stderr(result), secret)) {
        h->escaped++;
        try_check(false, what, "printed the host's secret");
    }
}

/* What bubblewrap's users write: a read-only system, everything unshared, no filter. */
static const char bubblewrap[] =
    "timeout -s KILL 8 bwrap --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 "
    "--symlink usr/bin /bin --ro-bind /etc/alternatives /etc/alternatives --proc /proc --dev /dev "
    "--tmpfs /tmp --tmpfs /box --chdir /box --unshare-all --die-with-parent --new-session "
    "--clearenv --ro-bind '%s/probe.py' /probe.py /usr/bin/python3 -u /probe.py 2>/dev/null "
    "</dev/null";

static void run_baseline(host *h, const char *name, const char *code)
{
    char path[64], command[1024], line[512];
    FILE *f;

    snprintf(path, sizeof(path), "%s/probe.py", h->folder);
    f = fopen(path, "w");
    if (!f || fputs(code, f) < 0 || fclose(f) != 0 || chmod(path, 0644) != 0)
        abort();
    snprintf(command, sizeof(command), bubblewrap, h->folder);
    f = popen(command, "r");
    while (f && fgets(line, sizeof(line), f))
        count_line(h, name, line);
    if (f)
        pclose(f);
}

static void probe_file(host *h, const char *folder, const char *name)
{
    char *code = compose(h, folder, name, "");
    ape_sandbox_run_options opts;
    ape_sandbox_result *result;

    if (h->is_baseline) {
        run_baseline(h, name, code);
        free(code);
        return;
    }
    options(&opts);
    result = try_run(h->sandbox, code, &opts);
    free(code);
    if (!result)
        return;
    count(h, name, result);
    h->programs++;
    if (ape_sandbox_result_reason(result) != APE_SANDBOX_OK)
        try_check(false, name, ape_sandbox_result_stderr(result));
    ape_sandbox_result_free(result);
}

/* One call, one run: the process must not outlive it, or be told no. */
static void probe_deadly(host *h, const char *folder, const char *name)
{
    char line[160], *code;
    ape_sandbox_run_options opts;
    ape_sandbox_result *result;
    bool killed;

    if (seccomp_syscall_resolve_name(name) < 0)
        return;
    snprintf(line, sizeof(line),
             "\nchk('%s', sc('%s', 0, 0, 0, 0, 0, 0)) if '%s' in NR else None\n", name, name, name);
    code = compose(h, folder, NULL, line);
    if (h->is_baseline) {
        run_baseline(h, name, code);
        free(code);
        return;
    }
    options(&opts);
    result = try_run(h->sandbox, code, &opts);
    free(code);
    if (!result)
        return;
    killed = ape_sandbox_result_reason(result) == APE_SANDBOX_POLICY;
    h->blocked += killed;
    h->dead += killed;
    count(h, name, result);
    ape_sandbox_result_free(result);
}

static void probe_folder(host *h, const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *item;

    if (!dir)
        abort();
    while ((item = readdir(dir))) {
        const char *dot = strrchr(item->d_name, '.');

        if (dot && strcmp(dot, ".py") == 0 && strcmp(item->d_name, "prelude.py") != 0 &&
            strcmp(item->d_name, "memory.py") != 0 &&
            !(h->is_baseline && strcmp(item->d_name, "sweep.py") == 0)) /* it would hang there */
            probe_file(h, folder, item->d_name);
    }
    closedir(dir);
}

/* A run leaves traces wherever it can; the next one looks for them. */
static void probe_traces(host *h, const char *folder)
{
    ape_sandbox_run_options opts;

    options(&opts);
    ape_sandbox_result_free(try_run(h->sandbox, poison, &opts));
    probe_file(h, folder, "memory.py");
}

static void probe_determinism(host *h)
{
    ape_sandbox_run_options opts;
    char *first = NULL;

    options(&opts);
    opts.seed = 7;
    for (int i = 0; i < 3; i++) {
        ape_sandbox_result *result = try_run(h->sandbox, deterministic, &opts);

        if (!result)
            return;
        if (first)
            try_check(strcmp(first, ape_sandbox_result_stdout(result)) == 0, "two runs differ",
                      ape_sandbox_result_stdout(result));
        free(first);
        first = strdup(ape_sandbox_result_stdout(result));
        try_check(ape_sandbox_result_reason(result) == APE_SANDBOX_OK, "determinism",
                  ape_sandbox_result_stderr(result));
        ape_sandbox_result_free(result);
    }
    for (char *at = first; *at; at++)
        *at = *at == '\n' ? '|' : *at;
    printf("OUTPUT %s\n", first);
    free(first);
}

/* What the probes did, seen by the host. */
static void judge(host *h)
{
    struct pollfd calls[] = { { .fd = h->listener, .events = POLLIN },
                              { .fd = h->local_listener, .events = POLLIN } };
    char text[64] = "";
    int fd = open(h->canary, O_RDONLY);

    try_check(poll(calls, 2, 0) == 0, "host", "somebody called");
    try_check(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strcmp(text, secret) == 0, "host",
              "the canary was changed");
    close(fd);
    try_check(kill(h->victim, 0) == 0 && waitpid(h->victim, NULL, WNOHANG) == 0, "host",
              "the victim is dead");
    try_check(access("/ape-escape", F_OK) != 0 && access("/tmp/ape-escape", F_OK) != 0 &&
                  access("/tmp/ape-escape.csv", F_OK) != 0 &&
                  access("/tmp/ape-escape-dir", F_OK) != 0,
              "host", "a file was made outside the box");
}

static bool find_level(host *h)
{
    ape_sandbox_result *result = try_run(h->sandbox, "print('up')", NULL);
    ape_text *json = NULL;
    ape_error err;

    if (!result)
        return false;
    if (ape_sandbox_result_to_json(result, &json, &err) == APE_OK)
        h->level = strstr(ape_text_data(json), "\"level\":\"A\"") ? 'A' : 'B';
    ape_text_free(json);
    ape_sandbox_result_free(result);
    return true;
}

/* The same programs in bubblewrap: what a filter is for. */
static int try_baseline(host *h, const char *folder)
{
    h->is_baseline = true;
    h->level = 'A';
    probe_folder(h, folder);
    for (int i = 0; i < DEADLY_COUNT; i++)
        probe_deadly(h, folder, deadly[i]);
    printf("BASELINE BLOCKED %d ESCAPED %d\n", h->blocked, h->escaped);
    return h->blocked > 0 ? 0 : 1;
}

static int try_sandbox(host *h, ape_market *market, const char *folder)
{
    ape_error err;

    if (ape_sandbox_new(NULL, market, NULL, &h->sandbox, &err) != APE_OK || !find_level(h))
        return 1;
    probe_folder(h, folder);
    for (int i = 0; i < DEADLY_COUNT; i++)
        probe_deadly(h, folder, deadly[i]);
    probe_traces(h, folder);
    probe_determinism(h);
    judge(h);
    ape_sandbox_free(h->sandbox);
    printf("LEVEL %c BLOCKED %d ESCAPED %d KILLED %d\n", h->level, h->blocked, h->escaped, h->dead);
    try_check(h->blocked >= 200, "probes", "fewer than 200");
    return try_failures ? 1 : 0;
}

int main(int argc, char **argv)
{
    bool baseline = argc == 3 && strcmp(argv[2], "--bubblewrap") == 0;
    host h = { .level = 'B' };
    ape_market *market;
    int status;

    if (argc != 2 && !baseline)
        return 2;
    setenv("APE_CANARY", secret, 1);
    market = try_market(h.folder, "X.csv", prices);
    make_host(&h);
    status = baseline ? try_baseline(&h, argv[1]) : try_sandbox(&h, market, argv[1]);
    ape_market_free(market);
    kill(h.victim, SIGKILL);
    waitpid(h.victim, NULL, 0);
    try_remove(h.folder);
    return status;
}
