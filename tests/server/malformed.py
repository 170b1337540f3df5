#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""malformed.py BUILD BINARY: a table of broken and smuggling requests, each with its status."""
import socket
import sys

from support import running

OK = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
POST = b"POST /api/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
BODY = b'{"query":""}'  # well-formed, and refused at once: 422


def post(head, body):
    return POST + head + b"\r\n" + body


def sized(body):
    return post(b"Content-Length: %d\r\n" % len(body), body)


# name, bytes, status; 0: the connection is closed without an answer
CASES = [("plain get", OK + b"\r\n", 200), ("plain post", sized(BODY), 422)]

# Two readings of where a message ends.
CASES += [(f"smuggling {i}", data, 400) for i, data in enumerate([
    post(b"Content-Length: 12\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    post(b"Transfer-Encoding: chunked\r\nContent-Length: 12\r\n", b"0\r\n\r\n"),
    post(b"Content-Length: 12\r\nContent-Length: 13\r\n", BODY),
    post(b"Content-Length: 12\r\nContent-Length: 12\r\n", BODY),
    post(b"Content-Length: 12\r\ncontent-length: 12\r\n", BODY),
    post(b"Content-Length: +12\r\n", BODY),
    post(b"Content-Length: -1\r\n", BODY),
    post(b"Content-Length: 0x0c\r\n", BODY),
    post(b"Content-Length: 12a\r\n", BODY),
    post(b"Content-Length: 1 2\r\n", BODY),
    post(b"Content-Length: 12,12\r\n", BODY),
    post(b"Content-Length: 12;\r\n", BODY),
    post(b"Content-Length: \"12\"\r\n", BODY),
    post(b"Content-Length: 1e1\r\n", BODY),
    post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"),
    post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
    post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    post(b"Transfer-Encoding: chunked\r\n", b"zz\r\n\r\n"),
    post(b"Transfer-Encoding: chunked\r\n", b"-1\r\n\r\n"),
    OK + b"Host: elsewhere\r\n\r\n",
])]

# Targets.
CASES += [(f"target {target[:24]!r}", b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % target, status)
          for target, status in [
    (b"/health%00", 400), (b"/health%0", 400), (b"/health%zz", 400), (b"/%", 400),
    (b"/health\\", 400), (b"/health#x", 400), (b"/health\x01", 400), (b"/health\x7f", 400),
    (b"/\xff", 400), (b"/health%00.html", 400), (b"health", 400), (b"*", 404),
    (b"http://127.0.0.1/health", 400), (b"/../etc/passwd", 404), (b"/assets/../main.c", 404),
    (b"/assets/%2e%2e%2fmain.c", 404), (b"/assets/..%2f..%2fetc%2fpasswd", 404),
    (b"//health", 404), (b"/health/", 404), (b"/HEALTH", 404), (b"/health?x=%", 400),
    (b"/" + b"a" * 4095, 404), (b"/" + b"a" * 4096, 414), (b"/" + b"a" * 9000, 414),
    (b"/" + b"a" * 20000, 414), (b"/api/query/" + b"x" * 65, 404), (b"/api/query/%3Cscript%3E", 404),
    (b"/api/query?limit=1;drop", 422), (b"/api/query?limit=", 422),
    (b"/api/query?limit=99999999999999999999", 422), (b"/api/query?limit=1e2", 422),
    (b"/api/query?limit=0x10", 422), (b"/api/query?limit=%2B1", 422),
    (b"/api/data/prices/%2e%2e%2fAAPL", 404), (b"/api/data/prices/AAPL?start=2021-02-30", 422),
    (b"/api/predictions?outcome=hit", 422), (b"/api/predictions?from=2021-1-1", 422),
    (b"/api/predictions/a%20b/latest", 422), (b"/api/predictions/.x/latest", 422),
]]

# Header fields.
CASES += [(f"fields {name}", data, status) for name, data, status in [
    ("101 of them", OK + b"".join(b"A%d: x\r\n" % i for i in range(101)) + b"\r\n", 431),
    ("99 of them", OK + b"".join(b"A%d: x\r\n" % i for i in range(99)) + b"\r\n", 200),
    ("16 KiB in one", OK + b"A: " + b"x" * 16384 + b"\r\n\r\n", 431),
    ("20 KiB in many", OK + b"".join(b"A%d: %s\r\n" % (i, b"x" * 1000) for i in range(20)) + b"\r\n", 431),
    ("no host", b"GET /health HTTP/1.1\r\n\r\n", 400),
    ("a strange host", b"GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
    ("a host that begins well", b"GET /health HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", 403),
    ("a rebinding host", b"POST /api/query HTTP/1.1\r\nHost: evil.example:8000\r\nContent-Type: "
     b"application/json\r\nContent-Length: 12\r\n\r\n" + BODY, 403),
    ("two authorizations", OK + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400),
    ("two types", post(b"Content-Type: text/plain\r\nContent-Length: 12\r\n", BODY), 400),
    ("a strange origin", post(b"Origin: https://evil.example\r\nContent-Length: 12\r\n", BODY), 403),
    ("the origin null", post(b"Origin: null\r\nContent-Length: 12\r\n", BODY), 403),
    ("our own origin", post(b"Origin: http://127.0.0.1\r\nContent-Length: 12\r\n", BODY), 422),
    ("a compressed body", post(b"Content-Encoding: gzip\r\nContent-Length: 12\r\n", BODY), 415),
    ("a body where none is read", OK + b"Content-Length: 2\r\n\r\n{}", 400),
    ("a strange expectation", sized(BODY).replace(b"\r\n\r\n", b"\r\nX-A: b\r\n\r\n", 1), 422),
]]

# Methods and protocols.
CASES += [(f"method {method!r}", method + b" /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 405)
          for method in (b"PUT", b"DELETE", b"PATCH", b"TRACE", b"CONNECT", b"get", b"PROPFIND",
                         b"OPTIONS", b"GETT", b"X" * 30, b"POST")]

# Bodies.
CASES += [(f"body {body[:20]!r}", sized(body), status) for body, status in [
    (b"{", 400), (b"}", 400), (b"[]", 400), (b"null", 400), (b"1", 400), (b'"x"', 400), (b"{}", 422),
    (b"{'query': 'x'}", 400), (b'{"query": x}', 400), (b'{"query": "x",}', 400), (b'{"query" "x"}', 400),
    (b'{"query": "x"}{}', 400), (b'{"query": "x"} x', 400), (b'{"query": "\xff"}', 400),
    (b'{"query": "\xc0\xaf"}', 400), (b'{"query": "\xed\xa0\x80"}', 400), (b'{"query": "\xf4\x90\x80\x80"}', 400),
    (b'{"query": "x\x00"}', 400), (b'\xef\xbb\xbf{"query": ""}', 422), (b"\xff\xfe{\x00}\x00", 400),
    (b'{"query": "x", "query": "y"}', 400), (b'{"query": 1}', 422), (b'{"query": []}', 422),
    (b'{"query": {}}', 422), (b'{"query": null}', 422), (b'{"query": true}', 422), (b'{"Query": "x"}', 422),
    (b'{"query": "x", "as_of": "2021-02-29"}', 422), (b'{"query": "x", "timeout_ms": 1e999}', 422),
    (b'{"query": "x", "timeout_ms": -1}', 422), (b'{"query": "x", "extra": 1}', 422),
    (b'{"query": "' + b"x" * 4001 + b'"}', 422), (b"[" * 65 + b"]" * 65, 400), (b"[" * 5000, 400),
    (b'{"a":' * 70 + b"1" + b"}" * 70, 400), (b'{"query": "\\ud800"}', 400), (b'{"query": "\\x"}', 400),
    (b'{"query": nan}', 400), (b"{" + b",".join(b'"a%d":1' % i for i in range(300)) + b"}", 422),
]]
CASES += [
    ("too large by its length", post(b"Content-Length: 1048577\r\n", b""), 413),
    ("far too large by its length", post(b"Content-Length: 999999999999\r\n", b""), 413),
    ("too large by its chunks", post(b"Transfer-Encoding: chunked\r\n",
                                     b"10000\r\n" + b"x" * 65536 + b"\r\n") +
     (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 17 + b"0\r\n\r\n", 413),
    ("chunked", post(b"Transfer-Encoding: chunked\r\n", b"c\r\n" + BODY + b"\r\n0\r\n\r\n"), 422),
    ("chunked, many", post(b"Transfer-Encoding: chunked\r\n", b"".join(
        b"1\r\n%c\r\n" % c for c in BODY) + b"0\r\n\r\n"), 422),
    ("no length", post(b"", b""), 400),
    ("no type", b"POST /api/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 12\r\n\r\n" + BODY, 415),
]

# WebSocket handshakes.
UPGRADE = (b"GET /ws/c HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
CASES += [("upgrade", UPGRADE, 101)]
CASES += [(f"upgrade with {new!r}", UPGRADE.replace(old, new), status) for old, new, status in [
    (b"Version: 13", b"Version: 8", 426), (b"Version: 13", b"Version: 130", 426),
    (b"Upgrade: websocket", b"Upgrade: h2c", 426), (b"Connection: Upgrade", b"Connection: close", 426),
    (b"jZQ==", b"jZQ", 400), (b"dGhlIHNhbXBsZSBub25jZQ==", b"", 400),
    (b"dGhlIHNhbXBsZSBub25jZQ==", b"!!!!!!!!!!!!!!!!!!!!!!==", 400),
    (b"/ws/c", b"/ws/a%20b", 400), (b"/ws/c", b"/ws/" + b"x" * 65, 400), (b"/ws/c", b"/ws/", 404),
    (b"Host: 127.0.0.1\r\n", b"Host: 127.0.0.1\r\nOrigin: https://evil.example\r\n", 403),
    (b"Connection: Upgrade", b"Connection: keep-alive, Upgrade", 101),
]]


def status_of(port, data):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
        try:
            s.sendall(data)
        except OSError:
            pass
        answer = b""
        while b"\r\n" not in answer:
            try:
                got = s.recv(65536)
            except OSError:
                break
            if not got:
                break
            answer += got
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 2 and words[0].startswith(b"HTTP/1.") else 0


def main():
    wrong = 0
    with running(sys.argv[2], "--rate-limit", "0") as server:
        for name, data, expected in CASES:
            got = status_of(server.port, data)
            if got != expected:
                wrong += 1
                print(f"{name}: {got} instead of {expected}")
        assert status_of(server.port, OK + b"\r\n") == 200, "the server does not answer any more"
    print(f"{len(CASES)} cases, {wrong} wrong")
    sys.exit(1 if wrong or len(CASES) < 120 else 0)


main()
