# SPDX-License-Identifier: MIT
"""The ten endpoints that production cannot do without, and how they fail."""
from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema
import pytest
from ape.api.document import DOCUMENT

pytestmark = [pytest.mark.critical, pytest.mark.asyncio(loop_scope="session")]
SHARPE = "Calculate the Sharpe ratio for AAPL in 2021"


def matches(answer: httpx.Response, name: str) -> Any:
    """The body, which must follow the schema of that name."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema.validate(answer.json(), schema)
    return answer.json()


async def test_health(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")
    assert answer.status_code == 200
    assert matches(answer, "Health")["status"] == "healthy"
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_health_detailed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health/detailed")
    assert "market" in matches(answer, "HealthDetailed")["checks"]


async def test_live_and_ready(client: httpx.AsyncClient) -> None:
    assert matches(await client.get("/live"), "Live")
    answer = await client.get("/ready")
    assert matches(answer, "Ready") and answer.status_code == 200


async def test_metrics(client: httpx.AsyncClient) -> None:
    await client.get("/health")
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "ape_queries_total" in answer.text and "ape_http_requests_total" in answer.text
    answer = await client.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert answer.text.endswith("# EOF\n")


async def test_query(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/query", json={"query": SHARPE})
    assert answer.status_code == 200, answer.text
    body = matches(answer, "Answer")
    assert body["status"] == "verified"
    assert body["result"]["metric"] == "sharpe_ratio"
    assert "NOT financial advice" in body["disclaimer"]["text"]
    again = matches(await client.get(f"/api/query/{body['query_id']}"), "QueryRecord")
    assert again["status"] == "verified" and again["answer"]["result"] == body["result"]


async def test_query_history(client: httpx.AsyncClient) -> None:
    listed = matches(await client.get("/api/query", params={"limit": 5}), "QueryList")
    assert all(entry["question"] for entry in listed["queries"])


async def test_predictions(client: httpx.AsyncClient) -> None:
    asked = await client.post("/api/query", json={"query": "Where will AAPL be in 30 days?"})
    assert asked.status_code == 200, asked.text
    latest = await client.get("/api/predictions/AAPL/latest")
    kept = asked.json()["prediction_id"]
    assert latest.status_code == (200 if kept else 404)
    if kept:
        assert matches(latest, "Prediction")["id"] == kept
    matches(await client.get("/api/predictions"), "PredictionList")
    matches(await client.get("/api/predictions/AAPL/history"), "PredictionList")
    matches(await client.get("/api/predictions/AAPL/corridor"), "Corridor")
    matches(await client.get("/api/predictions/track-record"), "TrackRecord")
    matches(await client.post("/api/predictions/check-actuals"), "CheckActuals")


async def test_tickers(client: httpx.AsyncClient) -> None:
    listed = matches(await client.get("/api/data/tickers"), "TickerList")
    assert "AAPL" in {entry["ticker"] for entry in listed["tickers"]}
    assert listed["newest"] == "2022-12-28"


async def test_fetch_says_what_it_cannot(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/data/fetch", json={"tickers": ["AAPL"]})
    assert answer.status_code in (200, 501)


async def test_chat_completions(client: httpx.AsyncClient) -> None:
    body = {"model": "ape", "messages": [{"role": "user", "content": SHARPE}]}
    answer = await client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    assert "import" in matches(answer, "ChatCompletion")["choices"][0]["message"]["content"]
    streamed = await client.post("/v1/chat/completions", json={**body, "stream": True})
    lines = [line[6:] for line in streamed.text.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    text = "".join(json.loads(line)["choices"][0]["delta"].get("content", "")
                   for line in lines[:-1])
    assert text == answer.json()["choices"][0]["message"]["content"]


async def test_stages_are_streamed(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/query", json={"query": SHARPE},
                               headers={"Accept": "text/event-stream"})
    kinds = [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")]
    assert kinds[0] == "stage" and kinds[-1] == "answer"
    assert {json.loads(line[6:])["stage"] for line in answer.text.splitlines()
            if line.startswith("data: ") and '"elapsed_ms"' in line
            } == {"plan", "sanitize", "execute", "gate"}


async def test_respond_async(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/query", json={"query": SHARPE},
                               headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    matches(answer, "QueryAccepted")
    record = await client.get(answer.headers["location"])
    assert matches(record, "QueryRecord")["question"] == SHARPE


@pytest.mark.parametrize(("method", "path", "options", "status", "told"), [
    ("GET", "/nowhere", {}, 404, "/openapi.json"),
    ("DELETE", "/api/query", {}, 405, "it has POST, GET, HEAD"),
    ("POST", "/api/query", {"content": b"{", "type": "application/json"}, 400, "not JSON"),
    ("POST", "/api/query", {"content": b"[]", "type": "application/json"}, 400, "JSON object"),
    ("POST", "/api/query", {"content": b'{"query":"a","query":"b"}', "type": "application/json"},
     400, "twice"),
    ("POST", "/api/query", {"content": b'{"query":NaN}', "type": "application/json"}, 400, "NaN"),
    ("POST", "/api/query", {"content": b"[" * 200, "type": "application/json"}, 400, "nested"),
    ("POST", "/api/query", {"content": b'{"query":"\xff"}', "type": "application/json"},
     400, "UTF-8"),
    ("POST", "/api/query", {"content": b"query=a", "type": "text/plain"}, 415, "application/json"),
    ("POST", "/api/query", {}, 400, "missing"),
    ("POST", "/api/query", {"content": b" " * 1048577, "type": "application/json"}, 413, "1 MiB"),
    ("GET", "/health?" + "a" * 5000, {}, 414, "4,096"),
    ("GET", "/api/query/no-such-query", {}, 404, "no query"),
    ("GET", "/api/query?limit=0", {}, 422, ""),
    ("GET", "/api/predictions/..../latest", {}, 422, ""),
])
async def test_bad_requests_get_problems(client: httpx.AsyncClient, method: str, path: str,
                                         options: "dict[str, Any]", status: int,
                                         told: str) -> None:
    headers = {"Content-Type": options["type"]} if "type" in options else {}
    answer = await client.request(method, path, content=options.get("content"), headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = matches(answer, "Problem")
    assert problem["status"] == status and told in problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(("body", "field"), [
    ({"query": ""}, "query"),
    ({"query": 3}, "query"),
    ({}, "query"),
    ({"query": "x" * 4001}, "query"),
    ({"query": "\u00e9" * 2001}, "query"),
    ({"query": "x", "colour": "red"}, "colour"),
    ({"query": "x", "as_of": "yesterday"}, "as_of"),
    ({"query": "x", "timeout_ms": 0}, "timeout_ms"),
])
async def test_invalid_fields_are_named(client: httpx.AsyncClient, body: Any, field: str) -> None:
    answer = await client.post("/api/query", json=body)
    assert answer.status_code == 422
    assert matches(answer, "Problem")["errors"][0]["field"] == field


async def test_openai_errors_have_their_form(client: httpx.AsyncClient) -> None:
    body = {"model": "no-such-model", "messages": [{"role": "user", "content": "x"}]}
    answer = await client.post("/v1/chat/completions", json=body)
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "invalid_request_error"
    refused = await client.post("/v1/chat/completions", json={**body, "tools": [{}]})
    assert refused.status_code == 422
    assert matches(await client.get("/v1/models"), "ModelList")["data"][0]["id"] == "ape"


async def test_only_this_machine_without_keys(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/models", headers={"Host": "ape.example"})
    assert answer.status_code == 403
    answer = await client.post("/api/tokens", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


async def test_head_and_preflight(client: httpx.AsyncClient) -> None:
    answer = await client.head("/health")
    assert answer.status_code == 200 and answer.content == b""
    answer = await client.options("/api/query", headers={
        "Origin": "http://localhost", "Access-Control-Request-Method": "POST"})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-methods"] == "GET, POST, HEAD"


async def test_not_acceptable(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/query", json={"query": SHARPE},
                               headers={"Accept": "image/png"})
    assert answer.status_code == 406


async def test_a_token_is_issued(client: httpx.AsyncClient) -> None:
    token = matches(await client.post("/api/tokens", json={"ttl_s": 60}), "Token")
    assert token["expires_in"] == 60
