#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""life.py BUILD BINARY: keys, tokens, limits, reload, slow clients."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from support import Server, running

BINARY = sys.argv[2]
SECRET = "make-believe-secret-for-tests-only-0123456789abcdef"
KEY, OTHER = "make-believe-key-one-0123456789abcdef", "make-believe-key-two-0123456789abcdef"


def ask(server, path, headers=None, body=None, method=None):
    request = urllib.request.Request(server.url + path, headers=headers or {}, method=method,
                                     data=None if body is None else json.dumps(body).encode())
    if body is not None:
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"null"), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()), error.headers


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def encode(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(head=None, claims=None, key=SECRET, digest=hashlib.sha256):
    now = int(time.time())
    text = encode({"alg": "HS256", "typ": "ape-access+jwt", **(head or {})}) + "." + encode(
        {"iss": "ape", "aud": "ape", "sub": "x", "iat": now, "exp": now + 60, **(claims or {})})
    return text + "." + encode(hmac.new(key.encode(), text.encode(), digest).digest())


def bad_tokens():
    """What RFC 8725 warns of, and what a tired client sends."""
    now, good = int(time.time()), token()
    head, claims, mac = good.split(".")
    for alg in ("none", "None", "HS384", "HS512", "RS256", "ES256", "hs256", "", None, 1):
        yield token({"alg": alg})
    for typ in ("JWT", "ape-resume+jwt", "", None):
        yield token({"typ": typ})
    for changed in ({"iss": "other"}, {"iss": None}, {"aud": "other"}, {"aud": ["ape"]}, {"sub": ""},
                    {"sub": None}, {"sub": 5}, {"sub": "x" * 65}, {"exp": now - 1}, {"exp": None},
                    {"exp": "soon"}, {"exp": -1}, {"iat": now + 3600}, {"iat": None}, {"nbf": now + 3600},
                    {"nbf": "later"}):
        yield token(claims=changed)
    yield token({"crit": ["exp"]})
    yield token(key="make-believe-other-secret-0123456789abcdef-x")
    yield token(digest=hashlib.sha512)
    yield from (head + "." + claims + ".", head + "." + claims, "." + claims + "." + mac, good + ".",
                good + "=", good[:-1], good + "A", mac + "." + claims + "." + head, "a.b.c", "..", ".",
                encode({"alg": "none", "typ": "ape-access+jwt"}) + "." + claims + ".",
                head + "." + encode(b"not json") + "." + mac, "x" * 2000, good.replace(".", " "))


def test_keys_and_tokens():
    with running(BINARY, settings={"API_KEYS": f"ci:{KEY},{OTHER}", "SECRET_KEY": SECRET}) as server:
        assert ask(server, "/health")[0] == 200
        status, problem, headers = ask(server, "/api/data/tickers")
        assert status == 401 and headers["WWW-Authenticate"].startswith("Bearer"), problem
        for key in (KEY, OTHER):
            assert ask(server, "/api/data/tickers", bearer(key))[0] == 200
            assert ask(server, "/api/data/tickers", {"X-API-Key": key})[0] == 200
        for wrong in ("", "x", KEY[:-1], KEY + "x", KEY.upper(), f"ci:{KEY}"):
            assert ask(server, "/api/data/tickers", bearer(wrong))[0] == 401, wrong
        issued = ask(server, "/api/tokens", bearer(KEY), {"ttl_s": 60})[1]["token"]
        assert ask(server, "/api/data/tickers", bearer(issued))[0] == 200
        assert ask(server, "/api/data/tickers", bearer(token()))[0] == 200
        bad = list(bad_tokens())
        assert len(bad) >= 40, len(bad)
        for wrong in bad:
            assert ask(server, "/api/data/tickers", bearer(wrong))[0] == 401, wrong
        for secret in (KEY, OTHER, SECRET, issued):
            assert secret not in server.log(), "a secret is in the log"


def test_hashed_keys():
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    with running(BINARY, settings={"API_KEYS": f"ci:sha256:{digest},sha256:{digest[::-1].upper()}"}) as server:
        assert ask(server, "/v1/models", bearer(KEY))[0] == 200
        for wrong in (OTHER, digest, f"sha256:{digest}"):
            assert ask(server, "/v1/models", bearer(wrong))[0] == 401, wrong


def test_guessing_is_limited():
    with running(BINARY, "--rate-limit", "5/60", settings={"API_KEYS": KEY}) as server:
        guesses = [ask(server, "/v1/models", bearer(f"guess-{i}")) for i in range(7)]
        assert [g[0] for g in guesses] == [401] * 5 + [429] * 2
        assert int(guesses[6][2]["Retry-After"]) >= 1
        assert ask(server, "/v1/models", bearer(KEY))[0] == 200, "who has a key is not shut out"


def test_an_open_server_must_be_local():
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([BINARY, "--listen", "0.0.0.0:0", "--env-file", "none"], timeout=30,
                              env={"APE_STATE_DIR": folder}, capture_output=True, text=True)
    assert done.returncode == 1 and "API_KEYS" in done.stderr, done.stderr


def test_an_inherited_socket():
    """As systemd hands one over: descriptor 3, LISTEN_FDS and LISTEN_PID."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = subprocess.Popen(
            ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"', BINARY, "--listen", "127.0.0.1:1",
             "--env-file", f"{folder}/env"], env={"APE_STATE_DIR": folder, "PATH": os.environ["PATH"]},
            stderr=subprocess.PIPE, text=True, close_fds=False,
            preexec_fn=lambda: (os.dup2(listener.fileno(), 3), os.set_inheritable(3, True)))
        try:
            # Who comes before the server is there waits in the socket.
            for _ in range(3):
                with urllib.request.urlopen(url + "/health", timeout=30) as answer:
                    assert json.loads(answer.read())["status"] == "healthy"
        finally:
            process.terminate()
            log = process.communicate(timeout=40)[1]
        assert process.returncode == 0 and url in log, log


def test_the_rate_limit():
    with running(BINARY, "--rate-limit", "5/60") as server:
        results = [ask(server, "/v1/models") for _ in range(7)]
        assert [r[0] for r in results] == [200] * 5 + [429] * 2
        assert results[0][2]["RateLimit-Policy"] == '"default";q=5;w=60'
        assert results[0][2]["RateLimit"].startswith('"default";r=4;t=')
        assert 1 <= int(results[6][2]["Retry-After"]) <= 13
        assert ask(server, "/health")[0] == 200, "probes are not limited"


def test_reload():
    with tempfile.TemporaryDirectory() as folder:
        env = pathlib.Path(folder) / "env"
        env.write_text(f"API_KEYS={KEY}\n")
        server = Server(BINARY, folder)
        try:
            assert ask(server, "/v1/models", bearer(OTHER))[0] == 401
            env.write_text(f"API_KEYS={KEY},{OTHER}\n")
            server.signal(signal.SIGHUP)
            wait(lambda: ask(server, "/v1/models", bearer(OTHER))[0] == 200)
            env.write_text("API_KEYS=x\nLLM_RETRIES=many\n")
            server.signal(signal.SIGHUP)
            wait(lambda: "not reloaded" in server.log())
            assert ask(server, "/v1/models", bearer(OTHER))[0] == 200, "the old settings are gone"
        finally:
            server.stop()


def wait(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def test_slow_clients_are_cut():
    with running(BINARY) as server:
        slow = []
        for i in range(300):
            s = socket.create_connection(("127.0.0.1", server.port))
            s.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n" if i % 2 else b"G")
            slow.append(s)
        begun, served = time.monotonic(), 0
        while time.monotonic() - begun < 12:
            for s in slow:
                try:
                    s.send(b"a")
                except OSError:
                    pass
            assert ask(server, "/health")[0] == 200
            served += 1
            time.sleep(0.2)
        assert served > 20
        open_ones = sum(is_open(s) for s in slow)
        assert open_ones == 0, f"{open_ones} slow clients are still there after 12 s"


def is_open(s):
    s.settimeout(0.01)
    try:
        return s.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            begun = time.monotonic()
            test()
            print(f"ok   {name} ({time.monotonic() - begun:.1f} s)", flush=True)


main()
