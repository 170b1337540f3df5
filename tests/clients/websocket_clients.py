#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""websocket_clients.py BUILD BINARY: Autobahn's cases and plain talk, by clients that others wrote.

The handshake and everything that the server says go through Python's websockets and npm's ws.
"""
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "server"))
from support import ROOT, node_modules, running, use_packages

use_packages(sys.argv[1], ROOT / "tests/clients/requirements.txt")
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect
from websockets.uri import parse_uri

import autobahn

HERE = pathlib.Path(__file__).parent
KEY = "make-believe-key-one-0123456789abcdef"


class Conversation:
    """One connection, read by the protocol machine of the websockets package."""

    def __init__(self, server):
        uri = parse_uri(f"ws://127.0.0.1:{server.port}/ws/case")
        self.protocol = ClientProtocol(uri)
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.protocol.send_request(self.protocol.connect())
        self.flush()
        self.events = []
        while not self.protocol.state.name == "OPEN":
            self.receive()
        assert not self.protocol.extensions, "an extension that is not there"

    def flush(self):
        for data in self.protocol.data_to_send():
            if data:
                self.socket.sendall(data)

    def receive(self):
        data = self.socket.recv(65536)
        if data:
            self.protocol.receive_data(data)
        else:
            self.protocol.receive_eof()
        for event in self.protocol.events_received():
            if isinstance(event, Frame):
                self.events += filter(None, [self.name(event)])
        return bool(data)

    @staticmethod
    def name(frame):
        if frame.opcode is Opcode.TEXT:
            return autobahn.event_of(frame.data)
        return f"pong:{bytes(frame.data).hex()}" if frame.opcode is Opcode.PONG else None

    def send(self, *sends):
        """Whatever the server still takes; it may have closed after what it saw."""
        with contextlib.suppress(OSError):
            for data in sends:
                self.socket.sendall(bytes.fromhex(data))

    def run(self, case):
        self.send(*case["sends"])
        with contextlib.suppress(OSError):
            while len(self.events) < len(case["expects"]) - 1 and self.receive():
                pass
            self.send(case["close"])
            while self.receive():
                pass
        self.socket.close()
        closed = self.protocol.close_rcvd
        return [*self.events, f"close:{closed.code if closed else 1006}"]


def compare(name, cases, results):
    wrong = [(c, got) for c, got in zip(cases, results, strict=True) if got != c["expects"]]
    for c, got in wrong:
        print(f"{name} {c['case']}, {c['says']}: {str(got)[:200]} instead of {str(c['expects'])[:200]}")
    print(f"{name}: {len(cases)} cases, {len(wrong)} wrong", flush=True)
    assert not wrong


def test_cases_with_websockets(server):
    cases = list(autobahn.every_case())
    assert len(cases) >= 250 and len({c["case"] for c in cases}) == len(cases)
    compare("websockets", cases, [Conversation(server).run(c) for c in cases])


def node(server, script, *arguments):
    modules = node_modules(sys.argv[1], HERE / "package.json")
    done = subprocess.run(["node", str(HERE / script), f"ws://127.0.0.1:{server.port}/ws/", *arguments],
                          env={**os.environ, "NODE_PATH": modules}, check=True, timeout=200, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def test_cases_with_ws(server):
    cases = list(autobahn.every_case())
    with tempfile.NamedTemporaryFile("w", suffix=".json") as table:
        json.dump(cases, table)
        table.flush()
        compare("ws", cases, node(server, "websocket_cases.cjs", table.name))


def ask(server):
    request = urllib.request.Request(server.url + "/api/query", data=b'{"query": "Sharpe ratio of AAPL in 2021"}',
                                     headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)["query_id"]


def take(connection, kind):
    message = json.loads(connection.recv(timeout=20))
    assert message["type"] == kind, message
    return message


def test_talk_with_websockets(server):
    """Stages as they come; then away, and back without a gap."""
    with connect(f"ws://127.0.0.1:{server.port}/ws/talk", subprotocols=["ape.v1"]) as connection:
        assert connection.subprotocol == "ape.v1"
        token = take(connection, "welcome")["resume_token"]
        connection.send(json.dumps({"type": "subscribe", "channel": "queries"}))
        take(connection, "subscribed")
        query_id = ask(server)
        told = [take(connection, "message") for _ in range(5)]
    assert [m["data"].get("stage") for m in told] == ["plan", "sanitize", "execute", "gate", None]
    assert {m["data"]["query_id"] for m in told} == {query_id}
    missed = ask(server)
    with connect(f"ws://127.0.0.1:{server.port}/ws/talk") as connection:
        take(connection, "welcome")
        last = {key: told[-1][key] for key in ("channel", "epoch", "offset")}
        connection.send(json.dumps({"type": "resume", "token": token, "channels": [last]}))
        take(connection, "subscribed")
        assert {take(connection, "message")["data"]["query_id"] for _ in range(5)} == {missed}


def test_talk_with_ws(server):
    assert node(server, "websocket_talk.cjs", server.url) == ["plan", "sanitize", "execute", "gate", "answer"]


def test_wscat(server):
    modules = node_modules(sys.argv[1], HERE / "package.json")
    # It leaves when its input ends, or 2 s after what it was told to say.
    with subprocess.Popen(["node", f"{modules}/wscat/bin/wscat", "-c", f"ws://127.0.0.1:{server.port}/ws/cat",
                           "-s", "ape.v1", "-x", '{"type": "ping", "id": "from wscat"}', "-w", "2"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as cat:
        said = cat.stdout.read()
    assert cat.returncode == 0 and '"pong","id":"from wscat"' in said, said


def test_who_may_come_in():
    with running(sys.argv[2], settings={"API_KEYS": KEY, "SECRET_KEY": KEY * 2}) as server:
        url = f"ws://127.0.0.1:{server.port}/ws/guest"
        for refused in ({}, {"additional_headers": {"Authorization": "Bearer make-believe-wrong-key-0123456789"}},
                        {"subprotocols": ["ape.v1", "ape.bearer.no-token"]}):
            try:
                connect(url, **refused).close()
            except InvalidStatus as error:
                assert error.response.status_code == 401, error
            else:
                raise AssertionError(f"let in: {refused}")
        request = urllib.request.Request(server.url + "/api/tokens", method="POST", data=b"{}",
                                         headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            token = json.load(response)["token"]
        for welcome in ({"additional_headers": {"Authorization": f"Bearer {KEY}"}},
                        {"subprotocols": ["ape.v1", f"ape.bearer.{token}"]}):
            with connect(url, **welcome) as connection:
                take(connection, "welcome")
                assert connection.subprotocol in (None, "ape.v1"), "the token is no subprotocol to agree on"


def main():
    with running(sys.argv[2], "--rate-limit", "0") as server:
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                test(*[server][:test.__code__.co_argcount])
                print(f"ok   {name}", flush=True)


main()
