/* SPDX-License-Identifier: MIT */
/* deny_namespaces [--landlock-too | --landlock] PROGRAM [ARGUMENT...]: run a program as a container
   engine would that lets nobody make namespaces or mounts; or also, or only, as on a kernel without
   Landlock. */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int deny_making(scmp_filter_ctx filter)
{
    int failed = 0;

    failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 0);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(setns), 0);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mount), 0);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                               SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
    return failed;
}

static int deny_landlock(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0);
}

int main(int argc, char **argv)
{
    bool landlock_too = argc > 1 && strcmp(argv[1], "--landlock-too") == 0;
    bool landlock_only = argc > 1 && strcmp(argv[1], "--landlock") == 0;
    char **program = argv + 1 + (landlock_too || landlock_only);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    /* As root the filter comes without no_new_privs, as it does in a container. */
    if (geteuid() == 0)
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    if (!program[0] || (!landlock_only && deny_making(filter) != 0) ||
        ((landlock_too || landlock_only) && deny_landlock(filter) != 0) ||
        seccomp_load(filter) != 0) {
        perror("deny_namespaces");
        return 125;
    }
    seccomp_release(filter);
    execvp(program[0], program);
    perror(program[0]);
    return 126;
}
