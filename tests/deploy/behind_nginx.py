#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""behind_nginx.py BUILD BINARY: deploy/nginx/ape.conf in front of three servers, PostgreSQL and Redis.

The configuration is the one that is shipped, but for its ports and the paths of its certificate.
"""
import contextlib
import http.client
import json
import pathlib
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "server"))
from support import ROOT, Server, free_port, postgres, redis, skip, use_packages, wait_until

use_packages(sys.argv[1], ROOT / "tests/deploy/requirements.txt")
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

BINARY, NAME = sys.argv[2], "ape.example.com"
# Production takes no secret that looks made up.
KEY, SECRET = secrets.token_hex(24), secrets.token_hex(32)
QUESTION = {"query": "Sharpe ratio of AAPL in 2021"}


class Site:
    """nginx and three servers; knows how to ask them as a client outside would."""

    def __init__(self, folder, database, bus):
        self.folder = pathlib.Path(folder)
        self.settings = {"ENVIRONMENT": "production", "SECRET_KEY": SECRET, "API_KEYS": KEY, "LLM_CHAIN": "builtin",
                         "DATABASE_URL": database.replace("make-believe-password", KEY), "REDIS_URL": bus}
        self.ports, self.port = [free_port() for _ in range(3)], free_port()
        self.servers = [self.start(i) for i in range(3)]
        self.make_certificate()
        self.nginx = self.start_nginx()

    def start(self, i):
        folder = self.folder / f"server-{i}"
        folder.mkdir(exist_ok=True)
        return Server(BINARY, folder, "--listen", f"127.0.0.1:{self.ports[i]}", "--rate-limit", "0",
                      "--drain-delay-ms", "500", settings=self.settings)

    def make_certificate(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
                        "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", self.folder / "key", "-out", self.folder / "pem"],
                       check=True, capture_output=True)
        self.tls = ssl.create_default_context(cafile=str(self.folder / "pem"))

    def start_nginx(self):
        shipped = (ROOT / "deploy/nginx/ape.conf").read_text()
        shipped = shipped.replace("listen 443 ", f"listen 127.0.0.1:{self.port} ")
        for i, port in enumerate(self.ports):
            shipped = shipped.replace(f"127.0.0.1:800{i + 1}", f"127.0.0.1:{port}")
        shipped = re.sub(r"/etc/ssl/ape\.example\.com\.", f"{self.folder}/", shipped)
        paths = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;\n" if (self.folder.stat().st_uid == 0) else ""
        (self.folder / "nginx.conf").write_text(
            f"{user}daemon off;\npid {self.folder}/nginx.pid;\nerror_log {self.folder}/error.log;\n"
            f"events {{ worker_connections 1024; }}\nhttp {{\naccess_log off;\n{paths}{shipped}}}\n")
        command = [shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-c", str(self.folder / "nginx.conf")]
        subprocess.run([*command, "-t"], check=True, capture_output=True)
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", self.port)) == 0, "nginx does not start")
        return process

    def connection(self):
        made = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.tls)
        made.sock = self.tls.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 60), server_hostname=NAME)
        return made

    def ask(self, method, path, body=None, **headers):
        connection = self.connection()
        connection.request(method, path, body and json.dumps(body),
                           {"Host": NAME, "Authorization": f"Bearer {KEY}", "Content-Type": "application/json",
                            **{name.replace("_", "-"): value for name, value in headers.items()}})
        response = connection.getresponse()
        with contextlib.closing(connection):
            return response.status, response.read(), response.headers

    @contextlib.contextmanager
    def socket(self, name):
        """A WebSocket through nginx; the token of a browser's way in."""
        token = json.loads(self.ask("POST", "/api/tokens", {})[1])["token"]
        raw = self.tls.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 30), server_hostname=NAME)
        with connect(f"ws://{NAME}/ws/{name}", sock=raw, open_timeout=60,
                     subprotocols=["ape.v1", f"ape.bearer.{token}"]) as made:
            yield made

    def stop(self):
        self.nginx.terminate()
        self.nginx.wait(20)
        for server in self.servers:
            server.stop()


def requests_of(server):
    return sum(line["message"] == "request" for line in server.lines())


def test_all_ways_in(site):
    status, page, headers = site.ask("GET", "/")
    assert status == 200 and b"<!doctype html>" in page and headers["Strict-Transport-Security"]
    assert headers["Server"] == "nginx" and headers["Content-Security-Policy"], "a banner, or no policy"
    status, answer, _ = site.ask("POST", "/api/query", QUESTION)
    assert status == 200 and json.loads(answer)["status"] == "verified", answer
    status, stream, _ = site.ask("POST", "/api/query", QUESTION, Accept="text/event-stream")
    assert status == 200 and stream.count(b"event: stage") == 4 and stream.count(b"event: answer") == 1
    status, completion, _ = site.ask("POST", "/v1/chat/completions",
                                     {"messages": [{"role": "user", "content": "beta of KO"}]})
    assert status == 200 and json.loads(completion)["choices"], completion
    assert site.ask("GET", "/api/query", Authorization="Bearer make-believe-wrong-key-0123456789")[0] == 401
    assert site.ask("POST", "/api/query", {"query": "x" * 1100000})[0] == 413


def test_each_server_does_its_share(site):
    before = [requests_of(server) for server in site.servers]
    for _ in range(30):
        assert site.ask("GET", "/v1/models")[0] == 200
    shares = [requests_of(server) - was for server, was in zip(site.servers, before)]
    assert sum(shares) == 30 and min(shares) >= 5, shares


def test_what_one_answered_all_know(site):
    query_id = json.loads(site.ask("POST", "/api/query", QUESTION)[1])["query_id"]
    for _ in range(6):
        status, record, _ = site.ask("GET", f"/api/query/{query_id}")
        assert status == 200 and json.loads(record)["answer"]["query_id"] == query_id


def take(connection, kind):
    message = json.loads(connection.recv(timeout=30))
    assert message["type"] == kind, message
    return message


def sockets_of(server):
    """How many WebSockets it has, by its own metrics."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {KEY}"})
    text = connection.getresponse().read().decode()
    connection.close()
    return int(float(re.search(r"^ape_ws_connections (\S+)", text, re.M)[1]))


def test_a_websocket_is_taken_over(site):
    """Its server ends while questions are asked: the client comes back, to another, and misses nothing."""
    with site.socket("mover") as first:
        token = take(first, "welcome")["resume_token"]
        first.send(json.dumps({"type": "subscribe", "channel": "queries"}))
        take(first, "subscribed")
        holder = next(i for i, server in enumerate(site.servers) if sockets_of(server) == 1)
        asked = [json.loads(site.ask("POST", "/api/query", QUESTION)[1])["query_id"]]
        heard = [take(first, "message") for _ in range(5)]
        site.servers[holder].signal(signal.SIGTERM)
        try:
            while True:
                heard.append(take(first, "message"))
        except ConnectionClosed as closed:
            assert closed.rcvd and closed.rcvd.code == 1001, closed
    asked += [json.loads(site.ask("POST", "/api/query", QUESTION)[1])["query_id"] for _ in range(4)]
    with site.socket("mover") as again:
        take(again, "welcome")
        last = {key: heard[-1][key] for key in ("channel", "epoch", "offset")}
        again.send(json.dumps({"type": "resume", "token": token, "channels": [last]}))
        take(again, "subscribed")
        while len({m["data"]["query_id"] for m in heard if m["data"]["type"] == "answer"}) < len(asked):
            heard.append(take(again, "message"))
        assert sockets_of(site.servers[(holder + 1) % 3]) + sockets_of(site.servers[(holder + 2) % 3]) == 1
    assert len({(m["epoch"], m["offset"]) for m in heard}) == len(heard), "something was told twice"
    assert [m["data"]["query_id"] for m in heard if m["data"]["type"] == "answer"] == asked
    assert site.servers[holder].process.wait(40) == 0
    site.servers[holder] = site.start(holder)


class Load:
    """Clients that ask all the time; counts what they get."""

    def __init__(self, site, method, path, body=None, clients=6):
        self.site, self.what, self.end = site, (method, path, body), threading.Event()
        self.results = []
        self.threads = [threading.Thread(target=self.go_on) for _ in range(clients)]

    def go_on(self):
        while not self.end.is_set():
            self.results.append(self.site.ask(*self.what)[0])

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        for thread in self.threads:
            thread.join()

    def more(self, count):
        wanted = len(self.results) + count
        wait_until(lambda: len(self.results) >= wanted, f"no {count} more answers", 60)


def test_servers_are_changed_one_by_one(site):
    """Each ends in its own time and comes back; no client sees it."""
    with Load(site, "POST", "/api/query", {"query": "last price of AAPL"}) as load:
        for i in range(3):
            load.more(10)
            site.servers[i].signal(signal.SIGTERM)
            assert site.servers[i].process.wait(40) == 0
            load.more(10)
            site.servers[i] = site.start(i)
        load.more(10)
    assert set(load.results) == {200}, {status: load.results.count(status) for status in set(load.results)}


def test_a_server_is_killed(site):
    """What it had in hand may be lost, nothing else is."""
    with Load(site, "POST", "/api/query", {"query": "last price of AAPL"}) as load:
        load.more(20)
        site.servers[1].signal(signal.SIGKILL)
        site.servers[1].process.wait(20)
        load.more(60)
    lost = [status for status in load.results if status != 200]
    assert set(lost) <= {502} and len(lost) <= 6, load.results
    assert load.results[-30:] == [200] * 30
    site.servers[1] = site.start(1)
    with Load(site, "GET", "/v1/models") as load:
        load.more(50)
        site.servers[2].signal(signal.SIGKILL)
        site.servers[2].process.wait(20)
        load.more(100)
    assert set(load.results) == {200}, "a GET is asked again elsewhere"


def main():
    for program in ("nginx", "redis-server", "openssl"):
        if not shutil.which(program, path="/usr/sbin:/usr/bin"):
            skip(f"{program} is not installed")
    with tempfile.TemporaryDirectory(prefix="ape-site-") as folder, postgres() as database, redis() as bus:
        site = Site(folder, database, bus)
        try:
            for name, test in list(globals().items()):
                if name.startswith("test_"):
                    test(site)
                    print(f"ok   {name}", flush=True)
        finally:
            site.stop()


main()
