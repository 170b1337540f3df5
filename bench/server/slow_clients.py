#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Good clients beside 1,000 that send a head slowly, 1,000 a body, and 500 that do not read.

Slow ones send a byte every two seconds, or nothing is read of what they asked for. Good ones are
wrk's. FastAPI on uvicorn gets the same slow heads and bodies, to see what becomes of them.
"""
import socket
import threading
import time
import urllib.request

from measure import Bench, Goals, arguments, median, table, wrk

HEADS, BODIES, READERS = 1000, 1000, 500
HEAD_S, BODY_S, READ_S, LATE_S = 10, 11, 44, 1.5  # deadlines, and how late a cut may be
BODY = 1000
POST = ("POST /api/tokens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {BODY}\r\n\r\n").encode()
READ = b"GET /assets/style.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 100


class Slow:
    """A crowd of one kind, all begun at once; cut_s: when each was seen to be closed."""

    def __init__(self, port, count, first, drip):
        self.drip, self.cut_s, self.sockets = drip, [], []
        self.begun = time.monotonic()
        for _ in range(count):
            s = socket.socket()
            if not drip:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(("127.0.0.1", port))
            s.sendall(first)
            s.setblocking(False)
            self.sockets.append((s, time.monotonic()))

    def step(self):
        """Send a byte each; who is closed is noted."""
        kept = []
        for s, begun in self.sockets:
            try:
                s.send(b"a")
                if s.recv(1, socket.MSG_PEEK) == b"":
                    raise OSError
            except BlockingIOError:
                kept.append((s, begun))
            except OSError:
                self.cut_s.append(time.monotonic() - begun)
                s.close()
        self.sockets = kept

    def close(self):
        for s, _ in self.sockets:
            s.close()


class Crowd(threading.Thread):
    def __init__(self, port, readers):
        super().__init__(daemon=True)
        self.heads = Slow(port, HEADS, b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ", True)
        self.bodies = Slow(port, BODIES, POST, True)
        self.readers = Slow(port, readers, READ, False)
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.5):
            self.heads.step()
            self.bodies.step()

    def end(self):
        self.over.set()
        self.join()
        for slow in (self.heads, self.bodies, self.readers):
            slow.close()


def gauge(port, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])


def wait_for_readers(process, crowd):
    """How long after its beginning the last slow reader's connection was gone."""
    end = time.monotonic() + READ_S + 30
    while gauge(process.port, "ape_http_connections") > 1 and time.monotonic() < end:
        time.sleep(0.25)
    return time.monotonic() - crowd.readers.begun


def measure(process, options, readers):
    base = [wrk(process.port, "/health", options.seconds, connections=8) for _ in range(options.rounds)]
    crowd = Crowd(process.port, readers)
    crowd.start()
    beside = [wrk(process.port, "/health", options.seconds, connections=8) for _ in range(options.rounds)]
    time.sleep(max(0, crowd.bodies.begun + BODY_S + LATE_S + 1 - time.monotonic()))
    return base, beside, crowd


def main():
    options = arguments(__doc__, rounds=5, seconds=2)
    goals = Goals()
    with Bench(options) as bench:
        ape = bench.ape(settings={"SECRET_KEY": "make-believe-secret-for-measurements-0123456789abcdef"})
        base, beside, crowd = measure(ape, options, READERS)
        read_s = wait_for_readers(ape, crowd)
        crowd.end()
        fastapi = bench.fastapi()
        fastapi_base, fastapi_beside, other = measure(fastapi, options, 0)
        left = len(other.heads.sockets) + len(other.bodies.sockets)
        other.end()
    table({"ape-server alone": base, "ape-server beside": beside, "fastapi alone": fastapi_base,
           "fastapi beside": fastapi_beside}, ["rate", "p50", "p99", "bad"])
    print(f"of {HEADS + BODIES} slow ones FastAPI on uvicorn still had {left} after {BODY_S + LATE_S + 1:.0f} s")
    goals.most("good requests that failed", sum(r["bad"] for r in beside), 0)
    goals.most("p99 beside slow clients / alone", median(beside, "p99") / median(base, "p99"), 2)
    goals.most("slow heads still there", len(crowd.heads.sockets), 0)
    goals.most("slow bodies still there", len(crowd.bodies.sockets), 0)
    goals.most("last slow head cut, s", max(crowd.heads.cut_s, default=0), HEAD_S + LATE_S)
    goals.most("last slow body cut, s", max(crowd.bodies.cut_s, default=0), BODY_S + LATE_S)
    goals.most("last slow reader cut, s", read_s, READ_S + LATE_S)
    goals.end()


main()
