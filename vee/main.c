/* SPDX-License-Identifier: MIT */
/*
 * ape-vee: the helper process of the sandbox. Started by libape with a socket as
 * descriptor 3; keeps a warm interpreter, forks one confined process per run from
 * it, and watches over them.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/digest.h"
#include "filter.h"
#include "landlock.h"
#include "sandbox/wire.h"
#include "selftest.h"

enum { NOBODY = 65534 };

static supervisor the_supervisor;
static interpreter python;

static ape_status receive_hello(ape__vee_hello *hello, ape_error *err)
{
    ape__packet packet;

    if (!ape__wire_receive(APE__VEE_FD, hello, sizeof(*hello), &packet))
        return fault(err, APE_ERR_IO, "ape-vee is started by libape, not by hand");
    ape__packet_close(&packet);
    hello->version[sizeof(hello->version) - 1] = '\0';
    hello->python[sizeof(hello->python) - 1] = '\0';
    hello->data[sizeof(hello->data) - 1] = '\0';
    if (packet.size != sizeof(*hello) || hello->type != APE__VEE_HELLO ||
        hello->protocol != APE__VEE_PROTOCOL || strcmp(hello->version, APE_VERSION) != 0)
        return fault(err, APE_ERR_UNSUPPORTED,
                     "this ape-vee belongs to libape %s; install helper and library of one release",
                     APE_VERSION);
    return APE_OK;
}

static bool has_capabilities(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct caps[2];

    if (syscall(SYS_capget, &header, caps) != 0)
        return true;
    return caps[0].effective || caps[1].effective || caps[0].permitted || caps[1].permitted;
}

/* Root becomes nobody. A root without any capability cannot, and need not. */
static ape_status drop_root(ape_error *err)
{
    if (geteuid() != 0 && getuid() == geteuid())
        return APE_OK;
    if (geteuid() != 0)
        return fault(err, APE_ERR_ISOLATION, "ape-vee must not be set-user-ID");
    if (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
        setresuid(NOBODY, NOBODY, NOBODY) == 0)
        return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0
                   ? APE_OK
                   : fault_errno(err, APE_ERR_ISOLATION, "dumpable");
    if (has_capabilities())
        return fault_errno(err, APE_ERR_ISOLATION, "becoming user %d", NOBODY);
    return APE_OK;
}

/* The host program's limits on descriptors are not ours. */
static void prepare_process(void)
{
    struct rlimit files;
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_IGN);
    umask(022);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static uint32_t count_processors(void)
{
    cpu_set_t usable;

    if (sched_getaffinity(0, sizeof(usable), &usable) != 0)
        return 1;
    return (uint32_t)CPU_COUNT(&usable);
}

static ape_status start_level(ape_sandbox_level level, const vee_files *files,
                              ape__vee_ready *ready, ape_error *err)
{
    ape_status st = zygote_start(level, &python, files, &the_supervisor.zygote, err);

    if (st != APE_OK)
        return st;
    st = selftest_run(&the_supervisor, files, &ready->mechanisms, err);
    if (st != APE_OK) {
        zygote_stop(&the_supervisor.zygote);
        return st;
    }
    ready->level = level;
    return APE_OK;
}

static bool digest_filter(char hex[65])
{
    char program[16384];
    ssize_t size = pread(the_supervisor.zygote.filter_fd, program, sizeof(program), 0);

    if (size > 0)
        ape__sha256_hex(program, (size_t)size, hex);
    ape__close(&the_supervisor.zygote.filter_fd);
    return size > 0;
}

/* The highest level to be had. A level that starts and then fails its self-test is
   a surprise, and no reason to try a lower one. */
static ape_status start_interpreter(const ape__vee_hello *hello, const vee_files *files,
                                    ape__vee_ready *ready, ape_error *err)
{
    ape_error why_not;
    ape_status st = start_level(APE_SANDBOX_LEVEL_A, files, ready, err);

    if (st != APE_ERR_ISOLATION || strncmp(err->message, "self-test", 9) == 0)
        return st;
    why_not = *err;
    if (hello->min_level >= APE_SANDBOX_LEVEL_A)
        return fault(err, st, "level A cannot be had here: %.180s", why_not.message);
    if (landlock_abi() == 0)
        return fault(err, st, "no namespaces (%.80s) and no Landlock; allow either of them",
                     why_not.message);
    st = start_level(APE_SANDBOX_LEVEL_B, files, ready, err);
    snprintf(ready->message, sizeof(ready->message), "no level A: %.200s", why_not.message);
    return st;
}

static ape_status prepare(const char *self, ape__vee_ready *ready, ape_error *err)
{
    static vee_files files;
    ape__vee_hello hello;
    ape_status st = receive_hello(&hello, err);

    the_supervisor.processors = count_processors(); /* the supervisor's filter forbids it later */
    if (st == APE_OK)
        st = vee_files_open(self, &files, err);
    if (st == APE_OK)
        st = drop_root(err);
    ready->landlock_abi = landlock_abi();
    if (st == APE_OK)
        st = discover_python(hello.python, &python, err);
    if (st == APE_OK)
        st = discover_refuse_data(&python, hello.data, err);
    if (st == APE_OK)
        st = start_interpreter(&hello, &files, ready, err);
    if (st == APE_OK && (!digest_filter(ready->filter_sha256) || !filter_enforce_on_supervisor()))
        st = fault(err, APE_ERR_ISOLATION, "the supervisor could not be confined");
    the_supervisor.standbys = hello.standbys < SLOT_COUNT / 2 ? hello.standbys : SLOT_COUNT / 2;
    return st;
}

static bool is_socket(int fd)
{
    struct stat file;

    return fstat(fd, &file) == 0 && S_ISSOCK(file.st_mode);
}

int main(int argc, char **argv)
{
    ape__vee_ready ready = { .type = APE__VEE_READY };
    ape_error err = { .status = APE_OK };
    const zygote_ready *versions = &the_supervisor.zygote.ready;

    if (argc != 1 || !is_socket(APE__VEE_FD)) {
        dprintf(2, "ape-vee is started by libape, not by hand\n");
        return 2;
    }
    prepare_process();
    the_supervisor.library_fd = APE__VEE_FD;
    ready.status = prepare(argv[0], &ready, &err);
    if (ready.status != APE_OK)
        snprintf(ready.message, sizeof(ready.message), "%s", err.message);
    memcpy(ready.python, versions->python, sizeof(ready.python));
    memcpy(ready.numpy, versions->numpy, sizeof(ready.numpy));
    memcpy(ready.pandas, versions->pandas, sizeof(ready.pandas));
    if (!ape__wire_send(APE__VEE_FD, &ready, sizeof(ready), NULL, 0) || ready.status != APE_OK)
        return 1;
    supervisor_serve(&the_supervisor);
    return 0;
}
