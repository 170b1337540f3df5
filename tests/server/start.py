#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""start.py BUILD BINARY: what a newcomer meets: no configuration at all, and what may be wrong at the start."""
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

BINARY = os.path.abspath(sys.argv[2])
# name, arguments, settings, exit status, words of what is said
WRONG = [
    ("an unknown option", ["--prot", "1"], {}, 2, ["--prot", "--help"]),
    ("an argument", ["extra"], {}, 2, ["extra", "no arguments"]),
    ("no port", ["--listen", "localhost"], {}, 2, ["HOST:PORT", "127.0.0.1:8000"]),
    ("a port out of range", ["--listen", "127.0.0.1:99999"], {}, 2, ["65535"]),
    ("an unknown host", ["--listen", "no-such-host.invalid:1"], {"API_KEYS": "make-believe-key-0123456789"}, 1,
     ["no-such-host.invalid"]),
    ("no workers", ["--workers", "0"], {}, 2, ["--workers", "from 1"]),
    ("a rate without a time", ["--rate-limit", "many"], {}, 2, ["--rate-limit"]),
    ("open to the world", ["--listen", "0.0.0.0:0"], {}, 1, ["API_KEYS"]),
    ("a setting that is no number", [], {"LLM_RETRIES": "many"}, 1, ["LLM_RETRIES", "0 to 100"]),
    ("production without anything", [], {"ENVIRONMENT": "production"}, 1, ["SECRET_KEY", "openssl rand", "ape config check"]),
    ("no data folder", [], {"APE_DATA_DIR": "/no/such/folder"}, 1, ["/no/such/folder", "No such file"]),
    ("an empty data folder", [], {"APE_DATA_DIR": "."}, 1, [".csv", "ape data import"]),
    ("no place for its state", [], {"APE_STATE_DIR": "/proc/nowhere"}, 1, ["/proc/nowhere"]),
]


def start(folder, arguments, settings):
    arguments = arguments if "--listen" in arguments else ["--listen", "127.0.0.1:0", *arguments]
    return subprocess.run([BINARY, *arguments], cwd=folder, capture_output=True, text=True, timeout=60,
                          env={"HOME": folder, "PATH": "/usr/bin:/bin", **settings})


def test_wrong_starts():
    wrong = 0
    for name, arguments, settings, status, words in WRONG:
        with tempfile.TemporaryDirectory() as folder:
            done = start(folder, arguments, settings)
        missing = [word for word in words if word not in done.stdout + done.stderr]
        if done.returncode != status or missing:
            wrong += 1
            print(f"{name}: {done.returncode} instead of {status}; without {missing}: {done.stderr}")
    assert not wrong


def test_the_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as other, tempfile.TemporaryDirectory() as folder:
        done = start(folder, ["--listen", f"127.0.0.1:{other.getsockname()[1]}"], {})
    last = done.stderr.strip().splitlines()
    assert done.returncode == 1 and any("in use" in line and "--listen" in line for line in last), done.stderr
    assert not any('"error"' in line for line in last), f"one reason is enough: {done.stderr}"


def test_help_and_version():
    with tempfile.TemporaryDirectory() as folder:
        helped, version = start(folder, ["--help"], {}), start(folder, ["--version"], {})
    assert helped.returncode == 0 and "127.0.0.1:8000" in helped.stdout and not helped.stderr
    assert version.returncode == 0 and version.stdout.startswith("ape-server ")


def test_a_terminal_is_told_where_to_look():
    with tempfile.TemporaryDirectory() as folder:
        terminal, theirs = pty.openpty()
        process = subprocess.Popen([BINARY, "--listen", "127.0.0.1:0"], cwd=folder, stderr=theirs,
                                   env={"HOME": folder, "PATH": "/usr/bin:/bin"})
        os.close(theirs)
        said, end = "", time.monotonic() + 30
        while "in a browser" not in said:
            assert time.monotonic() < end and select.select([terminal], [], [], 30)[0], said
            said += os.read(terminal, 4096).decode()
        assert "Open http://127.0.0.1:" in said and "Ctrl-C" in said
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 0
        os.close(terminal)


def test_no_configuration_at_all():
    """On 127.0.0.1:8000, in a network of its own, since that port may be another's."""
    script = ('ip link set lo up; "$0" 2>log & for i in $(seq 300); do curl -fs http://127.0.0.1:8000/health && break; '
              'sleep 0.1; done; kill %1; wait %1')
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["unshare", "--map-root-user", "--net", "bash", "-c", script, BINARY], cwd=folder,
                              capture_output=True, text=True, timeout=90, env={"HOME": folder, "PATH": os.environ["PATH"]})
    if "unshare" in done.stderr:
        print("SKIP test_no_configuration_at_all: no network namespaces")
        return
    assert done.returncode == 0 and '"status":"healthy"' in done.stdout, done


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(f"ok   {name}", flush=True)


main()
