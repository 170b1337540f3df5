# SPDX-License-Identifier: MIT
"""WebSockets in this process, on a bus in memory."""
from __future__ import annotations

import asyncio
import json
from typing import Any, AsyncIterator, Dict, List

import ape
import pytest
from ape.api import websocket_redis
from ape.api.websocket_redis import RedisConnectionManager

SETTINGS = {"SECRET_KEY": "make-believe-secret-for-tests-only-0123456789"}


class Socket:
    """As much of Starlette's WebSocket as the manager uses."""

    def __init__(self) -> None:
        self.scope: Dict[str, Any] = {"subprotocols": ["other", "ape"]}
        self.application_state = websocket_redis.WebSocketState.CONNECTED
        self.sent: "asyncio.Queue[Dict[str, Any]]" = asyncio.Queue()
        self.said: "asyncio.Queue[Dict[str, Any]]" = asyncio.Queue()
        self.stuck = asyncio.Event()
        self.stuck.set()
        self.closed: List[int] = []
        self.subprotocol: object = None

    async def accept(self, subprotocol: object) -> None:
        self.subprotocol = subprotocol

    async def send_text(self, text: str) -> None:
        await self.stuck.wait()
        self.sent.put_nowait(json.loads(text))

    async def receive(self) -> Dict[str, Any]:
        return await self.said.get()

    async def close(self, code: int) -> None:
        self.closed.append(code)

    def say(self, **message: Any) -> None:
        self.said.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    async def hear(self, kind: str) -> Dict[str, Any]:
        while True:
            message = await asyncio.wait_for(self.sent.get(), 5)
            if message["type"] == kind:
                return message


@pytest.fixture
async def manager() -> AsyncIterator[RedisConnectionManager]:
    made = RedisConnectionManager(ape.Bus(), ape.Settings(SETTINGS, environment=False))
    yield made
    await made.close()


async def test_broadcasts_reach_everybody(manager: RedisConnectionManager) -> None:
    sockets = [Socket(), Socket()]
    for number, socket in enumerate(sockets):
        await manager.connect(f"client-{number}", socket)  # type: ignore[arg-type]
        assert socket.subprotocol == "ape"
    assert set(manager.connections) == {"client-0", "client-1"}
    await manager.broadcast({"hello": "everybody"})
    for socket in sockets:
        assert (await socket.hear("message"))["data"] == {"hello": "everybody"}


async def test_a_conversation(manager: RedisConnectionManager) -> None:
    socket = Socket()
    connection = await manager.connect("me", socket)  # type: ignore[arg-type]
    token = (await socket.hear("welcome"))["resume_token"]
    task = asyncio.create_task(manager.serve(connection))
    socket.say(type="ping")
    assert await socket.hear("pong")
    socket.say(type="subscribe", channel="news")
    assert (await socket.hear("subscribed"))["recovered"] is True
    await manager.broadcast("one")
    seen = await socket.hear("message")
    socket.say(type="unsubscribe", channel="broadcast")
    await socket.hear("unsubscribed")
    await manager.broadcast("two")
    position = {"channel": "broadcast", "epoch": seen["epoch"], "offset": seen["offset"]}
    socket.say(type="resume", token=token, channels=[position])
    assert (await socket.hear("subscribed"))["recovered"] is True
    assert (await socket.hear("message"))["data"] == "two"
    lost = {"channel": "news", "epoch": "gone", "offset": "7"}
    socket.say(type="resume", token=token, channels=[lost])
    assert (await socket.hear("subscribed"))["recovered"] is False
    for number in range(websocket_redis.MAX_SUBSCRIPTIONS - 1):
        socket.say(type="subscribe", channel=f"c{number}")
    assert "at most" in (await socket.hear("error"))["detail"]
    socket.say(type="resume", token="forged", channels=[])
    assert "token" in (await socket.hear("error"))["detail"]
    socket.say(type="dance")
    assert "ping" in (await socket.hear("error"))["detail"]
    socket.said.put_nowait({"type": "websocket.receive", "bytes": b"x"})
    await asyncio.wait_for(task, 5)
    await manager.disconnect(connection)
    assert socket.closed == [websocket_redis.UNSUPPORTED]
    assert manager.connections == {}


async def test_too_long_a_message_ends_it(manager: RedisConnectionManager) -> None:
    socket = Socket()
    connection = await manager.connect("me", socket)  # type: ignore[arg-type]
    socket.say(type="x" * websocket_redis.MAX_MESSAGE)
    await asyncio.wait_for(manager.serve(connection), 5)
    await manager.disconnect(connection)
    assert socket.closed == [websocket_redis.TOO_BIG]


async def test_a_slow_client_is_cut_and_others_are_not(manager: RedisConnectionManager) -> None:
    slow, quick = Socket(), Socket()
    connection = await manager.connect("slow", slow)  # type: ignore[arg-type]
    await manager.connect("quick", quick)  # type: ignore[arg-type]
    slow.stuck.clear()
    for number in range(websocket_redis.WAITING_MESSAGES + 10):
        await manager.broadcast(number)
        if number % 100 == 0:
            await asyncio.sleep(0)
    last = websocket_redis.WAITING_MESSAGES + 9
    while (await quick.hear("message"))["data"] != last:
        pass
    assert connection.close_code == websocket_redis.TRY_LATER
    while not slow.closed:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert slow.closed == [websocket_redis.TRY_LATER]


async def test_a_server_that_goes_keeps_its_clients(manager: RedisConnectionManager) -> None:
    socket = Socket()
    connection = await manager.connect("me", socket)  # type: ignore[arg-type]
    socket.said.put_nowait({"type": "websocket.disconnect", "code": 1012})
    await manager.serve(connection)
    await manager.disconnect(connection)
    assert set(manager.connections) == {"me"}
