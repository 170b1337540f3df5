# SPDX-License-Identifier: MIT
for name in ("setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid",
             "setfsgid", "setgroups"):
    result = sc(name, 0, 0, 0)
    chk(name, result if name not in ("setfsuid", "setfsgid") else min(result, -1) if result < 0 else result)
chk("capset", sc("capset", 0, 0))
chk("personality", sc("personality", 0x0400000))
chk("seccomp", sc("seccomp", 1, 0, 0))
for option, what in ((4, "dumpable"), (1, "parent death signal"), (8, "keep capabilities"),
                     (22, "seccomp mode"), (38, "no new privileges"), (47, "ambient"),
                     (0x59616d61, "ptracer"), (15, "name"), (35, "memory map")):
    chk("prctl " + what, sc("prctl", option, 0, 0, 0, 0))
for name in ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"):
    chk(name, sc(name, 0, 0, 0, 0))
holds("not root on the host", LEVEL != "A" or os.getuid() != 0, os.getuid())
holds("no supplementary groups", set(os.getgroups()) <= {os.getgid(), 65534}, os.getgroups())
chk("arch_prctl", sc("arch_prctl", 0x1002, 0)) if "arch_prctl" in NR else None
for request in (0x5412, 0x5412 + (1 << 32), 0x541C, 0x541C + (1 << 32), 0x540E, 0x5413 + (1 << 33) * 0 + 0x100):
    chk("ioctl %#x" % request, sc("ioctl", 0, request, ctypes.create_string_buffer(8)))
for command in (5, 6, 7, 8, 9, 10, 11, 15, 36, 37, 1024, 1025, 1026, 1031, 1033):
    chk("fcntl %d" % command, sc("fcntl", 1, command, 0))
