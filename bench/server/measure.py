# SPDX-License-Identifier: MIT
"""What the benches of this folder share: processes, peers, load, rounds, a table."""
import argparse
import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]


def arguments(doc, rounds, seconds):
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("server", help="ape-server's path")
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--seconds", type=int, default=seconds, help="of each measurement")
    parser.add_argument("--peers", default=str(pathlib.Path(tempfile.gettempdir()) / "ape-bench-peers"),
                        help="folder in which peers are installed, and found again")
    return parser.parse_args()


def free_port():
    """Below the range from which the many clients of a bench get theirs."""
    while True:
        port = random.randrange(20000, 32000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def wait_for(port, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"nobody listens on port {port}")


def family(pid):
    """A process and those that it started."""
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return [pid] + [p for child in children.read().split() for p in family(int(child))]


def cpu_seconds(pid):
    total = 0
    for p in family(pid):
        with open(f"/proc/{p}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def private_bytes(pid):
    """Memory that nobody shares."""
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private"))


class Process:
    """A server on the first core, on a port of its own."""

    def __init__(self, command, port, core=SERVER_CORE, **options):
        self.port = port
        self.process = subprocess.Popen(["taskset", "-c", str(core), *command],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        self.pid = self.process.pid
        wait_for(port)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(15)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Bench:
    """Starts what takes part, and ends it."""

    def __init__(self, options):
        self.options = options
        self.peers = pathlib.Path(options.peers)
        self.peers.mkdir(parents=True, exist_ok=True)
        self.stack = contextlib.ExitStack()
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="ape-bench-")))

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.stack.close()

    def start(self, command, port, **options):
        process = Process(command, port, **options)
        self.stack.callback(process.stop)
        return process

    def ape(self, *extra, settings=None, core=SERVER_CORE):
        port = free_port()
        environment = {"PATH": os.environ["PATH"], "ENVIRONMENT": "development", "LOG_LEVEL": "warning",
                       "APE_STATE_DIR": str(self.folder), **(settings or {})}
        return self.start([self.options.server, "--listen", f"127.0.0.1:{port}", "--env-file",
                           str(self.folder / "none"), "--threads", "1", "--rate-limit", "0", *extra],
                          port, core=core, env=environment)

    def nginx(self, locations, core=SERVER_CORE):
        """An nginx with one worker process."""
        program = need("nginx", "nginx-light")
        port, folder = free_port(), pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "conf").write_text(
            f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error;\n"
            "events { worker_connections 4096; }\n"
            f"http {{ access_log off; keepalive_requests 100000000; {temporary}\n"
            f"server {{ listen 127.0.0.1:{port} backlog=4096; {locations} }} }}\n")
        return self.start([program, "-p", str(folder), "-c", str(folder / "conf")], port, core=core)

    def fastapi(self):
        """The route twice as most would write it: FastAPI on uvicorn, one process."""
        python = self.peers / "fastapi/bin/python"
        if not python.exists():
            run(sys.executable, "-m", "venv", str(self.peers / "fastapi"))
            run(str(python), "-m", "pip", "install", "-q", "fastapi", "uvicorn[standard]")
        port = free_port()
        return self.start([str(python), "-m", "uvicorn", "fastapi_app:app", "--port", str(port),
                           "--no-access-log", "--log-level", "warning"], port, cwd=HERE)

    def npm(self, package):
        """Install a package; the folder that has node_modules."""
        need("npm", "npm")
        folder = self.peers / "npm"
        if not (folder / "node_modules" / package).exists():
            folder.mkdir(exist_ok=True)
            run("npm", "install", "--no-audit", "--no-fund", "--silent", package, cwd=folder)
        return folder


def need(program, package):
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    if not found:
        run("apt-get", "install", "-y", "-qq", package)
        found = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    return found


def run(*command, **options):
    subprocess.run(command, check=True, timeout=600, stdout=subprocess.DEVNULL, **options)


def wrk(port, path, seconds, connections=32, script=None, core=LOAD_CORE):
    """Requests per second, p50 and p99 in ms, requests that were not answered with 2xx."""
    command = ["taskset", "-c", str(core), need("wrk", "wrk"), "-t1", f"-c{connections}",
               f"-d{seconds}s", "--latency", "--timeout", "20s"]
    out = subprocess.run(command + (["-s", script] if script else []) + [f"http://127.0.0.1:{port}{path}"],
                         check=True, text=True, stdout=subprocess.PIPE).stdout
    bad = sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", out))
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    bad += sum(map(int, errors.groups())) if errors else 0
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
            "count": int(re.search(r"(\d+) requests in", out)[1]),
            "p50": milliseconds(re.search(r"\n +50%\s+(\S+)", out)[1]),
            "p99": milliseconds(re.search(r"\n +99%\s+(\S+)", out)[1]), "bad": bad}


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def load(process, path, seconds, **options):
    """wrk, and the server's processor time for each request in us."""
    before = cpu_seconds(process.pid)
    result = wrk(process.port, path, seconds, **options)
    result["cpu_us"] = (cpu_seconds(process.pid) - before) * 1e6 / max(result["count"], 1)
    return result


def interleave(rounds, runs):
    """Every run once in every round, the first round thrown away: name -> list of results."""
    results = {name: [] for name in runs}
    for i in range(rounds + 1):
        for name, function in runs.items():
            got = function()
            if i > 0:
                results[name].append(got)
    return results


def median(results, key):
    return statistics.median(r[key] for r in results)


def ratio(ours, theirs, key):
    """The median of the rounds' ratios."""
    return statistics.median(o[key] / t[key] for o, t in zip(ours, theirs))


def table(results, keys):
    print(f"{'':22}" + "".join(f"{key:>12}" for key in keys))
    for name, rounds in results.items():
        print(f"{name:22}" + "".join(f"{median(rounds, key):12.2f}" for key in keys))


class Goals:
    """What was wanted and what came; the exit status."""

    def __init__(self):
        self.missed = 0

    def least(self, what, value, wanted):
        self.say(what, value, f">= {wanted}", value >= wanted)

    def most(self, what, value, wanted):
        self.say(what, value, f"<= {wanted}", value <= wanted)

    def say(self, what, value, wanted, good):
        self.missed += not good
        print(f"{'ok    ' if good else 'MISSED'} {what}: {value:.3g} ({wanted} wanted)")

    def end(self):
        print(f"medians over rounds; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        sys.exit(1 if self.missed else 0)
