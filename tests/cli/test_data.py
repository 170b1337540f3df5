# SPDX-License-Identifier: MIT
"""Prices that are fetched and imported: from services that speak the real formats, on loopback."""
import http.server
import json
import threading

import pytest

DAY = 86400
FIRST = 1609770600  # 2021-01-04 14:30 UTC


def chart(ticker, days=60):
    times = [FIRST + day * DAY for day in range(days) if day % 7 < 5]
    closes = [100 * 1.001 ** number for number in range(len(times))]
    quote = {"open": closes, "high": closes, "low": closes, "close": closes,
             "volume": [1000] * len(times)}
    return {"chart": {"error": None, "result": [{
        "meta": {"symbol": ticker, "gmtoffset": -18000}, "timestamp": times,
        "events": {"dividends": {str(times[9]): {"amount": 0.25, "date": times[9]}}},
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": closes}]}}]}}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ticker = self.path.split("?")[0].rsplit("/", 1)[-1]
        self.server.asked.append(self.path)
        known = ticker != "NOSUCH"
        body = json.dumps(chart(ticker) if known else {"chart": {
            "result": None, "error": {"code": "Not Found", "description": "..."}}}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *unused):
        pass


@pytest.fixture
def yahoo():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def settings(yahoo, tmp_path):
    return {"YAHOO_URL": f"http://127.0.0.1:{yahoo.server_address[1]}",
            "APE_DATA_SOURCES": "yahoo", "APE_DATA_DIR": str(tmp_path / "prices")}


def test_fetched_prices_are_computed_with(ape, yahoo, tmp_path):
    environment = settings(yahoo, tmp_path)
    outcome = ape("data", "fetch", "ABC", "XYZ", **environment)
    assert outcome.status == 0, outcome.err
    assert "ABC      fetched  yahoo        2021-01-04 to" in outcome.out
    assert "1 actions" in outcome.out
    code = (b"import yfinance as yf\n"
            b"h = yf.Ticker('ABC').history(period='max')\n"
            b"print(len(h), h['Dividends'].sum())")
    outcome = ape("exec", "-", stdin=code, **environment)
    assert outcome.out == "44 0.25\n", outcome.err
    listed = ape("data", "list", "--json", **environment).json
    assert [entry["ticker"] for entry in listed] == ["ABC", "XYZ"]


def test_one_that_fails_spoils_no_other(ape, yahoo, tmp_path):
    environment = settings(yahoo, tmp_path)
    outcome = ape("data", "fetch", "--json", "NOSUCH", "ABC", **environment)
    assert outcome.status == 1
    assert outcome.json["fetched"] == 1 and outcome.json["failed"] == 1
    assert outcome.json["tickers"][0]["reason"] == "not_found"
    asked = len(yahoo.asked)
    outcome = ape("data", "fetch", "--json", "ABC", **environment)
    assert outcome.json["kept"] == 1 and len(yahoo.asked) == asked
    outcome = ape("data", "fetch", "--json", "--refresh", "ABC", **environment)
    assert outcome.json["fetched"] == 1 and len(yahoo.asked) == asked + 1


def test_no_network_is_said_clearly(ape, yahoo, tmp_path):
    environment = settings(yahoo, tmp_path)
    yahoo.socket.close()
    outcome = ape("data", "fetch", "ABC", **environment)
    assert outcome.status == 1
    assert outcome.err.startswith("ape: ABC: yahoo: cannot be reached")


def test_a_folder_must_be_named(ape):
    outcome = ape("data", "fetch", "ABC")
    assert outcome.status == 2
    assert "set APE_DATA_DIR, or name one (--data DIR)" in outcome.err


def test_import_takes_actions_from_beside(ape, tmp_path):
    (tmp_path / "ABC.csv").write_text("Date,Close\n2021-01-04,10\n2021-01-05,11\n")
    (tmp_path / "ABC.actions.csv").write_text("Date,Dividends\n2021-01-05,0.5\n")
    prices = ["data", "import", "--data", "prices"]
    outcome = ape(*prices, "ABC.csv")
    assert outcome.status == 0 and "2 rows, 1 actions" in outcome.out
    outcome = ape(*prices, "ABC.csv")
    assert outcome.status == 1 and "--replace" in outcome.err
    assert ape(*prices, "--replace", "--ticker", "ABC", "ABC.csv").status == 0


def test_import_of_a_reply(ape, tmp_path):
    (tmp_path / "reply.json").write_text(json.dumps(chart("DEF")))
    outcome = ape("data", "import", "--data", "prices", "--format", "yahoo", "--ticker", "DEF",
                  "reply.json")
    assert outcome.status == 0 and "44 rows, 1 actions" in outcome.out
    (tmp_path / "bad.csv").write_text("<html>")
    outcome = ape("data", "import", "--data", "prices", "--ticker", "X", "bad.csv")
    assert outcome.status == 1 and "X.csv: line 1" in outcome.err
    assert not (tmp_path / "prices" / "X.csv").exists()


@pytest.mark.parametrize("arguments, says", [
    (("fetch",), "name the tickers"),
    (("import",), "name the files"),
    (("import", "--ticker", "A", "x.csv", "y.csv"), "go with one file"),
])
def test_wrong_usage(ape, arguments, says):
    outcome = ape("data", *arguments)
    assert outcome.status == 2 and says in outcome.err
