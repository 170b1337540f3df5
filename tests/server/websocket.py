#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""websocket.py BUILD BINARY: RFC 6455 on raw sockets, the protocol of messages, slow readers."""
import json
import socket
import struct
import sys
import time
import urllib.error
import urllib.request

from support import running

BINARY = sys.argv[2]
TEXT, BINARY_FRAME, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode, payload=b"", fin=True, rsv=0, masked=True, mask=b"\x01\x02\x03\x04", length=None):
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    size = len(payload)
    bit = 0x80 if masked else 0
    if length is not None:
        head += length
    elif size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


def message(**members):
    return frame(TEXT, json.dumps(members).encode())


class Client:
    def __init__(self, server, name="c", port=None, ssl=None):
        self.socket = socket.create_connection(("127.0.0.1", port or server.port), timeout=15)
        if ssl:
            self.socket = ssl.wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.buffer = b""
        self.socket.sendall((f"GET /ws/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            got = self.socket.recv(4096)
            if not got:
                raise EOFError
            self.buffer += got
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head, head
        welcome = self.json()
        assert welcome["type"] == "welcome"
        self.token = welcome["resume_token"]

    def send(self, data):
        self.socket.sendall(data)

    def take(self, size):
        while len(self.buffer) < size:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError
            self.buffer += got
        out, self.buffer = self.buffer[:size], self.buffer[size:]
        return out

    def frame(self):
        first, second = self.take(2)
        assert second < 128, "a server does not mask"
        size = second
        if size == 126:
            size = struct.unpack(">H", self.take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.take(8))[0]
        return first & 15, self.take(size)

    def json(self):
        opcode, payload = self.frame()
        assert opcode == TEXT, (opcode, payload)
        return json.loads(payload)

    def close_code(self):
        """What it is closed with; None: just closed."""
        try:
            while True:
                opcode, payload = self.frame()
                if opcode == CLOSE:
                    return struct.unpack(">H", payload[:2])[0] if payload else 1005
        except (EOFError, ConnectionError):
            return None


def close(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


# name, what is sent, the code that the server closes with; or a function of the client
BAD = [(f"reserved bits {rsv}", frame(TEXT, b"{}", rsv=rsv), 1002) for rsv in range(1, 8)]
BAD += [(f"reserved bits {rsv} of a ping", frame(PING, rsv=rsv), 1002) for rsv in range(1, 8)]
BAD += [(f"opcode {opcode}", frame(opcode, b""), 1002) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)]
BAD += [("a long ping", frame(PING, b"x" * 126), 1002), ("a long pong", frame(PONG, b"x" * 126), 1002),
        ("a long close", frame(CLOSE, b"\x03\xe8" + b"x" * 124), 1002),
        ("a ping in pieces", frame(PING, fin=False), 1002), ("a close in pieces", frame(CLOSE, fin=False), 1002),
        ("not masked", frame(TEXT, b"{}", masked=False), 1002),
        ("a piece of nothing", frame(0, b"x"), 1002), ("the end of nothing", frame(0, b"x", fin=True), 1002),
        ("a text within a text", frame(TEXT, b"{", fin=False) + frame(TEXT, b"}"), 1002),
        ("binary", frame(BINARY_FRAME, b"x"), 1003), ("too large", frame(TEXT, b"x" * 65537), 1009),
        ("too large in pieces", b"".join(frame(0 if i else TEXT, b"x" * 30000, fin=False) for i in range(3)), 1009),
        ("a length of 2^63", frame(TEXT, length=b"\xff" + b"\xff" * 8), 1002)]
BAD += [(f"not UTF-8: {bad!r}", frame(TEXT, bad), 1007) for bad in (
    b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xce", b"a\x80", b"\xf8\x88\x80\x80\x80")]
BAD += [("not UTF-8 over two pieces", frame(TEXT, b"\xce", fin=False) + frame(0, b"x"), 1007)]
BAD += [(f"close {code}", close(code), 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 65535)]
BAD += [(f"close {code}", close(code), code) for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)]
BAD += [("close with one byte", frame(CLOSE, b"\x03"), 1002), ("close, not UTF-8", close(1000, b"\xff"), 1007),
        ("close without a code", frame(CLOSE), 1005)]

# What is sent, the type of what comes back, a word of it.
TALK = [(message(type="ping"), "pong", ""), (message(type="ping", id="a"), "pong", "a"),
        (message(type="subscribe", channel="t"), "subscribed", "t"),
        (message(type="subscribe", channel="t"), "subscribed", "t"),
        (message(type="unsubscribe", channel="t"), "unsubscribed", "t"),
        (message(type="unsubscribe", channel="t"), "error", "channel"),
        (message(type="subscribe"), "error", "channel"), (message(type="subscribe", channel=1), "error", "channel"),
        (message(type="subscribe", channel=""), "error", "channel"),
        (message(type="subscribe", channel="a b"), "error", "channel"),
        (message(type="subscribe", channel="x" * 129), "error", "channel"),
        (message(type="subscribe", channel="t", since={}), "error", "since"),
        (message(type="subscribe", channel="t", since={"epoch": "e", "offset": -1}), "error", "since"),
        (message(type="subscribe", channel="t", since={"epoch": "e" * 64, "offset": "1"}), "error", "since"),
        (message(type="resume"), "error", "channels"), (message(type="resume", channels=[{}]), "error", "channels"),
        (message(type="publish", channel="t"), "error", "type"), (message(), "error", "type"),
        (frame(TEXT, b"x"), "error", "JSON"), (frame(TEXT, b"[]"), "error", "JSON"), (frame(TEXT, b""), "error", "JSON"),
        (frame(TEXT, b'{"type":', fin=False) + frame(PING) + frame(0, b'"ping"}'), "pong", ""),
        (b"".join(frame(0 if i else TEXT, bytes([b]), fin=i == 14) for i, b in enumerate(b'{"type":"ping"}')), "pong", ""),
        (frame(TEXT, b'{"type":"ping","x":"\xce\xba\xe1\xbd\xb9\xf0\x9f\x98\x80"}'), "pong", "")]


def test_framing(server):
    wrong = 0
    for name, data, expected in BAD:
        client = Client(server)
        client.send(data)
        got = client.close_code()
        client.socket.close()
        if got != expected:
            wrong += 1
            print(f"{name}: {got} instead of {expected}")
    print(f"{len(BAD)} cases")
    assert wrong == 0


def test_talk(server):
    client = Client(server)
    for data, kind, word in TALK:
        client.send(data)
        opcode, payload = client.frame()
        while opcode == PONG:
            opcode, payload = client.frame()
        answer = json.loads(payload)
        assert answer["type"] == kind and word in json.dumps(answer), (data, answer)


def test_one_byte_at_a_time(server):
    client = Client(server)
    for byte in message(type="ping", id="slowly"):
        client.send(bytes([byte]))
        time.sleep(0.002)
    assert client.json() == {"type": "pong", "id": "slowly"}


def test_pings(server):
    client = Client(server)
    for payload in (b"", b"x", b"\x00\xff", b"x" * 125):
        client.send(frame(PING, payload))
        assert client.frame() == (PONG, payload)
    client.send(frame(PONG, b"nobody asked") + message(type="ping"))
    assert client.json()["type"] == "pong"


def ask(server):
    request = urllib.request.Request(server.url + "/api/query", data=b'{"query": "Who wins the match?"}',
                                     headers={"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=30).read()
    except urllib.error.HTTPError as error:
        error.read()


def test_resume_has_no_gap(server):
    client = Client(server, "r")
    client.send(message(type="subscribe", channel="queries"))
    assert client.json()["type"] == "subscribed"
    ask(server)
    first = client.json()
    client.socket.close()
    ask(server)
    watcher = Client(server, "w")
    watcher.send(message(type="subscribe", channel="queries"))
    watcher.json()
    client = Client(server, "r")
    client.send(message(type="resume", channels=[{"channel": "queries", "epoch": first["epoch"],
                                                  "offset": first["offset"]}]))
    assert client.json()["type"] == "subscribed"
    ask(server)
    last = int(watcher.json()["offset"])
    offsets = []
    while not offsets or offsets[-1] < last:
        got = client.json()
        assert got["type"] == "message", got
        offsets.append(int(got["offset"]))
    assert offsets == list(range(int(first["offset"]) + 1, last + 1)), offsets


def test_a_lost_history_is_said(server):
    client = Client(server)
    client.send(message(type="subscribe", channel="queries", since={"epoch": "another", "offset": "5"}))
    assert client.json()["type"] == "subscribed"
    gap = client.json()
    assert gap["type"] == "gap" and gap["recovered"] is False
    ask(server)
    assert client.json()["type"] == "message"


def resident(server):
    with open(f"/proc/{server.pid}/smaps_rollup") as lines:
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty"))


def is_instrumented(server):
    """Built with a sanitizer, which has memory of its own."""
    with open(f"/proc/{server.pid}/maps") as maps:
        return "san.so" in maps.read()


def test_idle_clients_are_small(server):
    count = 2000
    before = resident(server)
    clients = [Client(server, f"idle-{i}") for i in range(count)]
    for client in clients:
        client.send(message(type="ping"))
        client.json()
    each = (resident(server) - before) * 1024 / count
    print(f"{each:.0f} bytes for each of {count} idle clients")
    assert each < 4096 or is_instrumented(server), each
    for client in clients:
        client.socket.close()


def main():
    with running(BINARY, "--rate-limit", "0") as server:
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                test(server)
                print(f"ok   {name}", flush=True)
        client = Client(server, "last")
        server.signal(15)
        assert client.close_code() == 1001
        assert server.process.wait(40) == 0
    print("ok   closed with 1001 at the end")


if __name__ == "__main__":
    main()
