# SPDX-License-Identifier: MIT
import json
import math
import threading

import pytest

SHARPE = "Calculate the Sharpe ratio for AAPL in 2021"


@pytest.mark.critical
@pytest.mark.realapi
def test_a_question_is_answered(ask):
    answer = ask(SHARPE)
    assert answer["status"] == "verified"
    assert answer["result"]["metric"] == "sharpe_ratio"
    assert math.isfinite(answer["result"]["value"])
    assert "AAPL" in answer["result"]["tickers"]
    assert answer["provenance"]["data"][0]["symbol"] == "AAPL"
    assert "NOT financial advice" in answer["disclaimer"]["text"]
    assert answer["code"]


@pytest.mark.realapi
def test_the_same_question_has_the_same_answer(ask):
    assert ask(SHARPE)["result"]["value"] == ask(SHARPE)["result"]["value"]


@pytest.mark.realapi
def test_nothing_after_as_of_is_seen(ask):
    answer = ask("last price of AAPL", as_of="2021-06-30")
    assert answer["provenance"]["as_of"] == "2021-06-30"
    assert answer["provenance"]["data"][0]["last"] <= "2021-06-30"


@pytest.mark.realapi
def test_russian(ask):
    assert ask("Какой у AAPL коэффициент Шарпа за 2021 год?")["status"] == "verified"


@pytest.mark.realapi
def test_what_cannot_be_answered_is_no_guess(client):
    response = client.post("/api/query", json={"query": "Who will win the chess match?",
                                               "provider": "builtin"})
    body = response.json()
    answer = body if response.status_code == 200 else body["answer"]
    assert answer["status"] in ("refused", "failed")
    assert answer["result"] is None


@pytest.mark.critical
@pytest.mark.realapi
def test_respond_async(client, eventually):
    response = client.post("/api/query", json={"query": SHARPE},
                           headers={"Prefer": "respond-async"})
    assert response.status_code == 202
    url = response.json()["status_url"]
    assert response.headers["location"] == url
    record = eventually(lambda: (r := client.get(url).json())["status"] != "running" and r)
    assert record["status"] == "verified"
    assert record["query_id"] == record["answer"]["query_id"] == response.json()["query_id"]


@pytest.mark.realapi
def test_a_past_query_is_listed(client, ask, eventually):
    query_id = ask(SHARPE)["query_id"]
    record = client.get(f"/api/query/{query_id}").json()
    assert record["question"] == SHARPE
    assert record["answer"]["query_id"] == query_id

    def listed():
        queries = client.get("/api/query", params={"limit": 20}).json()["queries"]
        return query_id in [q["query_id"] for q in queries]
    eventually(listed)


def events_of(response):
    name, out = None, []
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            out.append((name, json.loads(line[6:])))
    return out


@pytest.mark.critical
@pytest.mark.realapi
def test_stages_are_streamed(client):
    import conftest
    response = client.post("/api/query", json={"query": SHARPE},
                           headers={"Accept": "text/event-stream"})
    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_of(response)
    stages = [data["stage"] for name, data in events if name == "stage"]
    assert stages[0] == "plan" and stages[-1] == "gate"
    assert set(stages) == {"plan", "sanitize", "execute", "gate"}
    assert [name for name, _ in events].count("answer") == 1
    name, answer = events[-1]
    assert name == "answer"
    conftest.validate("#/components/schemas/Answer", answer)
    assert {data["query_id"] for name, data in events} == {answer["query_id"]}


@pytest.mark.realapi
def test_many_at_once(client, base_url):
    results = []

    def one():
        results.append(client.post("/api/query", json={"query": SHARPE}).status_code)
    threads = [threading.Thread(target=one) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200] * 16


@pytest.mark.parametrize("body,field", [
    ({}, "query"),
    ({"query": None}, "query"),
    ({"query": ""}, "query"),
    ({"query": 1}, "query"),
    ({"query": ["x"]}, "query"),
    ({"query": "x" * 4001}, "query"),
    ({"query": "x", "as_of": "yesterday"}, "as_of"),
    ({"query": "x", "as_of": "2022-02-30"}, "as_of"),
    ({"query": "x", "as_of": "2022-1-1"}, "as_of"),
    ({"query": "x", "as_of": 20220101}, "as_of"),
    ({"query": "x", "provider": ""}, "provider"),
    ({"query": "x", "provider": 3}, "provider"),
    ({"query": "x", "timeout_ms": 0}, "timeout_ms"),
    ({"query": "x", "timeout_ms": 1.5}, "timeout_ms"),
    ({"query": "x", "timeout_ms": 600001}, "timeout_ms"),
    ({"query": "x", "timeout_ms": "1"}, "timeout_ms"),
    ({"query": "x", "wall_ms": 1}, "wall_ms"),
])
def test_an_invalid_field_is_named(client, body, field):
    response = client.post("/api/query", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b'"x"', b"null", b'{"query": "x"', b'{"query": "x"} x', b"\xff\xfe", b'{"query": "\xff"}',
    b'{"query": "a", "query": "b"}', b"[" * 2000,
])
def test_a_malformed_body(client, body):
    response = client.post("/api/query", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded",
                                          "multipart/form-data; boundary=x", "application/jsonp"])
def test_another_content_type(client, content_type):
    response = client.post("/api/query", content=b'{"query": "x"}',
                           headers={"Content-Type": content_type})
    assert response.status_code == 415


def test_a_body_that_is_too_large(client):
    response = client.post("/api/query", content=b'{"query": "' + b"x" * 1100000 + b'"}',
                           headers={"Content-Type": "application/json"})
    assert response.status_code == 413


def test_an_answer_that_is_not_acceptable(client):
    response = client.post("/api/query", json={"query": "x"}, headers={"Accept": "image/png"})
    assert response.status_code == 406


@pytest.mark.parametrize("query_id", ["unknown", "x" * 64, "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_query(client, query_id):
    assert client.get(f"/api/query/{query_id}").status_code == 404


@pytest.mark.parametrize("params,field", [({"limit": "0"}, "limit"), ({"limit": "1001"}, "limit"),
                                          ({"limit": "x"}, "limit"), ({"limit": "-1"}, "limit"),
                                          ({"cursor": "1.a b"}, "cursor")])
def test_a_bad_page(client, params, field):
    response = client.get("/api/query", params=params)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field
