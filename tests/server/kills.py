#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kills.py BUILD BINARY KILLS: kill -9 of a random one of three servers, under load, again and again.

Numbered messages come over Redis at 200 a second. Each client, wherever it has to go, must hear
every number in order, or be told of a gap; at the end each must have heard the last.
"""
import contextlib
import json
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from support import Server, free_port, redis, skip
from websocket import Client, message

CHANNEL, CLIENTS, SEED = "chaos", 24, 20260101
SETTINGS = {"SECRET_KEY": "make-believe-secret-for-tests-only-0123456789abcdef"}


class Listener(threading.Thread):
    """One client: goes to any server, resumes where it was, and checks what it hears."""

    def __init__(self, name, ports):
        super().__init__(daemon=True)
        self.name, self.ports, self.random = name, ports, random.Random(name)
        self.token = self.position = self.client = None
        self.last, self.told, self.silent, self.again, self.resumed = -1, 0, [], 0, 0
        self.over = False

    def run(self):
        while not self.over:
            with contextlib.suppress(OSError, EOFError, AssertionError):
                self.connect()
                while not self.over:
                    self.hear(self.client.json())
            if self.client:
                self.client.socket.close()
            time.sleep(self.random.uniform(0.01, 0.1))

    def connect(self):
        self.client = None
        self.client = Client(None, self.name, port=self.random.choice(self.ports))
        token, self.token = self.token, self.client.token
        if self.position:
            self.client.send(message(type="resume", token=token, channels=[
                {"channel": CHANNEL, **self.position}]))
            self.resumed += 1
        else:
            self.client.send(message(type="subscribe", channel=CHANNEL))

    def hear(self, got):
        if got["type"] == "gap":
            self.told += 1
            self.last = None
        if "epoch" in got:
            self.position = {"epoch": got["epoch"], "offset": got["offset"]}
        if got["type"] != "message":
            assert got["type"] in ("gap", "subscribed"), got
            return
        number = got["data"]["n"]
        if self.last is not None and number <= self.last:
            self.again += 1
            return
        if self.last is not None and number != self.last + 1 and self.last != -1:
            self.silent.append((self.last, number))
        self.last = number

    def end(self):
        self.over = True
        if self.client:
            with contextlib.suppress(OSError):
                self.client.socket.shutdown(socket.SHUT_RDWR)
        self.join()


class Load(threading.Thread):
    """Asks all servers for something, without end; who is dead does not answer."""

    def __init__(self, ports):
        super().__init__(daemon=True)
        self.ports, self.over, self.answered = ports, False, 0

    def run(self):
        while not self.over:
            with contextlib.suppress(OSError):
                port = random.choice(self.ports)
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5).read()
                self.answered += 1
            time.sleep(0.005)


def start(folder, port, url):
    return Server(sys.argv[2], folder, "--listen", f"127.0.0.1:{port}", "--rate-limit", "0",
                  settings={"REDIS_URL": url, **SETTINGS})


def kill_and_start(servers, folder, url, chosen):
    server = servers[chosen]
    server.process.kill()
    server.process.wait()
    servers[chosen] = start(folder, server.port, url)


def report(kills, count, listeners, load):
    heard = sum(listener.last == count - 1 for listener in listeners)
    silent = [gap for listener in listeners for gap in listener.silent]
    resumed = sum(listener.resumed for listener in listeners)
    print(f"{kills} kills, {count} messages, {CLIENTS} clients: {len(silent)} silent gaps, "
          f"{sum(x.told for x in listeners)} told, {sum(x.again for x in listeners)} heard again, "
          f"{resumed} times resumed, {heard} heard the last; {load.answered} requests answered beside")
    assert not silent, silent[:5]
    assert heard == CLIENTS, [listener.last for listener in listeners]
    assert resumed >= kills, "nobody was on a server that was killed"


def main():
    kills, chance = int(sys.argv[3]), random.Random(SEED)
    if not shutil.which("redis-server"):
        skip("there is no redis-server")
    publisher = pathlib.Path(sys.argv[1]) / "tests/server/publish"
    with redis() as url, tempfile.TemporaryDirectory(prefix="ape-kills-") as folder, \
            contextlib.ExitStack() as stack:
        ports = [free_port() for _ in range(3)]
        servers = [start(folder, port, url) for port in ports]
        stack.callback(lambda: [server.stop() for server in servers])
        load = Load(ports)
        load.start()
        listeners = [Listener(f"c{i}", ports) for i in range(CLIENTS)]
        for listener in listeners:
            listener.start()
        writer = subprocess.Popen([publisher, CHANNEL, "0", "10", "50"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True, env={"REDIS_URL": url})
        for _ in range(kills):
            time.sleep(chance.uniform(0.1, 0.6))
            kill_and_start(servers, folder, url, chance.randrange(3))
        count = int(writer.communicate(timeout=60)[0])
        end = time.monotonic() + 60
        while any(x.last != count - 1 for x in listeners) and time.monotonic() < end:
            time.sleep(0.1)
        load.over = True
        for listener in listeners:
            listener.end()
    report(kills, count, listeners, load)


if __name__ == "__main__":
    main()
