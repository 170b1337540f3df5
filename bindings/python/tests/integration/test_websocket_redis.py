# SPDX-License-Identifier: MIT
"""A connection outlives the server that held it."""
from __future__ import annotations

import asyncio
import json
import os
import pathlib
import signal
from typing import Any, AsyncIterator, Dict, Iterator

import httpx
import pytest
import redis
import websockets
from servers import Server, redis_server, serving

pytestmark = [pytest.mark.realapi]


class Client:
    """A client that keeps what it needs to come back."""

    def __init__(self, server: Server, client_id: str) -> None:
        self.server, self.client_id = server, client_id
        self.token = ""
        self.positions: Dict[str, Any] = {}

    async def connect(self) -> Dict[str, Any]:
        url = self.server.url.replace("http", "ws") + f"/ws/{self.client_id}"
        self.socket = await websockets.connect(url)
        welcome = await self.receive("welcome")
        self.token = self.token or welcome["resume_token"]
        return welcome

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def receive(self, kind: str) -> Dict[str, Any]:
        while True:
            message: Dict[str, Any] = json.loads(await self.socket.recv())
            if message["type"] == "message":
                self.positions[message["channel"]] = {"epoch": message["epoch"],
                                                      "offset": message["offset"]}
            if message["type"] == kind:
                return message


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def server(redis_url: str, tmp_path: pathlib.Path) -> Iterator[Server]:
    redis.Redis.from_url(redis_url).flushall()
    with serving(tmp_path, REDIS_URL=redis_url) as made:
        yield made


@pytest.fixture(scope="module")
def lasting_server(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), REDIS_URL=redis_url) as made:
        yield made


@pytest.fixture
async def lasting_client(lasting_server: Server) -> AsyncIterator[Client]:
    made = Client(lasting_server, "client-2")
    await made.connect()
    yield made
    await made.socket.close()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    made = Client(server, "client-1")
    await made.connect()
    yield made
    await made.socket.close()


def connected(redis_url: str) -> "set[bytes]":
    return set(redis.Redis.from_url(redis_url).hgetall("ws:connections"))


async def publish(redis_url: str, *texts: str) -> None:
    """Messages of another process, through the core."""
    import ape
    with ape.Bus(ape.Settings({"REDIS_URL": redis_url})) as bus:
        for text in texts:
            bus.publish("broadcast", json.dumps({"text": text}))
        bus.flush()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_a_connection_persists_over_a_restart(server: Server, client: Client,
                                                    redis_url: str, how: signal.Signals) -> None:
    assert connected(redis_url) == {b"client-1"}
    await publish(redis_url, "before")
    assert (await client.receive("message"))["data"] == {"text": "before"}

    server.stop(how)
    assert connected(redis_url) == {b"client-1"}, "the connection was forgotten"
    await publish(redis_url, "one", "two")
    server.start()
    assert connected(redis_url) == {b"client-1"}

    await client.connect()
    positions = [{"channel": name, **place} for name, place in client.positions.items()]
    await client.send(type="resume", token=client.token, channels=positions)
    assert (await client.receive("subscribed"))["recovered"] is True
    missed = [(await client.receive("message"))["data"]["text"] for _ in range(2)]
    assert missed == ["one", "two"]
    await publish(redis_url, "after")
    assert (await client.receive("message"))["data"] == {"text": "after"}


async def test_a_client_that_leaves_is_gone(lasting_client: Client, redis_url: str) -> None:
    assert b"client-2" in connected(redis_url)
    await lasting_client.socket.close()
    for _ in range(100):
        if b"client-2" not in connected(redis_url):
            break
        await asyncio.sleep(0.05)
    assert b"client-2" not in connected(redis_url)


async def test_stages_are_told(lasting_server: Server, lasting_client: Client) -> None:
    server, client = lasting_server, lasting_client
    await client.send(type="subscribe", channel="queries")
    assert (await client.receive("subscribed"))["recovered"] is True
    async with httpx.AsyncClient(timeout=30) as http:
        asked = await http.post(server.url + "/api/query", json={"query": "RSI of KO in 2021"})
    kinds = []
    while "answer" not in kinds:
        event = await client.receive("message")
        assert event["data"]["query_id"] == asked.json()["query_id"]
        kinds.append(event["data"]["type"])
    assert kinds[0] == "stage"


async def test_what_a_client_may_say(lasting_client: Client) -> None:
    client = lasting_client
    await client.send(type="ping")
    assert await client.receive("pong")
    for wrong in ({}, {"type": "dance"}, {"type": "subscribe"}, {"type": "subscribe", "channel": 3},
                  {"type": "subscribe", "channel": "bad channel"},
                  {"type": "subscribe", "channel": "c", "since": {"epoch": 1}},
                  {"type": "resume", "token": "forged", "channels": []},
                  {"type": "resume", "token": client.token, "channels": 7}):
        await client.send(**wrong)
        assert (await client.receive("error"))["detail"]
    await client.socket.send("no JSON")
    assert await client.receive("error")
    await client.send(type="unsubscribe", channel="broadcast")
    assert await client.receive("unsubscribed")
    await client.socket.send(b"bytes")
    with pytest.raises(websockets.ConnectionClosed) as closed:
        await client.receive("message")
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1003


async def test_several_workers_share_redis(redis_url: str, tmp_path: pathlib.Path) -> None:
    with serving(tmp_path, "--workers", "2", REDIS_URL=redis_url) as server:
        clients = [Client(server, f"worker-client-{number}") for number in range(6)]
        for each in clients:
            await each.connect()
        await publish(redis_url, "to all")
        for each in clients:
            assert (await each.receive("message"))["data"] == {"text": "to all"}
        async with httpx.AsyncClient(timeout=30) as http:
            question = {"query": "beta of KO in 2021"}
            asked = [await http.post(server.url + "/api/query", json=question)
                     for _ in range(4)]
            for answer in asked:
                kept = await http.get(server.url + f"/api/query/{answer.json()['query_id']}")
                assert kept.status_code == 200
        for each in clients:
            await each.socket.close()


async def test_keys_are_asked_for(tmp_path: pathlib.Path) -> None:
    key = "make-believe-api-key-for-tests"
    with serving(tmp_path, API_KEYS=f"ci:{key}") as server:
        async with httpx.AsyncClient(base_url=server.url) as http:
            assert (await http.get("/health")).status_code == 200
            refused = await http.get("/v1/models")
            assert refused.status_code == 401 and "Bearer" in refused.headers["www-authenticate"]
            wrong = await http.get("/v1/models", headers={"X-API-Key": "wrong"})
            assert wrong.status_code == 401 and "invalid_token" in wrong.headers["www-authenticate"]
            http.headers["Authorization"] = f"Bearer {key}"
            assert (await http.get("/v1/models")).status_code == 200
            token = (await http.post("/api/tokens")).json()["token"]
        url = server.url.replace("http", "ws") + "/ws/browser-1"
        with pytest.raises(websockets.InvalidStatus) as status:
            await websockets.connect(url)
        assert status.value.response.status_code in (401, 403)
        protocols = [websockets.Subprotocol("ape"), websockets.Subprotocol("ape.bearer." + token)]
        async with websockets.connect(url, subprotocols=protocols) as socket:
            assert json.loads(await socket.recv())["client_id"] == "browser-1"
    assert os.environ.get("API_KEYS") is None
