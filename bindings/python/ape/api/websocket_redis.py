# SPDX-License-Identifier: MIT
"""WebSockets on the core's bus: they outlive the server that held them.

With Redis, who is connected is in the hash ws:connections, any server can take a client over,
and a client that comes back gets what it missed. Without Redis the same on one server.

    client                                            server
    {"type": "subscribe", "channel", "since"?}        {"type": "subscribed", "channel", "recovered"}
    {"type": "unsubscribe", "channel"}                {"type": "unsubscribed", "channel"}
    {"type": "resume", "token", "channels":           {"type": "subscribed", ...} for each
        [{"channel", "epoch", "offset"}]}
    {"type": "ping"}                                  {"type": "pong"}
                                                      {"type": "welcome", "client_id",
                                                       "resume_token"}
                                                      {"type": "message", "channel", "id", "epoch",
                                                       "offset", "data"}
                                                      {"type": "gap", "channel", "epoch", "offset",
                                                       "recovered": false}
                                                      {"type": "error", "detail"}

Offsets are strings of digits: a browser's numbers end at 2^53.
"""
from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import logging
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Set

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

import ape
from ape.api import tokens
from ape.bus import Event, Position, Subscription

logger = logging.getLogger("ape.api")
BROADCAST = "broadcast"
WAITING_MESSAGES = 1000
WAITING_BYTES = 1024 * 1024
MAX_MESSAGE = 65536
MAX_SUBSCRIPTIONS = 64
TOKEN_TTL_S = 24 * 3600
GOING_AWAY, UNSUPPORTED, TOO_BIG, SERVICE_RESTART, TRY_LATER = 1001, 1003, 1009, 1012, 1013


class Connection:
    """One client: what it listens to, and what waits to be sent to it."""

    def __init__(self, client_id: str, websocket: WebSocket) -> None:
        self.client_id = client_id
        self.websocket = websocket
        self.subscriptions: Dict[str, Subscription] = {}
        self._held: Dict[str, List[Event]] = {}
        self._loop = asyncio.get_running_loop()
        self._queue: "asyncio.Queue[Optional[str]]" = asyncio.Queue()
        self._waiting_bytes = 0
        self._writer = asyncio.create_task(self._write())
        self._ending: Optional["asyncio.Task[None]"] = None
        self.close_code = 0

    def send(self, **message: Any) -> None:
        """Queue a message. A client that is too far behind is cut: it may resume later."""
        text = json.dumps(message)
        self._waiting_bytes += len(text)
        if self._queue.qsize() >= WAITING_MESSAGES or self._waiting_bytes > WAITING_BYTES:
            if not self.close_code:
                self.close_code = TRY_LATER
                self._writer.cancel()
                self._ending = asyncio.create_task(self.close())
            return
        self._queue.put_nowait(text)

    def tell(self, event: Event) -> None:
        """An event of the bus, on the thread of the bus."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._deliver, event)

    def hold(self, channel: str) -> None:
        """Keep the events of a channel back until the client knows that it has subscribed."""
        self._held[channel] = []

    def release(self, channel: str) -> None:
        """Send what was kept back."""
        for event in self._held.pop(channel, []):
            self._deliver(event)

    def _deliver(self, event: Event) -> None:
        if event.channel in self._held:
            self._held[event.channel].append(event)
            return
        place: Dict[str, Any] = {"channel": event.channel}
        if event.degraded:
            place["degraded"] = True
        else:
            place.update(epoch=event.position.epoch, offset=str(event.position.offset))
        if event.kind == "gap":
            self.send(type="gap", recovered=False, **place)
        else:
            self.send(type="message", id=event.id, data=_json_or_text(event.data), **place)

    async def _write(self) -> None:
        """One writer for each client: a slow one keeps nobody waiting but itself."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, asyncio.CancelledError):
            while True:
                text = await self._queue.get()
                if text is None:
                    return
                await self.websocket.send_text(text)
                self._waiting_bytes -= len(text)

    async def close(self, code: int = GOING_AWAY) -> None:
        """End it: no more events, what waits is sent, then the close frame."""
        for subscription in self.subscriptions.values():
            subscription.close()
        self.subscriptions.clear()
        self._queue.put_nowait(None)
        await asyncio.wait({self._writer}, timeout=1)
        self._writer.cancel()
        if self.websocket.application_state == WebSocketState.CONNECTED:
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self.websocket.close(self.close_code or code)


class RedisConnectionManager:
    """The WebSockets of one process, over a bus of the core.

    >>> manager = RedisConnectionManager(ape.Bus())
    >>> # await manager.connect("client-1", websocket)
    >>> # await manager.broadcast({"hello": "everybody"})
    """

    def __init__(self, bus: Optional[ape.Bus] = None,
                 settings: Optional[ape.Settings] = None) -> None:
        self._settings = settings or ape.Settings(dotenv=".env")
        self._bus = bus or ape.Bus(self._settings)
        self._connections: Set[Connection] = set()

    @property
    def connections(self) -> Dict[str, Any]:
        """Who is connected, to this server and to its siblings: the hash ws:connections."""
        members: Dict[str, Any] = self._bus.presence()["members"]
        return members

    async def connect(self, client_id: str, websocket: WebSocket) -> Connection:
        """Accept a client; it is in ws:connections and hears broadcasts from now on."""
        await websocket.accept(_subprotocol(websocket))
        connection = Connection(client_id, websocket)
        self._connections.add(connection)
        await _on_a_thread(self._bus.join, client_id, {"since": int(time.time())})
        token = tokens.issue(self._settings, tokens.RESUME, client_id, time.time(), TOKEN_TTL_S)
        connection.send(type="welcome", client_id=client_id, resume_token=token)
        await self._subscribe(connection, BROADCAST, None)
        return connection

    async def disconnect(self, connection: Connection) -> None:
        """The client has gone for good."""
        self._connections.discard(connection)
        await connection.close()
        if connection.close_code == SERVICE_RESTART:
            return  # it is the server that goes: the client will resume elsewhere
        if not any(other.client_id == connection.client_id for other in self._connections):
            await _on_a_thread(self._bus.leave, connection.client_id)

    async def broadcast(self, message: Any) -> None:
        """Tell every client of every server."""
        self._bus.publish(BROADCAST, json.dumps(message))

    async def serve(self, connection: Connection) -> None:
        """Do what the client asks for, until it goes."""
        while True:
            text = await _next_text(connection)
            if text is None:
                return
            await self._obey(connection, text)

    async def close(self) -> None:
        """The server ends. Its clients stay in ws:connections: they will resume elsewhere."""
        connections, self._connections = self._connections, set()
        await asyncio.gather(*(connection.close() for connection in connections))

    async def _obey(self, connection: Connection, text: str) -> None:
        try:
            message = json.loads(text)
            kind = message.get("type")
            action = _ACTIONS[kind]
        except (ValueError, AttributeError, KeyError, TypeError):
            connection.send(type="error", detail="send an object whose type is one of "
                            + ", ".join(_ACTIONS))
            return
        try:
            await action(self, connection, message)
        except (ape.ApeError, ValueError, TypeError) as error:
            connection.send(type="error", detail=str(error), request=kind)

    async def _ping(self, connection: Connection, _message: Mapping[str, Any]) -> None:
        connection.send(type="pong")

    async def _on_subscribe(self, connection: Connection, message: Mapping[str, Any]) -> None:
        channel = _channel_of(message)
        await self._answer(connection, channel, _position(message.get("since")))

    async def _answer(self, connection: Connection, channel: str,
                      since: Optional[Position]) -> None:
        """Subscribe, say so, and only then send what the client missed."""
        connection.hold(channel)
        try:
            recovered = await self._subscribe(connection, channel, since)
            connection.send(type="subscribed", channel=channel, recovered=recovered)
        finally:
            connection.release(channel)

    async def _unsubscribe(self, connection: Connection, message: Mapping[str, Any]) -> None:
        channel = _channel_of(message)
        subscription = connection.subscriptions.pop(channel, None)
        if subscription is not None:
            await _on_a_thread(subscription.close)
        connection.send(type="unsubscribed", channel=channel)

    async def _resume(self, connection: Connection, message: Mapping[str, Any]) -> None:
        token, channels = message.get("token"), message.get("channels")
        subject = tokens.subject_of(self._settings, tokens.RESUME, str(token), time.time())
        if self._settings.signing_key() is not None and subject != connection.client_id:
            raise ValueError("the token is not this client's, or too old")
        if not isinstance(channels, list) or len(channels) > MAX_SUBSCRIPTIONS:
            raise ValueError(f"channels must be a list of at most {MAX_SUBSCRIPTIONS}")
        for entry in channels:
            since = _position(entry)
            await self._answer(connection, _channel_of(entry), since)

    async def _subscribe(self, connection: Connection, channel: str,
                         since: Optional[Position]) -> bool:
        if channel not in connection.subscriptions:
            if len(connection.subscriptions) >= MAX_SUBSCRIPTIONS:
                raise ValueError(f"at most {MAX_SUBSCRIPTIONS} channels at a time")
        elif since is None:
            return True
        old = connection.subscriptions.pop(channel, None)
        if old is not None:
            await _on_a_thread(old.close)
        made = await _on_a_thread(self._bus.subscribe, channel, connection.tell, since)
        connection.subscriptions[channel] = made
        return bool(made.recovered)


_ACTIONS: Dict[str, Callable[..., Any]] = {
    "subscribe": RedisConnectionManager._on_subscribe,
    "unsubscribe": RedisConnectionManager._unsubscribe,
    "resume": RedisConnectionManager._resume,
    "ping": RedisConnectionManager._ping,
}


async def _on_a_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """What may wait for Redis, two seconds at most."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, functools.partial(function, *arguments))


async def _next_text(connection: Connection) -> Optional[str]:
    """The next text of the client; None when it has gone or was sent away."""
    message = await connection.websocket.receive()
    if message["type"] == "websocket.disconnect":
        connection.close_code = message.get("code", 0)
        return None
    if connection.close_code:
        return None
    text: Optional[str] = message.get("text")
    if text is None:
        connection.close_code = UNSUPPORTED
    elif len(text) > MAX_MESSAGE:
        connection.close_code = TOO_BIG
        text = None
    return text


def _subprotocol(websocket: WebSocket) -> Optional[str]:
    """The one that we speak, if the client names any."""
    return "ape" if "ape" in websocket.scope.get("subprotocols", []) else None


def _channel_of(message: Mapping[str, Any]) -> str:
    channel = message.get("channel")
    if not isinstance(channel, str):
        raise ValueError("channel must be a string")
    return channel


def _position(since: Any) -> Optional[Position]:
    if since is None:
        return None
    epoch, offset = (since.get("epoch"), since.get("offset")) if isinstance(since, dict) else (0, 0)
    digits = isinstance(offset, str) and offset.isascii() and offset.isdigit() and len(offset) < 20
    if not isinstance(epoch, str) or len(epoch) > 63 or not digits:
        raise ValueError('a position is {"epoch": TEXT, "offset": DIGITS}, as in a message')
    return Position(epoch, int(str(offset)))


def _json_or_text(data: bytes) -> Any:
    text = data.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return text
