# SPDX-License-Identifier: MIT
# Calls that fail with EPERM; those that end a run are tried one by one, by the test itself.
for name in ("shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "semget", "semop",
             "mq_open", "mq_unlink", "memfd_create", "memfd_secret", "eventfd2", "signalfd4",
             "timerfd_create", "inotify_init1", "fanotify_init", "epoll_create1", "pipe2",
             "flock", "splice", "tee", "vmsplice", "sendfile", "copy_file_range", "setns_",
             "clock_settime", "settimeofday", "adjtimex", "clock_adjtime", "sethostname",
             "setdomainname", "syslog", "vhangup", "iopl", "ioperm", "modify_ldt",
             "lookup_dcookie", "remap_file_pages", "migrate_pages", "move_pages", "mbind",
             "set_mempolicy", "membarrier", "mlock", "mlockall", "timer_create", "setitimer",
             "pkey_alloc", "pkey_mprotect", "process_mrelease", "cachestat", "futex_waitv",
             "io_setup", "io_submit", "landlock_create_ruleset", "getcpu_", "sync", "syncfs",
             "statmount", "listmount", "lsm_set_self_attr", "fchmod", "fchown", "fsetxattr"):
    if name in NR:
        chk(name, sc(name, 0, 0, 0, 0, 0))
page = 4096
for name, prot, flags in (("private RWX", 7, 0x22), ("private RX", 5, 0x22), ("shared RWX", 7, 0x21),
                          ("private WX", 6, 0x22)):
    chk("mmap " + name, sc("mmap", 0, page, prot, flags, -1, 0))
import mmap
memory = mmap.mmap(-1, page)
address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
chk("mprotect to executable", sc("mprotect", address, page, 5))
chk("mprotect to RWX", sc("mprotect", address, page, 7))
fd = os.open(ctypes.__file__, os.O_RDONLY)
chk("shared executable mapping of a file", sc("mmap", 0, page, 5, 1, fd, 0))
chk("writable executable mapping of a file", sc("mmap", 0, page, 7, 2, fd, 0))
if LEVEL == "A":
    open("/box/x.so", "wb").write(bytes(page))
    own = os.open("/box/x.so", os.O_RDONLY)
    chk("executable mapping from the box", sc("mmap", 0, page, 5, 2, own, 0))
    tr("dlopen from the box", lambda: ctypes.CDLL("/box/x.so"))
tr("SysV memory by multiprocessing", lambda: __import__("multiprocessing.shared_memory").shared_memory.SharedMemory(create=True, size=10))
tr("POSIX semaphore", lambda: __import__("multiprocessing").Semaphore())
