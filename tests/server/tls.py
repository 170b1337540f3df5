#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tls.py BUILD BINARY: HTTPS and WebSockets over TLS, spoken by the server itself."""
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.request

from support import Server, skip
from websocket import Client, message

BINARY = sys.argv[2]


def make_certificate(folder):
    certificate, key = pathlib.Path(folder) / "cert.pem", pathlib.Path(folder) / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out",
                    str(certificate)], check=True, capture_output=True)
    return certificate, key


def context(certificate, highest=None):
    made = ssl.create_default_context(cafile=str(certificate))
    if highest:
        made.minimum_version, made.maximum_version = ssl.TLSVersion.TLSv1, highest
        made.set_ciphers("ALL:@SECLEVEL=0")
    return made


def test_https(server, certificate):
    for highest in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
        made = context(certificate)
        made.maximum_version = highest
        with urllib.request.urlopen(server.url + "/health", timeout=30, context=made) as answer:
            assert json.loads(answer.read())["status"] == "healthy"
            assert "max-age" in answer.headers["Strict-Transport-Security"]
    body = json.dumps({"query": "Sharpe ratio of AAPL in 2021"}).encode()
    request = urllib.request.Request(server.url + "/api/query", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60, context=context(certificate)) as answer:
        assert json.loads(answer.read())["status"] == "verified"


def test_what_is_too_old(server, certificate):
    for highest in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as s:
                context(certificate, highest).wrap_socket(s, server_hostname="127.0.0.1")
        except (ssl.SSLError, ConnectionError):
            continue
        raise AssertionError(f"{highest} was taken")


def test_plain_text(server, _):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as s:
        s.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        try:
            got = s.recv(100)
        except ConnectionError:
            got = b""
        assert not got.startswith(b"HTTP"), got


def test_websockets(server, certificate):
    clients = [Client(server, f"c{i}", ssl=context(certificate)) for i in range(50)]
    for client in clients:
        client.send(message(type="ping", id="x" * 30000))
    for client in clients:
        assert client.json() == {"type": "pong", "id": "x" * 30000}
    for client in clients[:25]:
        client.socket.close()
    for client in clients[25:]:
        client.send(message(type="subscribe", channel="queries"))
        assert client.json()["type"] == "subscribed"
    server.signal(15)
    assert [client.close_code() for client in clients[25:]] == [1001] * 25
    assert server.process.wait(40) == 0, server.log()[-1500:]


def test_bad_files(folder, certificate, key):
    for arguments in (["--tls-cert", str(certificate)], ["--tls-key", str(key)],
                      ["--tls-cert", str(certificate), "--tls-key", f"{folder}/none"],
                      ["--tls-cert", "/dev/null", "--tls-key", str(key)],
                      ["--tls-cert", str(key), "--tls-key", str(certificate)]):
        done = subprocess.run([BINARY, "--listen", "127.0.0.1:0", "--env-file", f"{folder}/env", *arguments],
                              env={"APE_STATE_DIR": folder}, capture_output=True, text=True, timeout=60)
        assert done.returncode != 0 and done.stderr.strip(), arguments
        assert "PRIVATE KEY" not in done.stderr, done.stderr


def main():
    with tempfile.TemporaryDirectory(prefix="ape-tls-") as folder:
        try:
            certificate, key = make_certificate(folder)
        except OSError:
            skip("there is no openssl")
        server = Server(BINARY, folder, "--rate-limit", "0", "--tls-cert", str(certificate),
                        "--tls-key", str(key))
        try:
            if not server.url.startswith("https://"):
                raise AssertionError(server.url)
            for test in (test_https, test_what_is_too_old, test_plain_text, test_websockets):
                test(server, certificate)
                print(f"ok   {test.__name__}", flush=True)
        finally:
            server.stop()
        test_bad_files(folder, certificate, key)
        print("ok   test_bad_files")


if __name__ == "__main__":
    main()
