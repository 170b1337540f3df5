/* SPDX-License-Identifier: MIT */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REMOVE_DIR = 1 << 4,
    FS_REMOVE_FILE = 1 << 5,
    FS_MAKE_DIR = 1 << 7,
    FS_MAKE_REG = 1 << 8,
    FS_TRUNCATE = 1 << 14,
    NET_BIND_AND_CONNECT = 3,
    SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3,
    VERSION_FLAG = 1,
    RULE_PATH_BENEATH = 1,
};

struct ruleset_attributes {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

struct path_attributes {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

int landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION_FLAG);

    return abi > 0 ? (int)abi : 0;
}

/* Every right that this ABI knows. */
static uint64_t all_fs_rights(int abi)
{
    int bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi == 2 ? 14 : 13;

    return (UINT64_C(1) << bits) - 1;
}

int landlock_begin(void)
{
    int abi = landlock_abi();
    struct ruleset_attributes attributes = {
        .fs = all_fs_rights(abi),
        .net = abi >= 4 ? NET_BIND_AND_CONNECT : 0,
        .scoped = abi >= 6 ? SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS : 0,
    };
    size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;

    if (abi == 0) {
        errno = ENOSYS;
        return -1;
    }
    return (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
}

static bool allow(int ruleset, const char *path, uint64_t rights)
{
    struct path_attributes rule = { .allowed = rights & all_fs_rights(landlock_abi()) };
    long result;

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return errno == ENOENT || errno == EACCES;
    result = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    if (result != 0 && errno == EINVAL) { /* a file: rights on folders do not apply */
        rule.allowed = FS_READ_FILE;
        result = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    }
    close(rule.parent_fd);
    return result == 0;
}

bool landlock_allow_read(int ruleset, const char *path)
{
    return allow(ruleset, path, FS_READ_FILE | FS_READ_DIR);
}

bool landlock_allow_work(int ruleset, const char *path)
{
    return allow(ruleset, path,
                 FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_TRUNCATE | FS_REMOVE_DIR |
                     FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG);
}

bool landlock_enforce(int ruleset)
{
    bool held = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;

    close(ruleset);
    return held;
}
