# SPDX-License-Identifier: MIT
import stat

WHERE = "/box" if LEVEL == "A" else "."
tr("symlink to a host file", lambda: os.symlink(CANARY, WHERE + "/l") or 1)
tr("symlink to a folder", lambda: os.symlink("/", WHERE + "/d") or 1)
chk("symlinkat", sc("symlinkat", b"/etc/passwd", -100, (WHERE + "/m").encode()))
tr("hard link", lambda: os.link(sys.executable, WHERE + "/h") or 1)
chk("linkat by descriptor", sc("linkat", 1, b"", -100, (WHERE + "/i").encode(), 0x1000))
tr("fifo", lambda: os.mkfifo(WHERE + "/f") or 1)
tr("device", lambda: os.mknod(WHERE + "/v", stat.S_IFCHR | 0o666, os.makedev(1, 3)) or 1)
chk("mknodat", sc("mknodat", -100, (WHERE + "/w").encode(), 0o20666, 0x103))
