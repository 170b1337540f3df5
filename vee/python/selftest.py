# SPDX-License-Identifier: MIT
# Try to get out. Prints "ok", or what was found open; LEVEL and OUTSIDER are set above.
import ctypes, mmap, os, socket, sys, time

libc = ctypes.CDLL(None, use_errno=True)
found = []


def must_fail(what, action):
    try:
        result = action()
    except (OSError, RuntimeError, ImportError):
        return
    if not (isinstance(result, int) and result < 0):
        found.append(what)


must_fail("TCP sockets", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
must_fail("Unix sockets", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
must_fail("processes", os.fork)
must_fail("programs", lambda: os.execv("/bin/true", ["true"]))
must_fail("files of the host", lambda: os.open("/etc/passwd", os.O_RDONLY))
must_fail("/proc", lambda: os.open("/proc/self/mem", os.O_RDONLY))
must_fail("writing to /", lambda: os.open("/ape-escaped", os.O_WRONLY | os.O_CREAT))
must_fail("writing to /tmp", lambda: os.open("/tmp/ape-escaped", os.O_WRONLY | os.O_CREAT))
must_fail("signals", lambda: libc.kill(OUTSIDER, 0))
must_fail("executable memory",
          lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))
must_fail("raising limits", lambda: libc.prctl(22, 0, 0, 0, 0))
if LEVEL == "A":
    must_fail("the host's file names", lambda: os.stat("/etc/passwd"))
    must_fail("more than one user", lambda: os.listdir("/home"))
if LEVEL == "B":
    must_fail("a writable folder", lambda: os.open(".", os.O_WRONLY | os.O_TMPFILE))
if time.time() != 1000000000:
    found.append("the host's clock")
# The third number of the stream of seed 0: two went into the generators of Python and numpy.
if int.from_bytes(os.urandom(8), "little") != 0x6c45d188009454f:
    found.append("the host's randomness")

import numpy, pandas
if pandas.Series([1.0, 2.0, 4.0]).pct_change().iloc[-1] != 1.0 or numpy.eye(2).sum() != 2.0:
    found.append("pandas does not compute")

print("open: " + ", ".join(found) if found else "ok", flush=True)
time.sleep(60)
