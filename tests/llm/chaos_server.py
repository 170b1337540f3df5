#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server of provider faults: the model's name says what goes wrong.

    chaos_server.py [--port N] [--list]

It speaks OpenAI chat completions (any path ending in /chat/completions) and Anthropic
Messages (any path ending in /messages), prints its address on its first line of output,
and ends when its standard input does. "name:3" gives the fault "name" the argument 3.
GET /stats tells how often each model was asked and when (seconds since the first);
POST /reset forgets that. What each fault does is in the first line of its function;
--list prints them. Point any client at it and compare what it makes of each.
"""
import argparse
import asyncio
import gzip
import json
import os
import sys
import time
from email.utils import formatdate

TOKENS = [f"word{i} " for i in range(60)]
TEXT = "".join(TOKENS)
FAULTS = {}
STATS = {}


def fault(function):
    FAULTS[function.__name__] = function
    return function


class Exchange:
    """One request, and the means to answer it in any way, right or wrong."""

    def __init__(self, reader, writer, headers, body, number):
        self.reader, self.writer, self.headers, self.body = reader, writer, headers, body
        self.number = number  # of this model's requests, from 1
        self.model = body.get("model", "")
        self.argument = self.model.partition(":")[2]
        self.chunked = False

    async def raw(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status=200, content_type="text/event-stream", length=None, **more):
        lines = [f"HTTP/1.1 {status} Word", f"Content-Type: {content_type}",
                 f"x-request-id: req-{self.number}"]
        self.chunked = length is None
        lines.append("Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
        await self.raw(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def send(self, data):
        data = data.encode() if isinstance(data, str) else data
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data) if self.chunked else data)

    async def end(self):
        if self.chunked:
            await self.raw(b"0\r\n\r\n")

    async def page(self, status, text, content_type="application/json", **more):
        data = text.encode() if isinstance(text, str) else text
        await self.head(status, content_type, len(data), **more)
        await self.raw(data)

    async def error(self, status, message="it failed", kind="server_error", code=None, **more):
        body = {"error": {"message": message, "type": kind, "code": code}}
        await self.page(status, json.dumps(body), **more)

    def chunk(self, delta=None, finish=None, **more):
        choices = [{"index": 0, "delta": delta or {}, "finish_reason": finish}]
        return {"id": "c", "object": "chat.completion.chunk", "model": self.model,
                "choices": choices, **more}

    async def event(self, value):
        await self.send(f"data: {json.dumps(value)}\n\n")

    async def tokens(self, first=0, last=len(TOKENS)):
        for token in TOKENS[first:last]:
            await self.event(self.chunk({"content": token}))

    async def finish(self, reason="stop", usage=True, done=True):
        await self.event(self.chunk(finish=reason))
        if usage:
            await self.event({"choices": [], "usage": USAGE})
        if done:
            await self.send("data: [DONE]\n\n")
        await self.end()

    def reset(self):
        self.writer.transport.abort()


USAGE = {"prompt_tokens": 100, "completion_tokens": 60, "total_tokens": 160,
         "prompt_tokens_details": {"cached_tokens": 40},
         "completion_tokens_details": {"reasoning_tokens": 10}}


# The sixteen public faults.

@fault
async def ok(x):
    """A right answer, streamed."""
    await x.head()
    await x.event(x.chunk({"role": "assistant", "content": ""}))
    await x.tokens()
    await x.finish()


@fault
async def s01(x):
    """429 with Retry-After: 2, then right."""
    if x.number > 1:
        return await ok(x)
    await x.error(429, "slow down", "requests", "rate_limit_exceeded", Retry_After="2")


@fault
async def s02(x):
    """429 for ever, without Retry-After."""
    await x.error(429, "slow down", "requests", "rate_limit_exceeded")


@fault
async def s03(x):
    """500 once, then right."""
    if x.number > 1:
        return await ok(x)
    await x.error(500)


@fault
async def s04(x):
    """503 for ever."""
    await x.error(503, "no capacity")


@fault
async def s05(x):
    """The connection is reset before any answer."""
    x.reset()


@fault
async def s06(x):
    """Accepts the request and never answers."""
    await asyncio.sleep(120)


@fault
async def s07(x):
    """The first word comes after 20 s."""
    await x.head()
    await asyncio.sleep(float(x.argument or 20))
    await x.tokens()
    await x.finish()


@fault
async def s08(x):
    """The connection breaks after 40 of 60 words."""
    await x.head()
    await x.tokens(0, 40)
    x.reset()


@fault
async def s09(x):
    """After 30 words nothing comes for 30 s."""
    await x.head()
    await x.tokens(0, 30)
    await asyncio.sleep(float(x.argument or 30))
    await x.tokens(30)
    await x.finish()


@fault
async def s10(x):
    """One event in the middle is no JSON."""
    await x.head()
    await x.tokens(0, 30)
    await x.send('data: {"choices": [{"delta": {"conte\n\n')
    await x.tokens(30)
    await x.finish()


@fault
async def s11(x):
    """All of it, but no [DONE]."""
    await x.head()
    await x.tokens()
    await x.finish(done=False)


@fault
async def s12(x):
    """400, the prompt is too long."""
    await x.error(400, "maximum context length is 8192 tokens", "invalid_request_error",
                  "context_length_exceeded")


@fault
async def s13(x):
    """400, the content filter objects."""
    await x.error(400, "blocked by the content filter", "invalid_request_error", "content_filter")


@fault
async def s14(x):
    """As s08; goes with a fallback that takes no prefill."""
    await s08(x)


@fault
async def noprefill(x):
    """Refuses a request whose last message is the assistant's."""
    if x.body["messages"][-1]["role"] == "assistant":
        return await x.error(400, "no prefill", "invalid_request_error")
    await ok(x)


@fault
async def s15(x):
    """503 for so many seconds since the first request (60), then right."""
    if time.monotonic() - STATS[x.model][0] < float(x.argument or 60):
        return await x.error(503, "down")
    await ok(x)


# More of them.

@fault
async def always500(x):
    """500 for ever."""
    await x.error(500)


@fault
async def keepalive(x):
    """Comments for ever, never a word."""
    await x.head()
    while True:
        await x.send(": keep-alive\n\n")
        await asyncio.sleep(0.1)


@fault
async def crawl(x):
    """One letter a second."""
    await x.head()
    for letter in TEXT:
        await x.event(x.chunk({"content": letter}))
        await asyncio.sleep(1)


@fault
async def html(x):
    """A web page under 200."""
    await x.page(200, "<!doctype html><title>Welcome</title><h1>Please log in</h1>", "text/html")


@fault
async def html502(x):
    """A proxy's error page."""
    await x.page(502, "<html><center><h1>502 Bad Gateway</h1></center></html>", "text/html")


async def whole_stream(x, text=None):
    """What ok would have sent, as one text."""
    sent = []

    async def collect(data):
        sent.append(data)

    x.send, x.raw = collect, collect
    await x.event(x.chunk({"content": text or TEXT}))
    await x.finish()
    del x.send, x.raw
    return "".join(piece for piece in sent if isinstance(piece, str))


@fault
async def gzipped(x):
    """The stream is compressed although nobody asked for that."""
    data = gzip.compress((await whole_stream(x)).encode())
    await x.head(content_encoding="gzip")
    for at in range(0, len(data), 50):
        await x.send(data[at:at + 50])
    await x.end()


@fault
async def split_utf8(x):
    """Characters of several bytes, cut in the middle."""
    event = json.dumps(x.chunk({"content": "«Цена» 价格 🦍"}), ensure_ascii=False)
    data = f"data: {event}\n\n".encode()
    await x.head()
    for at in range(0, len(data), 3):
        await x.send(data[at:at + 3])
        await asyncio.sleep(0.001)
    await x.finish()


@fault
async def glued(x):
    """Everything in one packet."""
    data = await whole_stream(x)
    await x.page(200, data, "text/event-stream")


@fault
async def one_byte(x):
    """One byte at a time."""
    data = (await whole_stream(x)).encode()
    await x.head()
    for at in range(len(data)):
        await x.send(data[at:at + 1])
    await x.end()


@fault
async def no_money(x):
    """402, no balance."""
    await x.error(402, "Insufficient Balance", "unknown_error", "invalid_request_error")


@fault
async def spend_cap(x):
    """429 that is no rate limit: the month's money is spent."""
    body = {"type": "error", "error": {"type": "rate_limit_error", "message": "limit reached",
            "details": {"error_code": "enforced_spend_limit_reached"}}}
    await x.page(429, json.dumps(body))


@fault
async def quota(x):
    """429 insufficient_quota."""
    await x.error(429, "You exceeded your current quota", "insufficient_quota",
                  "insufficient_quota", Retry_After="1")


@fault
async def overloaded_midway(x):
    """An error event in the middle of a stream."""
    await x.head()
    await x.tokens(0, 20)
    await x.event({"error": {"type": "overloaded_error", "message": "Overloaded", "code": 529}})
    await x.end()


@fault
async def empty_choices(x):
    """Events without choices among the others."""
    await x.head()
    await x.event({"choices": [], "prompt_filter_results": []})
    for token in TOKENS:
        await x.event(x.chunk({"content": token}, usage=None))
        await x.event({"choices": []})
    await x.finish()


@fault
async def done_only(x):
    """[DONE], but no word of why it ended."""
    await x.head()
    await x.tokens()
    await x.send("data: [DONE]\n\n")
    await x.end()


@fault
async def no_terminal(x):
    """Ends in good order, but does not say that it is whole."""
    await x.head()
    await x.tokens(0, 59)
    await x.end()


@fault
async def double_finish(x):
    """The end is told twice."""
    await x.head()
    await x.tokens()
    await x.event(x.chunk(finish="stop"))
    await x.finish()


@fault
async def tool_calls(x):
    """Tool calls that nobody asked for, without an index."""
    await x.head()
    for part in ('{"a"', ": 1}"):
        await x.event(x.chunk({"tool_calls": [{"function": {"arguments": part}}]}))
    await x.finish("tool_calls")


@fault
async def error_field(x):
    """An error as a field of the event stream."""
    await x.head()
    await x.tokens(0, 20)
    await x.send('error: {"code":500,"message":"out of slots","type":"server_error"}\n\n')
    await x.end()


@fault
async def bare_error(x):
    """An error without a frame, appended to the stream."""
    await x.head()
    await x.tokens(0, 20)
    await x.send('{"error": {"code": 503, "message": "gone", "status": "UNAVAILABLE"}}\n')
    await x.end()


@fault
async def nul(x):
    """A NUL in the text."""
    await x.head()
    await x.event(x.chunk({"content": "print(1)\0print(2)"}))
    await x.finish()


@fault
async def surrogate(x):
    """Half of a surrogate pair."""
    await x.head()
    await x.send('data: {"choices":[{"delta":{"content":"a\\ud83eb"}}]}\n\n')
    await x.finish()


@fault
async def not_utf8(x):
    """Bytes that are not UTF-8."""
    await x.head()
    await x.send(b'data: {"choices":[{"delta":{"content":"\xff\xfe"}}]}\n\n')
    await x.finish()


@fault
async def huge_event(x):
    """An event of 16 MB."""
    await x.head()
    await x.send('data: {"choices":[{"delta":{"content":"')
    for _ in range(256):
        await x.send("x" * 65536)
    await x.send('"}}]}\n\n')
    await x.finish()


@fault
async def cr_only(x):
    """Lines end in a carriage return."""
    await x.page(200, (await whole_stream(x)).replace("\n", "\r"), "text/event-stream")


@fault
async def crlf_bom(x):
    """A byte order mark first, lines end in CR LF."""
    await x.page(200, "\ufeff" + (await whole_stream(x)).replace("\n", "\r\n"),
                 "text/event-stream")


@fault
async def tight(x):
    """No blank after "data:", pings, ids, retry times, unknown fields."""
    stream = (await whole_stream(x)).replace("data: ", "data:")
    await x.page(200, ": ping\n\nretry: 10\n\nid: 7\nfoo: bar\n" + stream, "text/event-stream")


@fault
async def many_lines(x):
    """Each event in several data lines."""
    stream = (await whole_stream(x)).replace('"choices":', '\ndata: "choices":')
    await x.page(200, stream, "text/event-stream")


@fault
async def plain_text(x):
    """A stream that calls itself text/plain."""
    await x.page(200, await whole_stream(x), "text/plain")


@fault
async def no_stream(x):
    """One JSON object although a stream was asked for."""
    choice = {"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}
    await x.page(200, json.dumps({"model": x.model, "choices": [choice], "usage": USAGE}))


@fault
async def blank_lines(x):
    """Blank lines for a while, then one JSON object."""
    await x.head(content_type="application/json")
    for _ in range(5):
        await x.send("\n")
        await asyncio.sleep(0.05)
    choice = {"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}
    await x.send(json.dumps({"model": x.model, "choices": [choice], "usage": USAGE}))
    await x.end()


@fault
async def json_error(x):
    """An error object under 200."""
    await x.error(200, "the model is loading", code="model_loading")


@fault
async def error_array(x):
    """429, its error in an array."""
    await x.page(429, json.dumps([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED",
                                             "message": "slow down"}}]))


@fault
async def parts(x):
    """Content as a list of parts."""
    await x.head()
    for token in TOKENS:
        await x.event(x.chunk({"content": [{"type": "text", "text": token}]}))
    await x.finish()


@fault
async def reasoning(x):
    """Thinks before it answers."""
    await x.head()
    for name in ("reasoning_content", "reasoning"):
        await x.event(x.chunk({name: "hm, hm", "content": None}))
    await x.tokens()
    await x.finish()


@fault
async def length(x):
    """Runs into the limit of output."""
    await x.head()
    await x.tokens(0, 30)
    await x.finish("length")


@fault
async def filtered_midway(x):
    """The content filter stops it in the middle."""
    await x.head()
    await x.tokens(0, 30)
    await x.finish("content_filter")


@fault
async def odd_finish(x):
    """Ends for a reason that nobody knows."""
    await x.head()
    await x.tokens()
    await x.finish("because")


@fault
async def empty(x):
    """Whole, but without a word."""
    await x.head()
    await x.finish()


@fault
async def redirect(x):
    """Sends the client, and its key, elsewhere."""
    await x.page(307, "", Location="/stolen/chat/completions")


@fault
async def bad_key(x):
    """401; the message repeats the key."""
    await x.error(401, "Incorrect API key provided: " + x.headers.get("authorization", ""),
                  "invalid_request_error", "invalid_api_key")


@fault
async def no_model(x):
    """404, no such model."""
    await x.error(404, "no such model", "invalid_request_error", "model_not_found")


@fault
async def bad_request(x):
    """400 for another reason."""
    await x.error(400, "unknown parameter", "invalid_request_error")


@fault
async def retry_date(x):
    """503 with Retry-After as a date 2 s ahead, then right."""
    if x.number > 1:
        return await ok(x)
    await x.error(503, "later", Retry_After=formatdate(time.time() + 2, usegmt=True))


@fault
async def retry_fraction(x):
    """429 with retry-after-ms: 300, then right."""
    if x.number > 1:
        return await ok(x)
    await x.error(429, "later", retry_after_ms="300")


@fault
async def retry_never(x):
    """429 with Retry-After of a day."""
    await x.error(429, "tomorrow", Retry_After="86400")


@fault
async def should_not_retry(x):
    """500 with x-should-retry: false."""
    await x.error(500, x_should_retry="false")


@fault
async def second_key(x):
    """429 for the first key, right for the second."""
    if x.headers.get("authorization", "").endswith("one"):
        return await x.error(429, "slow down", "requests", "rate_limit_exceeded")
    await ok(x)


@fault
async def last_of_quota(x):
    """Right, but its rate limit headers say that nothing is left for 700 ms."""
    await x.head(x_ratelimit_remaining_requests="0", x_ratelimit_reset_requests="700ms")
    await x.tokens()
    await x.finish()


@fault
async def echo_max(x):
    """Answers with the limit of tokens that it was sent."""
    await x.head()
    limit = x.body.get("max_tokens", x.body.get("max_completion_tokens"))
    await x.event(x.chunk({"content": str(limit)}))
    await x.finish()


@fault
async def ndjson(x):
    """One JSON object a line, as Ollama's own interface."""
    await x.head(content_type="application/x-ndjson")
    for token in TOKENS:
        await x.send(json.dumps({"message": {"content": token}, "done": False}) + "\n")
    await x.send(json.dumps({"message": {"content": ""}, "done": True, "done_reason": "stop",
                             "prompt_eval_count": 9, "eval_count": 60}) + "\n")
    await x.end()


@fault
async def partial(x):
    """Fewer bytes than Content-Length promised."""
    data = await whole_stream(x)
    await x.head(length=len(data) * 2)
    await x.raw(data[:len(data) // 2].encode())
    x.writer.close()


@fault
async def garbage(x):
    """Not even HTTP."""
    await x.raw(b"220 mail.example ESMTP\r\n")
    x.writer.close()


@fault
async def nothing(x):
    """Closes without a byte."""
    x.writer.close()


@fault
async def bad_chunks(x):
    """The chunked coding itself is broken."""
    await x.head()
    await x.tokens(0, 20)
    await x.raw(b"zz\r\nbroken\r\n")
    x.writer.close()


@fault
async def hangs_at_end(x):
    """Says that it is whole, then keeps the connection open."""
    await x.head()
    await x.tokens()
    await x.event(x.chunk(finish="stop"))
    await asyncio.sleep(60)


@fault
async def echo(x):
    """Answers with the last message."""
    await x.head()
    await x.event(x.chunk({"content": x.body["messages"][-1]["content"]}))
    await x.finish()


@fault
async def small(x):
    """A short answer at once, for measurements."""
    await x.page(200, SMALL, "text/event-stream")


SMALL = ('data: {"choices":[{"index":0,"delta":{"content":"4"},"finish_reason":null}]}\n\n'
         'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
         'data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":1}}\n\n'
         "data: [DONE]\n\n")


@fault
async def slow_stream(x):
    """A right answer over so many seconds (5)."""
    await x.head()
    for token in TOKENS:
        await x.event(x.chunk({"content": token}))
        await asyncio.sleep(float(x.argument or 5) / len(TOKENS))
    await x.finish()


# Anthropic Messages.

async def typed(x, kind, **more):
    await x.send(f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n")


async def message_start(x, **more):
    await x.head(**more)
    usage = {"input_tokens": 20, "cache_read_input_tokens": 50, "cache_creation_input_tokens": 30,
             "output_tokens": 1}
    await typed(x, "message_start", message={"model": x.model, "usage": usage, "content": []})
    await typed(x, "content_block_start", index=0, content_block={"type": "text", "text": ""})
    await typed(x, "ping")


async def message_text(x, last=len(TOKENS)):
    for token in TOKENS[:last]:
        await typed(x, "content_block_delta", index=0, delta={"type": "text_delta", "text": token})


async def message_end(x, reason="end_turn", stop=True):
    await typed(x, "content_block_stop", index=0)
    await typed(x, "message_delta", delta={"stop_reason": reason}, usage={"output_tokens": 33})
    await typed(x, "message_delta", delta={"stop_reason": reason}, usage={"output_tokens": 60})
    if stop:
        await typed(x, "message_stop")
    await x.end()


@fault
async def a_ok(x):
    """Anthropic: right, with thinking, pings and event types that nobody knows."""
    await message_start(x)
    await typed(x, "content_block_delta", index=1, delta={"type": "thinking_delta", "thinking": "hm"})
    await typed(x, "brand_new_event", foo=1)
    await message_text(x)
    await message_end(x)


@fault
async def a_overloaded(x):
    """Anthropic: overloaded_error in the middle."""
    await message_start(x)
    await message_text(x, 20)
    await typed(x, "error", error={"type": "overloaded_error", "message": "Overloaded"})
    await x.end()


@fault
async def a_last_of_quota(x):
    """Anthropic: right, but no input tokens are left for one to two seconds."""
    reset = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    await message_start(x, anthropic_ratelimit_input_tokens_remaining="0",
                        anthropic_ratelimit_input_tokens_reset=reset)
    await message_text(x)
    await message_end(x)


@fault
async def a_529(x):
    """Anthropic: 529 at once."""
    await x.page(529, json.dumps({"type": "error", "error": {"type": "overloaded_error",
                                                             "message": "Overloaded"}}))


@fault
async def a_no_stop(x):
    """Anthropic: no message_stop."""
    await message_start(x)
    await message_text(x)
    await message_end(x, stop=False)


@fault
async def a_refusal(x):
    """Anthropic: the model declines."""
    await message_start(x)
    await message_text(x, 5)
    await message_end(x, "refusal")


@fault
async def a_max_tokens(x):
    """Anthropic: the limit of output."""
    await message_start(x)
    await message_text(x, 5)
    await message_end(x, "max_tokens")


@fault
async def a_no_stream(x):
    """Anthropic: one JSON object."""
    await x.page(200, json.dumps({"type": "message", "model": x.model, "stop_reason": "end_turn",
                                  "content": [{"type": "text", "text": TEXT}],
                                  "usage": {"input_tokens": 20, "output_tokens": 60}}))


async def read_request(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    request_line, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in
               (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    method, path, _ = request_line.split(" ")
    return method, path, headers, body


async def answer(reader, writer, method, path, headers, raw):
    x = Exchange(reader, writer, headers, {}, 0)
    if path == "/stats":
        data = {m: {"count": len(t), "at": [round(s - t[0], 3) for s in t]} for m, t in STATS.items()}
        return await x.page(200, json.dumps(data))
    if path == "/reset":
        STATS.clear()
        return await x.page(200, "{}")
    body = json.loads(raw) if raw else {}
    model = body.get("model", "")
    times = STATS.setdefault(model if "/stolen/" not in path else "stolen", [])
    times.append(time.monotonic())
    x = Exchange(reader, writer, headers, body, len(times))
    await FAULTS.get(model.partition(":")[0], no_model)(x)


async def serve(reader, writer):
    try:
        while not writer.is_closing():
            await answer(reader, writer, *await read_request(reader))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, OSError):
        pass
    finally:
        writer.close()


async def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    if args.list:
        for name, function in FAULTS.items():
            print(f"{name:18} {function.__doc__}")
        return
    server = await asyncio.start_server(serve, "127.0.0.1", args.port, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)  # those that hang for ever need no farewell


if __name__ == "__main__":
    asyncio.run(main())
