# SPDX-License-Identifier: MIT
"""Prices from a service, and from files, into the folder of a market."""
from __future__ import annotations

import http.server
import pathlib
import threading
from typing import Any, Iterator

import ape
import pytest

CSV = "Date,Open,High,Low,Close,Volume\n2022-12-27,10,12,9,11,100\n2022-12-28,11,13,10,12,200\n"


class Service(http.server.BaseHTTPRequestHandler):
    """Speaks Stooq's CSV; knows one ticker."""

    def do_GET(self) -> None:
        known = "s=shop.us" in self.path
        content = (CSV if known else "No data").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def settings() -> Iterator[ape.Settings]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield ape.Settings({"APE_DATA_SOURCES": "stooq",
                        "STOOQ_URL": f"http://127.0.0.1:{server.server_port}"}, environment=False)
    server.shutdown()
    server.server_close()


def test_a_market_sees_what_was_fetched(settings: ape.Settings, tmp_path: pathlib.Path) -> None:
    feed = ape.PriceFeed(tmp_path, settings=settings, retries=0)
    assert feed.put("HAND", "Date,Close\n2022-12-23,1.5\n")["status"] == "imported"
    market = ape.Market(tmp_path)
    report = feed.fetch(["SHOP", "NOSUCH"])
    assert (report["fetched"], report["failed"]) == (1, 1)
    shop, other = report["tickers"]
    assert (shop["source"], shop["rows"], shop["last"]) == ("stooq", 2, "2022-12-28")
    assert other["reason"] == "not_found" and other["error"] == "stooq: not known there"
    assert market.newest_date() == "2022-12-23"
    market.reload()
    assert market.newest_date() == "2022-12-28"
    assert feed.fetch(["SHOP"])["kept"] == 1


def test_what_cannot_be_imported(tmp_path: pathlib.Path) -> None:
    feed = ape.PriceFeed(tmp_path)
    for wrong in ("", "nonsense", "Date,Close\n2022-12-23,-1\n", b"Date,Close\n2022-12-23,1\0\n"):
        with pytest.raises(ape.FormatError):
            feed.put("SHOP", wrong)
    feed.put("SHOP", "Date,Close\n2022-12-23,1.5\n")
    with pytest.raises(ape.StateError):
        feed.put("SHOP", "Date,Close\n2022-12-23,2.5\n")
    with pytest.raises(ape.InvalidError):
        feed.put("../SHOP", "Date,Close\n2022-12-23,1.5\n")
    with pytest.raises(ape.InvalidError):
        feed.fetch([])
    with pytest.raises(TypeError, match="tickers"):
        ape.PriceFeed(tmp_path, tickers=3)


def test_a_dead_service_is_named(tmp_path: pathlib.Path) -> None:
    settings = ape.Settings({"APE_DATA_SOURCES": "stooq", "STOOQ_URL": "http://127.0.0.1:1"},
                            environment=False)
    report = ape.PriceFeed(tmp_path, settings=settings, retries=0).fetch(["SHOP"])
    assert report["tickers"][0]["reason"] == "unavailable"
    assert "stooq" in report["tickers"][0]["error"]
