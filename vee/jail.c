/* SPDX-License-Identifier: MIT */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Something that exists everywhere, to mount the new root on; the old root goes
   away with it. */
static const char *const bases[] = { "/tmp", "/mnt", "/run", "/var" };

/* Links that a merged /usr has at the top, as the loader's path /lib64/ld-... */
static const char *const top_links[] = { "/lib", "/lib64", "/bin" };

enum { LINKS_LIMIT = 16, LINK_SIZE = 1024 };

typedef struct symbolic_link {
    char path[LINK_SIZE];
    char target[LINK_SIZE];
} symbolic_link;

/* Sources and links are taken before the new root hides anything. */
typedef struct jail {
    const interpreter *python;
    int sources[PATHS_COUNT]; /* O_PATH */
    int null_fd;
    symbolic_link links[LINKS_LIMIT];
    int link_count;
    char base[16];
} jail;

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return written;
}

/* Only this one user exists in the namespace, and it is nobody special. */
static bool map_user(unsigned int uid, unsigned int gid)
{
    char text[64];

    if (!write_file("/proc/self/setgroups", "deny") && errno != ENOENT)
        return false;
    snprintf(text, sizeof(text), "%u %u 1", uid, uid);
    if (!write_file("/proc/self/uid_map", text))
        return false;
    snprintf(text, sizeof(text), "%u %u 1", gid, gid);
    return write_file("/proc/self/gid_map", text);
}

static bool take_sources(jail *j)
{
    for (int i = 0; i < j->python->path_count; i++) {
        j->sources[i] = open(j->python->paths[i], O_PATH | O_CLOEXEC);
        if (j->sources[i] < 0)
            return false;
    }
    j->null_fd = open("/dev/null", O_PATH | O_CLOEXEC);
    return j->null_fd >= 0;
}

/* Where a link at a path leads; the next path goes into its place. */
static bool follow(char path[LINK_SIZE], const char *target)
{
    char *from = target[0] == '/' ? path : strrchr(path, '/') + 1;
    size_t room = LINK_SIZE - (size_t)(from - path);

    return (size_t)snprintf(from, room, "%s", target) < room;
}

/* The interpreter is often named by links: a virtual environment's python3 leads to
   that of the system. The names are kept, for Python finds its folders by them. */
static bool take_program_links(jail *j)
{
    char path[LINK_SIZE];

    snprintf(path, sizeof(path), "%s", j->python->program);
    for (j->link_count = 0; j->link_count < LINKS_LIMIT; j->link_count++) {
        symbolic_link *link = &j->links[j->link_count];
        ssize_t size = readlink(path, link->target, sizeof(link->target) - 1);

        if (size <= 0 || !strchr(path, '/'))
            return true;
        link->target[size] = '\0';
        memcpy(link->path, path, sizeof(path));
        if (!follow(path, link->target))
            return false;
    }
    return false;
}

static bool mount_base(jail *j)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return false;
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        if (mount("root", bases[i], "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,mode=0755") != 0)
            continue;
        snprintf(j->base, sizeof(j->base), "%s", bases[i]);
        return true;
    }
    return false;
}

/* Make the folders that lead to a path. */
static bool make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return true;
}

static bool make_target(char *path, bool folder)
{
    int fd;

    if (!make_parents(path))
        return false;
    if (folder)
        return mkdir(path, 0755) == 0 || errno == EEXIST;
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static bool set_attributes(const char *path, uint64_t attributes)
{
    struct mount_attr attr = { .attr_set = attributes };

    return syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attr, sizeof(attr)) == 0;
}

static bool bind_path(const jail *j, int source, const char *path, uint64_t attributes)
{
    char from[64], to[PATH_MAX];
    struct stat file;

    snprintf(from, sizeof(from), "/proc/self/fd/%d", source);
    if ((size_t)snprintf(to, sizeof(to), "%s%s", j->base, path) >= sizeof(to)) {
        errno = ENAMETOOLONG;
        return false;
    }
    return fstat(source, &file) == 0 && make_target(to, S_ISDIR(file.st_mode)) &&
           mount(from, to, NULL, MS_BIND | MS_REC, NULL) == 0 && set_attributes(to, attributes);
}

static bool bind_all(const jail *j)
{
    for (int i = 0; i < j->python->path_count; i++)
        if (!bind_path(j, j->sources[i], j->python->paths[i],
                       MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV))
            return false;
    return bind_path(j, j->null_fd, "/dev/null", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
}

static bool copy_top_links(const jail *j)
{
    for (size_t i = 0; i < sizeof(top_links) / sizeof(top_links[0]); i++) {
        char target[PATH_MAX] = "", path[64];

        if (readlink(top_links[i], target, sizeof(target) - 1) <= 0)
            continue;
        snprintf(path, sizeof(path), "%s%s", j->base, top_links[i]);
        if (symlink(target, path) != 0)
            return false;
    }
    return true;
}

static bool copy_program_links(const jail *j)
{
    for (int i = 0; i < j->link_count; i++) {
        char path[LINK_SIZE + sizeof(j->base)];
        struct stat there;

        snprintf(path, sizeof(path), "%s%s", j->base, j->links[i].path);
        if (lstat(path, &there) != 0 &&
            (!make_parents(path) || symlink(j->links[i].target, path) != 0))
            return false;
    }
    return true;
}

static bool put_runtime(const jail *j, int runtime_fd)
{
    char path[JAIL_RUNTIME_SIZE];
    struct stat file;
    off_t from = 0;
    bool copied;
    int fd;

    snprintf(path, sizeof(path), "%s/vee", j->base);
    if (mkdir(path, 0755) != 0 || fstat(runtime_fd, &file) != 0)
        return false;
    snprintf(path, sizeof(path), "%s/vee/libape_rt.so", j->base);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0555);
    if (fd < 0)
        return false;
    copied = sendfile(fd, runtime_fd, &from, (size_t)file.st_size) == file.st_size;
    close(fd);
    return copied;
}

static bool swap_roots(const jail *j)
{
    struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
    char box[32];

    snprintf(box, sizeof(box), "%s/box", j->base);
    return mkdir(box, 0700) == 0 &&
           syscall(SYS_mount_setattr, AT_FDCWD, j->base, 0, &read_only, sizeof(read_only)) == 0 &&
           chdir(j->base) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
           umount2(".", MNT_DETACH) == 0 && chdir("/") == 0 && sethostname("vee", 3) == 0;
}

/* Through exec to the interpreter: the right to make namespaces, in this user
   namespace; each run gives it up before it runs. */
static bool keep_one_capability(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct caps[2];

    memset(caps, 0, sizeof(caps));
    caps[0].permitted = caps[0].effective = caps[0].inheritable = 1u << CAP_SYS_ADMIN;
    return syscall(SYS_capset, &header, caps) == 0 &&
           prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0) == 0;
}

ape_status jail_enter(const interpreter *python, int runtime_fd, unsigned int uid, unsigned int gid,
                      ape_error *err)
{
    jail j = { .python = python };

    if (!map_user(uid, gid))
        return fault_errno(err, APE_ERR_ISOLATION, "user namespace");
    if (!take_sources(&j) || !take_program_links(&j))
        return fault_errno(err, APE_ERR_ISOLATION, "reading the interpreter's folders");
    if (!mount_base(&j))
        return fault_errno(err, APE_ERR_ISOLATION, "mounting a private root");
    if (!bind_all(&j) || !copy_top_links(&j) || !copy_program_links(&j) ||
        !put_runtime(&j, runtime_fd))
        return fault_errno(err, APE_ERR_ISOLATION, "filling the private root");
    if (!swap_roots(&j))
        return fault_errno(err, APE_ERR_ISOLATION, "entering the private root");
    if (!keep_one_capability())
        return fault_errno(err, APE_ERR_ISOLATION, "dropping capabilities");
    return APE_OK;
}
