# SPDX-License-Identifier: MIT
"""Start ape-server for a test, and stop it again by its own process id."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
SKIP = 77
LOCAL = {"ENVIRONMENT": "development", "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
         "LOG_LEVEL": "info",
         "YAHOO_URL": "http://127.0.0.1:9",  # no test asks the world for prices
         **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}}


def venv(build, requirements):
    """A virtual environment with what a folder of tests imports; made once. None: it cannot be had."""
    folder = pathlib.Path(build).resolve() / "tests" / f"venv-{pathlib.Path(requirements).parent.name}"
    python = folder / "bin" / "python"
    stamp, wanted = folder / "requirements", pathlib.Path(requirements).read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return str(python)
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", str(requirements)],
                       check=True, timeout=300)
        stamp.write_text(wanted)
        return str(python)
    return None


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


@contextlib.contextmanager
def redis():
    """A Redis of the test's own; gives its URL."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="ape-redis-") as folder:
        process = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "",
             "--daemonize", "no"], stdout=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 20
            while time.monotonic() < end:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                time.sleep(0.05)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(20)


@contextlib.contextmanager
def postgres():
    """A PostgreSQL of the test's own; gives its URL."""
    programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        skip("postgresql is not installed")
    port, owner = free_port(), {}
    with tempfile.TemporaryDirectory(prefix="ape-postgres-") as folder:
        if os.geteuid() == 0:  # as whom it refuses to run
            shutil.chown(folder, "postgres", "postgres")
            owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
        subprocess.run([programs[-1] / "initdb", "-D", f"{folder}/data", "--auth=trust", "--username=ape",
                        "--no-sync", "--encoding=UTF8", "--no-locale"],
                       check=True, stdout=subprocess.DEVNULL, cwd=folder, **owner)
        with open(f"{folder}/log", "w") as log:
            process = subprocess.Popen(
                [programs[-1] / "postgres", "-D", f"{folder}/data", "-k", folder, "-p", str(port),
                 "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"], stderr=log, cwd=folder, **owner)
        try:
            ready = [programs[-1] / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
            wait_until(lambda: subprocess.run(ready).returncode == 0, "PostgreSQL does not start")
            yield f"postgresql://ape:make-believe-password@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)  # at once, whoever is connected
            process.wait(30)


def wait_until(condition, complaint, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, complaint
        time.sleep(0.05)


def node_modules(build, manifest):
    """What a package.json names, installed once; skips the test where that cannot be had."""
    folder = pathlib.Path(build).resolve() / "tests" / f"npm-{pathlib.Path(manifest).parent.name}"
    wanted, stamp = pathlib.Path(manifest).read_text(), folder / "installed"
    if not (stamp.exists() and stamp.read_text() == wanted):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(wanted)
        try:
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=folder,
                           check=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            skip(f"the packages of {manifest} cannot be installed: {error}")
        stamp.write_text(wanted)
    return str(folder / "node_modules")


def use_packages(build, requirements):
    """Go on in the virtual environment of these requirements, or skip the test."""
    python = venv(build, requirements)
    if not python:
        skip(f"the packages of {requirements} cannot be installed")
    if pathlib.Path(sys.prefix) != pathlib.Path(python).parents[1]:
        os.execv(python, [python, *sys.argv])


def skip(why):
    print(f"SKIP: {why}")
    sys.exit(SKIP)


class Server:
    """One running server. url, port, pid; log() is what it wrote so far."""

    def __init__(self, binary, folder, *arguments, settings=None, state=None):
        environment = {**LOCAL, "APE_STATE_DIR": str(state or folder), **(settings or {})}
        self.folder = folder
        self.log_path = pathlib.Path(folder) / f"log-{time.monotonic_ns()}"
        if "--listen" not in arguments:
            arguments = ("--listen", "127.0.0.1:0", *arguments)
        with self.log_path.open("w") as log:
            self.process = subprocess.Popen(
                [binary, "--env-file", str(pathlib.Path(folder) / "env"), *arguments],
                env=environment, stdout=log, stderr=log)
        self.pid = self.process.pid
        self.url = self.wait_until_ready()
        self.port = int(self.url.rsplit(":", 1)[1].strip("/"))

    def log(self):
        return self.log_path.read_text()

    def lines(self):
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def wait_until_ready(self):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            for line in self.lines():
                if line["message"] == "ready":
                    return line["url"].rstrip("/")
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}: {self.log()}")
            time.sleep(0.02)
        raise RuntimeError("the server is not ready: " + self.log())

    def signal(self, number):
        os.kill(self.pid, number)

    def stop(self, seconds=40):
        """End it as an operator would; @return the exit status."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


@contextlib.contextmanager
def running(binary, *arguments, settings=None):
    with tempfile.TemporaryDirectory(prefix="ape-server-") as folder:
        server = Server(binary, folder, *arguments, settings=settings)
        try:
            yield server
        finally:
            status = server.stop()
        if status != 0:
            raise RuntimeError(f"the server ended with {status}: {server.log()[-2000:]}")


@contextlib.contextmanager
def providers():
    """A provider of faults: the model's name says what goes wrong. Gives its address."""
    process = subprocess.Popen([sys.executable, str(ROOT / "tests/llm/chaos_server.py")],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip().rstrip("/")
    finally:
        process.stdin.close()
        process.wait(20)


def chain(address, *models):
    """Settings of a chain p0, p1, ... of these models."""
    settings = {"LLM_CHAIN": ",".join(f"p{i}" for i in range(len(models))), "LLM_RETRIES": "1",
                "LLM_IDLE_TIMEOUT_MS": "3000", "LLM_BREAKER_FAILURES": "1000"}
    for i, model in enumerate(models):
        settings |= {f"P{i}_BASE_URL": address, f"P{i}_MODEL": model, f"P{i}_API_KEY": "make-believe-key"}
    return settings
