#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""WebSockets: 10,000 idle ones, and what a delivery costs beside socket.io.

Delivery: 200 clients of one room or channel; messages of 100 bytes come in bursts of 20, a
thousand a second. Ours (tests/server/publish, built with -Dtests=true) come over Redis, as from another server; socket.io sends its own. Counted is
the processor time of the server's process alone.
"""
import json
import os
import pathlib
import selectors
import socket
import subprocess
import time

from measure import (HERE, LOAD_CORE, Bench, Goals, arguments, cpu_seconds, free_port, interleave, load, need,
                      private_bytes, ratio, table)

IDLE, CLIENTS, COUNT, BURST, PAUSE_MS = 10000, 200, 2000, 20, 20
MASK = b"\0\0\0\0"


def frame(text):
    data = text.encode()
    assert len(data) < 126
    return bytes([0x81, 0x80 | len(data)]) + MASK + data


def connect(port, path):
    s = socket.create_connection(("127.0.0.1", port), timeout=30)
    s.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):  # and not a byte more: what follows are frames
        head += s.recv(1)
    return s


def read_until(s, word):
    got = b""
    while word not in got:
        more = s.recv(65536)
        assert more, got
        got += more


def ape_client(port, name):
    s = connect(port, f"/ws/{name}")
    s.sendall(frame(json.dumps({"type": "subscribe", "channel": "bench"})))
    read_until(s, b'"subscribed"')
    return s


def socketio_client(port, _name):
    s = connect(port, "/socket.io/?EIO=4&transport=websocket")
    read_until(s, b"pingInterval")
    s.sendall(frame("40"))
    read_until(s, b'40{"sid"')
    return s


def count_deliveries(sockets, wanted, seconds=60):
    """Read until everybody has everything: messages are told by the end of their filling."""
    selector = selectors.DefaultSelector()
    got, end = 0, time.monotonic() + seconds
    rest = {}
    for s in sockets:
        s.setblocking(False)
        selector.register(s, selectors.EVENT_READ)
        rest[s] = b""
    while got < wanted and time.monotonic() < end:
        for key, _ in selector.select(1):
            data = rest[key.fileobj] + key.fileobj.recv(262144)
            got += data.count(b'x\\"}') + data.count(b'x"}')
            rest[key.fileobj] = data[-3:] if not data.endswith(b'"}') else b""
    selector.close()
    assert got == wanted, f"{got} of {wanted} messages came"


def deliver(process, client, go):
    sockets = [client(process.port, f"c{i}") for i in range(CLIENTS)]
    before = cpu_seconds(process.pid)
    go(sockets[0])
    count_deliveries(sockets, CLIENTS * COUNT)
    used = cpu_seconds(process.pid) - before
    for s in sockets:
        s.close()
    return {"cpu_us": used * 1e6 / (CLIENTS * COUNT)}


def start_redis(bench):
    port = free_port()
    bench.start([need("redis-server", "redis-server"), "--port", str(port), "--save", "", "--dir",
                 str(bench.folder)], port, core=LOAD_CORE)
    return f"redis://127.0.0.1:{port}/0"


def measure_delivery(bench, options, goals):
    url = start_redis(bench)
    ape = bench.ape(settings={"REDIS_URL": url})
    publisher = pathlib.Path(options.server).resolve().parents[2] / "tests/server/publish"
    module = bench.npm("socket.io") / "node_modules/socket.io"
    port = free_port()
    socketio = bench.start(["node", str(HERE / "socketio_server.js"), str(port)], port,
                           env={**os.environ, "SOCKET_IO": str(module)})

    def publish(_):
        subprocess.Popen(["taskset", "-c", str(LOAD_CORE), str(publisher), "bench", str(COUNT), str(BURST),
                          str(PAUSE_MS)], env={**os.environ, "REDIS_URL": url},
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def emit(s):
        s.sendall(frame("42" + json.dumps(["go", COUNT, BURST, PAUSE_MS])))

    results = interleave(options.rounds, {
        "ape-server": lambda: deliver(ape, ape_client, publish),
        "socket.io": lambda: deliver(socketio, socketio_client, emit)})
    print(f"{CLIENTS} clients, {COUNT} messages in bursts of {BURST}: us of processor time a delivery")
    table(results, ["cpu_us"])
    goals.most("delivery / socket.io", ratio(results["ape-server"], results["socket.io"], "cpu_us"), 0.25)


def idle_client(port, name):
    s = connect(port, f"/ws/{name}")
    s.sendall(frame('{"type":"ping"}'))
    read_until(s, b"pong")
    return s


def measure_idle(bench, options, goals):
    without, beside = bench.ape(), bench.ape()
    before = private_bytes(beside.pid)
    sockets = [idle_client(beside.port, f"i{i}") for i in range(IDLE)]
    each = (private_bytes(beside.pid) - before) / IDLE
    results = interleave(options.rounds, {
        "without": lambda: load(without, "/health", options.seconds),
        f"beside {IDLE}": lambda: load(beside, "/health", options.seconds)})
    table(results, ["rate", "p50", "p99", "cpu_us"])
    goals.most(f"bytes of memory for each of {IDLE} idle WebSockets", each, 4096)
    goals.least("GET /health beside them / without",
                ratio(results[f"beside {IDLE}"], results["without"], "rate"), 0.8)
    goals.least("the same by processor time",
                ratio(results["without"], results[f"beside {IDLE}"], "cpu_us"), 0.8)
    for s in sockets:
        s.close()


def main():
    options = arguments(__doc__, rounds=5, seconds=2)
    goals = Goals()
    with Bench(options) as bench:
        measure_delivery(bench, options, goals)
        measure_idle(bench, options, goals)
    goals.end()


main()
