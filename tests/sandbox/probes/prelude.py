# SPDX-License-Identifier: MIT
# In front of every probe. The test adds: NR, numbers of system calls by name; CANARY, a file of
# the host; SECRET, what stands in it and in the host's environment; PORT and SOCKET, where the
# host listens; VICTIM, a process of the host; LEVEL.
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)


def say(name, blocked, detail=""):
    print("BLOCKED" if blocked else "ESCAPE", name, detail)


def sc(name, *arguments):
    """A raw system call by name; its result, or minus errno."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(NR[name]), *words)
    return result if result >= 0 else -ctypes.get_errno()


def chk(name, result):
    """A call that must fail."""
    say(name, result < 0, result)


def tr(name, action):
    """Something that must raise."""
    try:
        result = action()
    except Exception as error:
        say(name, True, type(error).__name__)
        return
    if hasattr(result, "close"):
        result.close()
    say(name, False, repr(result)[:80])


def holds(name, condition, detail=""):
    say(name, bool(condition), detail)
