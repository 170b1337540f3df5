# SPDX-License-Identifier: MIT
import pytest


@pytest.fixture(scope="module")
def forecast(ask):
    answer = ask("Where will AAPL be in 30 days?", as_of="2021-06-30", provider="builtin")
    assert answer["status"] == "verified"
    return answer


@pytest.mark.critical
@pytest.mark.realapi
def test_a_forecast_becomes_a_prediction(client, forecast):
    assert forecast["prediction_id"]
    latest = client.get("/api/predictions/AAPL/latest")
    assert latest.status_code == 200
    assert latest.json()["ticker"] == "AAPL"
    listed = client.get("/api/predictions", params={"ticker": "AAPL", "limit": 1000}).json()
    mine = [p for p in listed["predictions"] if p["id"] == forecast["prediction_id"]]
    assert len(mine) == 1
    values = forecast["result"]["values"]
    assert mine[0]["low"] == values["price_low"] and mine[0]["high"] == values["price_high"]
    assert mine[0]["target_date"] == values["target_date"]


@pytest.mark.critical
@pytest.mark.realapi
def test_it_is_checked_against_what_happened(client, forecast):
    checked = client.post("/api/predictions/check-actuals", json={})
    assert checked.status_code == 200
    history = client.get("/api/predictions/AAPL/history", params={"limit": 1000}).json()
    mine = [p for p in history["predictions"] if p["id"] == forecast["prediction_id"]][0]
    assert mine["outcome"] in ("HIT", "NEAR", "MISS") and mine["actual"] > 0
    record = client.get("/api/predictions/track-record", params={"ticker": "AAPL"}).json()
    assert record["checked"] == record["hits"] + record["nears"] + record["misses"] >= 1


@pytest.mark.critical
@pytest.mark.realapi
def test_the_corridor(client, forecast):
    corridor = client.get("/api/predictions/AAPL/corridor").json()["corridor"]
    assert forecast["result"]["values"]["target_date"] in [p["target_date"] for p in corridor]
    assert all(p["low"] <= p["base"] <= p["high"] for p in corridor)


@pytest.mark.critical
def test_the_track_record(client):
    assert client.get("/api/predictions/track-record").status_code == 200


def test_no_prediction_yet(client):
    assert client.get("/api/predictions/NOSUCH/latest").status_code == 404


@pytest.mark.parametrize("params,field", [
    ({"limit": "x"}, "limit"), ({"outcome": "MAYBE"}, "outcome"), ({"from": "x"}, "from"),
    ({"to": "2021-02-30"}, "to"), ({"ticker": "../x"}, "ticker"), ({"cursor": ""}, "cursor"), ({"cursor": "0"}, "cursor"),
])
def test_a_bad_filter_is_named(client, params, field):
    response = client.get("/api/predictions", params=params)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("body", [{"today": "x"}, {"today": 1}, {"other": 1}])
def test_a_bad_check(client, body):
    assert client.post("/api/predictions/check-actuals", json=body).status_code == 422


def test_a_check_needs_no_body(client):
    assert client.post("/api/predictions/check-actuals").status_code == 200
