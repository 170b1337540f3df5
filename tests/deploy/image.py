#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""image.py ROOT: the steps of deploy/Dockerfile, one by one, in root folders of debootstrap's.

No container engine is needed. The server then runs as the image's user on a read-only root where no
namespaces can be made, as in a container without privileges: its sandbox must prove level B there.
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "server"))
from support import free_port, skip, wait_until

ROOT = pathlib.Path(sys.argv[1]).resolve()
RELEASES = {"debian:12-slim": "bookworm"}


def instructions():
    """(word, rest) of each line of the Dockerfile, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "deploy/Dockerfile").read_text(), flags=re.M)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


def mirror(release):
    """Where this machine's apt gets that release from, or None."""
    targets = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages"],
                             capture_output=True, text=True, check=True).stdout
    return next((uri for uri, _, code in (t.partition(" ") for t in targets.splitlines()) if code == release), None)


class Image:
    """Executes a Dockerfile. Each stage is a folder."""

    def __init__(self, folder):
        self.folder, self.stages, self.root = pathlib.Path(folder), {}, None
        self.settings, self.user, self.said = {}, "0", {}

    def build(self):
        for word, rest in instructions():
            begun = time.monotonic()
            execute = getattr(self, "do_" + word, None)
            if execute:
                execute(rest)
            else:
                self.said[word] = rest
            print(f"{time.monotonic() - begun:6.1f} s  {word} {rest[:80]}", flush=True)

    def base(self, name):
        made = self.folder / "base"
        if made.exists():
            return made
        uri = mirror(RELEASES[name])
        if not uri:
            skip(f"apt knows no source of {RELEASES[name]}")
        subprocess.run(["debootstrap", "--variant=minbase", RELEASES[name], made, uri], check=True,
                       stdout=subprocess.DEVNULL)
        for conf in pathlib.Path("/etc/apt/apt.conf.d").glob("*proxy*"):
            shutil.copy(conf, made / "etc/apt/apt.conf.d")
        for names in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{names}", made / "etc" / names)
        return made

    def do_FROM(self, rest):
        name, _, stage = rest.partition(" AS ")
        self.root = self.stages[stage] = self.folder / f"stage-{stage or 'last'}"
        subprocess.run(["cp", "-a", "--reflink=auto", self.base(name), self.root], check=True)

    def do_RUN(self, rest):
        script = f"mount -t proc proc {self.root}/proc && exec chroot {self.root} sh -ec {shlex.quote(rest)}"
        done = subprocess.run(["unshare", "--mount", "sh", "-ec", script], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env={"PATH": os.environ["PATH"], "DEBIAN_FRONTEND": "noninteractive"})
        assert done.returncode == 0, done.stdout[-3000:]

    def do_COPY(self, rest):
        words = rest.split()
        target = self.root / words[-1].lstrip("/")
        if words[0].startswith("--from="):
            source = self.stages[words[0][7:]] / words[1].lstrip("/")
            subprocess.run(["cp", "-a", f"{source}/.", target], check=True)
            return
        target.mkdir()
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=True).stdout
        pack = subprocess.run(["tar", "-C", ROOT, "--null", "-T", "-", "-cf", "-"], input=listed,
                              capture_output=True, check=True).stdout
        subprocess.run(["tar", "-C", target, "-xf", "-"], input=pack, check=True)

    def do_ENV(self, rest):
        self.settings.update([rest.split("=", 1)])

    def do_USER(self, rest):
        self.user = rest

    def start(self, *command):
        """A command as the image's user, on a root that cannot be written."""
        root, state = self.root, self.settings["APE_STATE_DIR"]
        script = (f"mount --bind {root} {root} && mount -t proc proc {root}/proc && mount --bind /dev {root}/dev && "
                  f"mount -t tmpfs tmpfs {root}/tmp && mount -t tmpfs -o uid={self.user},mode=0700 tmpfs {root}{state} && "
                  f"mount -o remount,ro,bind {root} && "
                  f"exec chroot --userspec={self.user}:{self.user} {root} {shlex.join(command)}")
        return subprocess.Popen(["unshare", "--mount", "sh", "-ec", script], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": state, **self.settings})

    def healthy(self, port):
        """What HEALTHCHECK says."""
        words = json.loads(self.said["HEALTHCHECK"].partition("CMD ")[2])
        check = self.start(*[word.replace(":8000", f":{port}") for word in words])
        check.communicate(timeout=60)
        return check.returncode == 0


def ask(port):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/query", data=b'{"query": "Sharpe ratio of AAPL in 2021"}',
                                     headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)


def check_server(image):
    port = free_port()
    command = json.loads(image.said["ENTRYPOINT"]) + json.loads(image.said["CMD"])
    # Open to the world it would want keys.
    server = image.start(*[word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in command])
    try:
        wait_until(lambda: server.poll() is not None or image.healthy(port), "HEALTHCHECK never succeeds", 60)
        assert server.poll() is None, server.stdout.read()
        owner = int(re.search(r"^Uid:\s+(\d+)", pathlib.Path(f"/proc/{server.pid}/status").read_text(), re.M)[1])
        assert owner == int(image.user), owner
        answer = ask(port)
        isolation = answer["provenance"]["isolation"]
        print(answer["answer"], isolation, flush=True)
        assert answer["status"] == "verified" and isolation["level"] == "B", answer
        assert not [m for m in isolation["mechanisms"] if m.endswith("_namespace")], isolation
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
            assert b"<!doctype html>" in page.read()
    finally:
        if server.poll() is None:
            server.send_signal(getattr(signal, image.said["STOPSIGNAL"]))
        log = server.communicate(timeout=60)[0]
    assert server.returncode == 0, log[-2000:]


def main():
    if os.geteuid() != 0:
        skip("debootstrap needs root")
    if not shutil.which("debootstrap", path="/usr/sbin:/usr/bin"):
        skip("debootstrap is not installed")
    with tempfile.TemporaryDirectory(prefix="ape-image-") as folder:
        image = Image(folder)
        image.build()
        check_server(image)
    print("ok   the image answers, as nobody's root, at level B")


main()
