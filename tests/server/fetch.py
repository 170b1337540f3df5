#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fetch.py BUILD BINARY: prices are fetched into the server's folder, and questions see them."""
import datetime
import http.server
import json
import pathlib
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

from support import running


def prices():
    """Twelve years of days up to yesterday, in the words of Stooq."""
    day, lines = datetime.date.today() - datetime.timedelta(days=4380), []
    while day < datetime.date.today():
        if day.weekday() < 5:
            price = 50 + len(lines) % 97 * 0.25
            lines.append(f"{day},{price},{price + 1},{price - 1},{price},1000")
        day += datetime.timedelta(days=1)
    return "Date,Open,High,Low,Close,Volume\n" + "\n".join(lines) + "\n"


class Service(http.server.BaseHTTPRequestHandler):
    text, asked = prices(), []

    def do_GET(self):
        symbol = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("s", [""])[0].lower()
        self.asked.append(symbol)
        body = (self.text if symbol.startswith("abc") else "No data").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def one_file(folder):
    """A folder of prices as a server wants it: with something in it."""
    data = pathlib.Path(folder) / "prices"
    data.mkdir()
    (data / "KO.csv").write_text("Date,Close\n2021-01-04,50\n2021-01-05,51\n")
    return data


def post(server, path, body):
    request = urllib.request.Request(server.url + path, data=json.dumps(body).encode(),
                                     headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=90) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_fetch(address):
    with tempfile.TemporaryDirectory(prefix="ape-fetch-") as folder:
        data = one_file(folder)
        with running(sys.argv[2], settings={"APE_DATA_DIR": str(data), "STOOQ_URL": address,
                                            "APE_DATA_SOURCES": "stooq"}) as server:
            status, report = post(server, "/api/data/fetch", {"tickers": ["ABC", "NOSUCH"]})
            assert status == 200 and report["fetched"] == 1 and report["failed"] == 1, report
            by_name = {entry["ticker"]: entry for entry in report["tickers"]}
            assert by_name["ABC"]["rows"] > 3000 and by_name["ABC"]["source"] == "stooq"
            assert by_name["NOSUCH"]["reason"] == "not_found", by_name
            assert (data / "ABC.csv").exists()
            status, answer = post(server, "/api/query", {"query": "Sharpe ratio of ABC in 2021"})
            assert status == 200 and answer["status"] == "verified", answer
            asked = len(Service.asked)
            status, report = post(server, "/api/data/fetch", {"tickers": ["ABC"]})
            assert report["kept"] == 1 and len(Service.asked) == asked, "fetched again at once"


def test_a_service_that_is_away(_):
    with tempfile.TemporaryDirectory(prefix="ape-fetch-") as folder:
        with running(sys.argv[2], settings={"APE_DATA_DIR": str(one_file(folder)),
                                            "STOOQ_URL": "http://127.0.0.1:1",
                                            "APE_DATA_SOURCES": "stooq"}) as server:
            status, report = post(server, "/api/data/fetch", {"tickers": ["ABC"]})
            assert status == 200 and report["tickers"][0]["reason"] == "unavailable", report


def test_without_a_folder(_):
    with running(sys.argv[2]) as server:
        status, problem = post(server, "/api/data/fetch", {"tickers": ["ABC"]})
        assert status == 501 and "APE_DATA_DIR" in problem["detail"], problem


def main():
    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test(f"http://127.0.0.1:{service.server_port}")
            print(f"ok   {name}", flush=True)
    service.shutdown()


if __name__ == "__main__":
    main()
