# SPDX-License-Identifier: MIT
"""Several workers of one application: they share PostgreSQL and Redis, and outlive both."""
from __future__ import annotations

import os
import pathlib
import subprocess
import time
from typing import Any, Dict, Iterator

import httpx
import pytest
from servers import (
    Postgres,
    Server,
    free_port,
    postgres_server,
    redis_server,
    serving,
    wait_for,
)

pytestmark = [pytest.mark.realapi]
WORKERS = 2
#: So many new connections are taken by more than one worker.
CONNECTIONS = 12
FORECAST = {"query": "Where will AAPL be in 30 days?", "as_of": "2021-06-30"}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as made:
        yield made


@pytest.fixture(scope="module")
def server(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: pathlib.Path = tmp_path_factory.mktemp("workers")
    with redis_server(tmp_path_factory.mktemp("redis")) as redis_url, \
            serving(folder, "--workers", str(WORKERS), REDIS_URL=redis_url,
                    DATABASE_URL=postgres.url) as made:
        yield made


def get(server: Server, path: str) -> httpx.Response:
    """Over a connection of its own, so that any worker may have it."""
    return httpx.get(server.url + path, timeout=30)


def ask(server: Server, body: Dict[str, Any]) -> Dict[str, Any]:
    answer = httpx.post(server.url + "/api/query", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    read: Dict[str, Any] = answer.json()
    return read


def test_every_worker_knows_every_query(server: Server) -> None:
    answer = ask(server, {"query": "beta of KO in 2021"})
    assert answer["stored"] == "stored"
    for _ in range(CONNECTIONS):
        kept = get(server, f"/api/query/{answer['query_id']}")
        assert kept.status_code == 200
        assert kept.json()["answer"]["result"] == answer["result"]


def test_every_worker_knows_what_nobody_waits_for(server: Server) -> None:
    asked = httpx.post(server.url + "/api/query", json={"query": "RSI of KO in 2021"}, timeout=60,
                       headers={"Prefer": "respond-async"})
    assert asked.status_code == 202
    ended = False
    for _ in range(600):
        kept = get(server, asked.headers["location"])
        assert kept.status_code == 200, "a worker did not know of it"
        ended = kept.json()["status"] != "running"
        if ended:
            break
        time.sleep(0.05)
    assert ended and kept.json()["answer"]["status"] == "verified"
    for _ in range(CONNECTIONS):
        assert get(server, asked.headers["location"]).json() == kept.json()


@pytest.fixture
def c_server(server: Server, postgres: Postgres, build: pathlib.Path,
             tmp_path: pathlib.Path) -> Iterator[str]:
    """The address of an ape-server that takes no jobs itself."""
    binary = build / "examples" / "server" / "ape-server"
    if not binary.exists():
        pytest.skip("ape-server was not built")
    port = free_port()
    process = subprocess.Popen(
        [str(binary), "--listen", f"127.0.0.1:{port}", "--jobs", "0"], cwd=tmp_path,
        env={**os.environ, "APE_STATE_DIR": str(tmp_path), "DATABASE_URL": postgres.url,
             "REDIS_URL": server.settings["REDIS_URL"]})
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: answers(url + "/ready"))
        yield url
    finally:
        process.terminate()
        process.wait(60)


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def test_it_answers_what_another_server_was_asked(c_server: str) -> None:
    asked = httpx.post(c_server + "/api/query", json={"query": "RSI of KO in 2021"},
                       headers={"Prefer": "respond-async"})
    assert asked.status_code == 202
    status = c_server + asked.headers["location"]
    wait_for(lambda: httpx.get(status).json()["status"] == "verified")
    assert httpx.get(status).json()["answer"]["result"]["metric"] == "rsi"


def test_every_worker_knows_every_prediction(server: Server) -> None:
    prediction = ask(server, FORECAST)["prediction_id"]
    for _ in range(CONNECTIONS):
        latest = get(server, "/api/predictions/AAPL/latest")
        assert latest.status_code == 200 and latest.json()["id"] == prediction


def test_the_database_goes_and_comes_back(server: Server, postgres: Postgres) -> None:
    before = ask(server, FORECAST)
    postgres.stop()
    queued = ask(server, {"query": "RSI of KO in 2021"})
    assert queued["status"] == "verified" and queued["stored"] == "queued"
    unread = get(server, "/api/predictions/AAPL/latest")
    assert unread.status_code == 503 and int(unread.headers["retry-after"]) >= 1
    assert unread.headers["content-type"] == "application/problem+json"
    assert get(server, "/live").status_code == 200

    postgres.start()

    # Each worker finds out by itself that the database is back.
    def is_known() -> bool:
        latest = get(server, "/api/predictions/AAPL/latest")
        return latest.status_code == 200 and latest.json()["id"] == before["prediction_id"]

    def is_listed() -> bool:
        listed = get(server, "/api/query")
        return listed.status_code == 200 and queued["query_id"] in [
            entry["query_id"] for entry in listed.json()["queries"]]
    wait_for(is_known)
    wait_for(is_listed)
