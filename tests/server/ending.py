#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ending.py BUILD BINARY TIMES: SIGTERM under load, so many times; nobody may lose what was begun."""
import json
import signal
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from support import Server
from websocket import Client, message

ASKERS, LISTENERS, DRAIN_MS, DELAY_MS = 6, 20, 20000, 300
KINDS = [("/v1/models", None), ("/api/query", {"query": "Sharpe ratio of AAPL in 2021"}),
         ("/health", None), ("/api/query", {"query": "Who wins the match?"})]


class Asker(threading.Thread):
    """Asks one thing after another, each on a connection of its own, until told to begin no more."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.url, self.number, self.over = server.url, number, threading.Event()
        self.good, self.bad = 0, []

    def run(self):
        turn = self.number
        while not self.over.is_set():
            path, body = KINDS[turn % len(KINDS)]
            turn += 1
            try:
                self.take(path, self.ask(path, body))
            except (OSError, ValueError) as error:
                self.bad.append((path, repr(error)))

    def ask(self, path, body):
        request = urllib.request.Request(self.url + path, data=body and json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"} if body else {})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def take(self, path, answer):
        if answer[0] == 200:
            self.good += 1
        else:
            self.bad.append((path, answer))


def is_ready(server):
    """False too when it is gone: this process may have slept while the server ended."""
    try:
        return urllib.request.urlopen(server.url + "/ready", timeout=10).status == 200
    except OSError:
        return False


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def end_once(folder):
    server = Server(sys.argv[2], folder, "--rate-limit", "0", "--drain-delay-ms", str(DELAY_MS),
                    "--drain-ms", str(DRAIN_MS))
    listeners = [Client(server, f"l{i}") for i in range(LISTENERS)]
    for client in listeners:
        client.send(message(type="subscribe", channel="queries"))
    askers = [Asker(server, i) for i in range(ASKERS)]
    for asker in askers:
        asker.start()
    wait_for(lambda: all(asker.good > 0 for asker in askers))
    for asker in askers:
        asker.over.set()
    server.signal(signal.SIGTERM)
    begun = time.monotonic()
    wait_for(lambda: not is_ready(server))
    codes = [client.close_code() for client in listeners]
    for asker in askers:
        asker.join()
    status = server.process.wait(60)
    took = time.monotonic() - begun
    bad = [bad for asker in askers for bad in asker.bad]
    assert not bad, bad[:3]
    assert status == 0, (status, server.log()[-2000:])
    assert codes == [1001] * LISTENERS, codes
    assert took < (DELAY_MS + DRAIN_MS) / 1000 + 1, took
    return sum(asker.good for asker in askers)


def main():
    times = int(sys.argv[3])
    answered = 0
    for _ in range(times):
        with tempfile.TemporaryDirectory(prefix="ape-ending-") as folder:
            answered += end_once(folder)
    print(f"{times} of {times} ends under load were clean; {answered} requests answered")


if __name__ == "__main__":
    main()
