# SPDX-License-Identifier: MIT
import numpy, pandas, tempfile

HOME = os.path.dirname(numpy.__file__)
for folder in ("/", "/data", "/usr", "/usr/lib", "/etc", "/tmp", "/var/tmp", "/dev", "/dev/shm",
               "/run", "/vee", "/home", HOME, HOME + "/__pycache__", os.path.dirname(CANARY)):
    tr("create in " + folder, lambda: os.open(folder + "/ape-escape", os.O_WRONLY | os.O_CREAT))
    tr("mkdir in " + folder, lambda: os.mkdir(folder + "/ape-escape-dir") or "made")
for path in (CANARY, numpy.__file__, "/usr/lib/os-release", "/proc/self/oom_score_adj"):
    tr("append to " + path, lambda: open(path, "a"))
    tr("truncate " + path, lambda: os.open(path, os.O_RDONLY | os.O_TRUNC))
    chk("truncate call " + path, sc("truncate", path.encode(), 0))
    chk("unlink " + path, sc("unlink", path.encode()))
    chk("rename " + path, sc("rename", path.encode(), b"/box/x"))
    chk("chmod " + path, sc("chmod", path.encode(), 0o777))
    chk("fchmodat " + path, sc("fchmodat", -100, path.encode(), 0o777))
    chk("chown " + path, sc("chown", path.encode(), 0, 0))
    chk("utimensat " + path, sc("utimensat", -100, path.encode(), 0, 0))
    chk("setxattr " + path, sc("setxattr", path.encode(), b"user.x", b"1", 1, 0))
tr("tempfile outside the box", lambda: tempfile.NamedTemporaryFile(dir="/tmp"))
tr("O_TMPFILE in /tmp", lambda: os.open("/tmp", os.O_TMPFILE | os.O_WRONLY))
tr("DataFrame.to_csv outside", lambda: pandas.DataFrame({"a": [1]}).to_csv("/tmp/ape-escape.csv") or 1)
tr("numpy.save outside", lambda: numpy.save("/tmp/ape-escape.npy", numpy.eye(2)) or 1)
if LEVEL == "B":
    tr("any file at all", lambda: open("ape-escape", "w"))
    chk("creat", sc("creat", b"x", 0o600))
if LEVEL == "A":
    open("/box/own", "w").write("fine")
    holds("the box can be written", open("/box/own").read() == "fine")
    tr("executable in the box", lambda: os.execv("/box/own", ["own"]))
    full = 0
    try:
        with open("/box/big", "wb") as big:
            for full in range(200):
                big.write(bytes(1 << 20))
    except OSError:
        pass
    holds("the box is small", full < 70, full)
    os.unlink("/box/big")
    made = 0
    try:
        for made in range(20000):
            open("/box/n%d" % made, "w").close()
    except OSError:
        pass
    holds("the box has few files", made < 5000, made)
