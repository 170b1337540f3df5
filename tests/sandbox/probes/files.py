# SPDX-License-Identifier: MIT
import glob

for fd in range(3, 1024):
    if libc.fcntl(fd, 1) >= 0 and fd not in (3, 4):
        holds("descriptor %d" % fd, False)
holds("only standard descriptors, control and broker", True)
for path in ("/etc/passwd", "/etc/shadow", "/etc/hosts", "/etc/hostname", "/etc/ssl", "/root",
             "/home", "/var", "/boot", "/srv", "/opt", "/dev/mem", "/dev/kmsg", "/dev/tty",
             "/dev/ptmx", "/dev/shm", "/dev/urandom", "/proc", "/proc/self/mem", "/proc/self/maps",
             "/proc/self/environ", "/proc/self/root", "/proc/self/cwd", "/proc/self/fd",
             "/proc/1/environ", "/proc/kcore", "/proc/sys/kernel/core_pattern", "/sys",
             "/sys/kernel", "/sys/fs/cgroup", "/run", "/run/docker.sock", CANARY,
             os.path.dirname(CANARY), "/box/../../.." + CANARY, "/usr/lib/../.." + CANARY,
             "//" + CANARY):
    if path == "/run" and LEVEL == "A":
        continue
    tr("open " + path, lambda: os.open(path, os.O_RDONLY))
for name in ("~/.ssh/id_rsa", "~/.aws/credentials", "~/.netrc", "~/.bash_history"):
    tr("open " + name, lambda: open(os.path.expanduser(name)))
if LEVEL == "A":
    for path in ("/etc/passwd", "/home", "/root", "/proc/1", "/sys", CANARY):
        tr("stat " + path, lambda: os.stat(path))
    holds("the root has nothing of the host",
          set(os.listdir("/")) <= {"bin", "box", "dev", "etc", "lib", "lib64", "usr", "vee", "opt",
                                   "work", "home", "srv", "root", "tmp", "mnt"}, os.listdir("/"))
tr("list /", lambda: os.listdir("/")) if LEVEL == "B" else None
tr("list the parent of the canary", lambda: os.listdir(os.path.dirname(CANARY)))
holds("glob over homes", not glob.glob("/home/*/*") and not glob.glob("/root/*"))
holds("no secret in the environment", SECRET not in repr(os.environ))
block = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
entries = []
while block[len(entries)]:
    entries.append(block[len(entries)])
holds("no secret in the C environment", SECRET.encode() not in b"\n".join(entries))
for call, arguments in (("name_to_handle_at", None), ("openat2", (-100, b"/etc/passwd", 0, 24)),
                        ("readlink", (b"/proc/self/exe", 0, 0)),
                        ("chroot", None), ("fchdir", (0,))):
    if arguments is not None:
        chk(call, sc(call, *arguments))
tr("cwd is not the host's", lambda: os.open(os.path.join(os.getcwd(), "..", "etc/passwd"), 0))
import numpy, pandas
tr("numpy reads a host file", lambda: numpy.fromfile("/etc/passwd", dtype="u1"))
tr("numpy.memmap of a host file", lambda: numpy.memmap("/etc/passwd", mode="r"))
tr("numpy.genfromtxt of a host file", lambda: numpy.genfromtxt("/etc/passwd", dtype=str))
tr("pandas reads a host file", lambda: pandas.read_csv(CANARY))
tr("pandas through file://", lambda: pandas.read_csv("file://" + CANARY))
tr("sqlite of a host file", lambda: __import__("sqlite3").connect(CANARY).execute("select * from sqlite_master").fetchall())
