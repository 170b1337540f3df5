#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server of faults that only HTTP/2 has, for clients of chat completions.

    http2_server.py [--list]

The model's name says what goes wrong, as with chaos_server.py. It makes a certificate for
127.0.0.1, in the file that HTTP2_CERTIFICATE names, prints its address, and ends when its standard
input does. Any GET tells how often each model was asked. Wants python3-h2 and openssl.
"""
import argparse
import asyncio
import json
import os
import ssl
import subprocess
import sys
import tempfile

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded

TOKENS = [f"word{i} " for i in range(60)]
FAULTS = {}
ASKED = {}


def fault(function):
    FAULTS[function.__name__] = function
    return function


def chunk(delta, finish=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: %s\n\n" % json.dumps({"choices": [choice]}).encode()


class Stream:
    """One request on its stream."""

    def __init__(self, peer, number):
        self.peer, self.number = peer, number

    async def head(self, status=200, content_type="text/event-stream"):
        self.peer.h2.send_headers(self.number, [(":status", str(status)),
                                                ("content-type", content_type)])
        await self.peer.flush()

    async def send(self, data, end=False):
        self.peer.h2.send_data(self.number, data, end_stream=end)
        await self.peer.flush()

    async def tokens(self, first=0, last=len(TOKENS)):
        for token in TOKENS[first:last]:
            await self.send(chunk({"content": token}))

    async def finish(self):
        await self.send(chunk({}, "stop"))
        await self.send(b"data: [DONE]\n\n", end=True)

    async def go_away(self, last_stream, code=ErrorCodes.NO_ERROR, closes=True):
        self.peer.h2.close_connection(code, last_stream_id=last_stream)
        await self.peer.flush()
        if closes:
            self.peer.writer.close()

    async def reset(self, code):
        self.peer.h2.reset_stream(self.number, code)
        await self.peer.flush()


@fault
async def ok(s):
    """A right answer, streamed."""
    await s.head()
    await s.tokens()
    await s.finish()


@fault
async def goaway(s):
    """GOAWAY before anything was done, then right on another connection."""
    if ASKED["goaway"] > 1:
        return await ok(s)
    await s.go_away(0)


@fault
async def goaway_for_ever(s):
    """The same each time."""
    await s.go_away(0)


@fault
async def goaway_calm(s):
    """GOAWAY because of too many requests, each time."""
    await s.go_away(0, ErrorCodes.ENHANCE_YOUR_CALM)


@fault
async def goaway_midway(s):
    """GOAWAY that cuts the answer after 30 words."""
    await s.head()
    await s.tokens(0, 30)
    await s.go_away(s.number)


@fault
async def goaway_graceful(s):
    """GOAWAY that announces the end, and lets the answer come to its own."""
    await s.head()
    await s.tokens(0, 30)
    s.peer.h2_go_away_soon(s.number)
    await s.peer.flush()
    await s.tokens(30)
    await s.finish()


@fault
async def reset_midway(s):
    """The stream is reset after 30 words; the connection stays."""
    await s.head()
    await s.tokens(0, 30)
    await s.reset(ErrorCodes.INTERNAL_ERROR)


@fault
async def refused(s):
    """The stream is refused each time, as by a server with too many of them."""
    await s.reset(ErrorCodes.REFUSED_STREAM)


@fault
async def ends_early(s):
    """The stream ends in good order after 30 words, without its terminal event."""
    await s.head()
    await s.tokens(0, 30)
    await s.send(b"", end=True)


class Peer:
    """One connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.h2 = H2Connection(H2Configuration(client_side=False))
        self.bodies = {}
        self.paths = {}

    def h2_go_away_soon(self, last_stream):
        """A GOAWAY frame that does not end the connection for h2 itself."""
        payload = last_stream.to_bytes(4, "big") + bytes(4)
        self.writer.write(len(payload).to_bytes(3, "big") + b"\x07\x00" + bytes(4) + payload)

    async def flush(self):
        self.writer.write(self.h2.data_to_send())
        await self.writer.drain()

    async def answer(self, number):
        stream = Stream(self, number)
        if not self.bodies[number]:
            await stream.head(200, "application/json")
            stats = {model: {"count": count} for model, count in ASKED.items()}
            await stream.send(json.dumps(stats).encode(), end=True)
            return
        model = json.loads(self.bodies[number])["model"]
        ASKED[model] = ASKED.get(model, 0) + 1
        await FAULTS[model](stream)

    async def take(self, event):
        if isinstance(event, RequestReceived):
            self.bodies[event.stream_id] = b""
        elif isinstance(event, DataReceived):
            self.bodies[event.stream_id] += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            asyncio.ensure_future(self.answer_quietly(event.stream_id))

    async def answer_quietly(self, number):
        try:
            await self.answer(number)
        except Exception as reason:  # whoever went away does not want to know
            print(f"{type(reason).__name__}: {reason}", file=sys.stderr)

    async def run(self):
        self.h2.initiate_connection()
        await self.flush()
        while data := await self.reader.read(65536):
            for event in self.h2.receive_data(data):
                await self.take(event)
            await self.flush()


async def serve(reader, writer):
    try:
        await Peer(reader, writer).run()
    except Exception:  # a client may break off at any point
        pass
    finally:
        writer.close()


def make_context(certificate):
    with tempfile.NamedTemporaryFile(prefix="ape-key-") as key:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", key.name, "-out", certificate],
                       check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key.name)
    context.set_alpn_protocols(["h2"])
    return context


async def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--list", action="store_true")
    if parser.parse_args().list:
        for name, function in FAULTS.items():
            print(f"{name:18} {function.__doc__}")
        return
    context = make_context(os.environ["HTTP2_CERTIFICATE"])
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context, backlog=1024)
    print(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
