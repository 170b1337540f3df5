# SPDX-License-Identifier: MIT
import pytest


@pytest.mark.critical
def test_tickers(client):
    body = client.get("/api/data/tickers").json()
    names = [entry["ticker"] for entry in body["tickers"]]
    assert "AAPL" in names
    assert names == sorted(names)
    assert body["newest"] == max(entry["last"] for entry in body["tickers"])


@pytest.mark.critical
def test_prices_of_a_window(client):
    body = client.get("/api/data/prices/AAPL",
                      params={"start": "2021-01-04", "end": "2021-12-31"}).json()
    assert body["dates"][0] == "2021-01-04" and body["dates"][-1] == "2021-12-31"
    assert len({len(body[name]) for name in ("dates", "close", "drawdown",
                                             "rolling_volatility")}) == 1
    assert all(price > 0 for price in body["close"])
    assert max(body["drawdown"]) == 0 and min(body["drawdown"]) > -1


def test_prices_end_at_as_of(client):
    body = client.get("/api/data/prices/AAPL", params={"as_of": "2020-02-28"}).json()
    assert body["dates"][-1] == "2020-02-28"


def test_prices_of_an_unknown_ticker(client):
    assert client.get("/api/data/prices/NOSUCH").status_code == 404


@pytest.mark.parametrize("name", ["start", "end", "as_of"])
@pytest.mark.parametrize("value", ["x", "2021-13-01", "2021-02-29", "2021-01-01T00:00:00", ""])
def test_a_bad_date_is_named(client, name, value):
    response = client.get("/api/data/prices/AAPL", params={name: value})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == name


@pytest.mark.parametrize("body", [{}, {"tickers": "AAPL"}, {"tickers": []}, {"tickers": [1]},
                                  {"tickers": ["../x"]}, {"tickers": ["AAPL"], "start": "x"},
                                  {"tickers": ["AAPL"], "more": 1}])
def test_a_bad_fetch(client, body):
    assert client.post("/api/data/fetch", json=body).status_code == 422


@pytest.mark.parametrize("ticker", ["..%2F..%2Fetc%2Fpasswd", "%2e%2e", "AAPL%00", "A" * 100])
def test_a_ticker_is_no_path(client, ticker):
    assert client.get(f"/api/data/prices/{ticker}").status_code in (400, 404, 422)
