# SPDX-License-Identifier: MIT
import re

import pytest


@pytest.mark.critical
def test_health(client):
    response = client.get("/health")
    assert response.status_code == 200
    assert response.json()["status"] == "healthy"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", response.json()["version"])


@pytest.mark.critical
def test_health_detailed(client):
    response = client.get("/health/detailed")
    assert response.status_code in (200, 503)
    assert response.json()["checks"], "nothing is checked"


def test_health_as_the_draft_says(client):
    response = client.get("/health/detailed", headers={"Accept": "application/health+json"})
    assert response.headers["content-type"] == "application/health+json"
    report = response.json()
    assert report["status"] in ("pass", "warn", "fail")
    assert all(name.endswith(":responseTime") for name in report["checks"])
    refused = client.get("/health/detailed", headers={"Accept": "*/*, application/health+json;q=0"})
    assert refused.headers["content-type"] == "application/json"


@pytest.mark.critical
@pytest.mark.parametrize("path,status", [("/live", "alive"), ("/ready", "ready")])
def test_probes(client, path, status):
    response = client.get(path)
    assert response.status_code == 200
    assert response.json() == {"status": status}


@pytest.mark.critical
def test_metrics_are_prometheus_text(client):
    client.get("/health")
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "# TYPE ape_queries_total counter" in response.text
    assert "# TYPE ape_latency_seconds histogram" in response.text


def test_metrics_as_openmetrics(client):
    response = client.get("/metrics", headers={
        "Accept": "application/openmetrics-text; version=1.0.0, text/plain;q=0.5"})
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")


def test_openapi_is_the_document(client):
    import conftest
    assert client.get("/openapi.json").json() == conftest.DOCUMENT


def test_the_page(client):
    response = client.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    for asset in re.findall(r'(?:src|href)="(/assets/[^"]+)"', response.text):
        assert client.get(asset).status_code == 200, asset


def test_head_has_no_body(client):
    response = client.head("/health")
    assert response.status_code == 200
    assert response.content == b""


def test_request_id_is_kept(client):
    response = client.get("/health", headers={"X-Request-Id": "my-own.id_1"})
    assert response.headers["x-request-id"] == "my-own.id_1"


@pytest.mark.parametrize("bad", ["", "a b", "x" * 65, "<script>", "é".encode().decode("latin-1")])
def test_a_bad_request_id_is_replaced(client, bad):
    response = client.get("/health", headers={"X-Request-Id": bad.encode("latin-1")})
    assert response.headers["x-request-id"] not in ("", bad)


def test_security_headers(client):
    response = client.get("/health")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert not re.search(r"\d", response.headers.get("server", "")), "a version banner"
