#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""completions.py BUILD BINARY: the OpenAI door in front of providers that fail."""
import contextlib
import http.client
import json
import sys
import time

from support import chain, providers, running

TEXT = "".join(f"word{i} " for i in range(60))
USAGE = {"prompt_tokens": 100, "completion_tokens": 60, "total_tokens": 160,
         "prompt_tokens_details": {"cached_tokens": 40},
         "completion_tokens_details": {"reasoning_tokens": 10}}


@contextlib.contextmanager
def door(address, *models):
    with running(sys.argv[2], "--rate-limit", "0", settings=chain(address, *models)) as server:
        yield server


def post(server, **body):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    body.setdefault("messages", [{"role": "user", "content": "Count."}])
    connection.request("POST", "/v1/chat/completions", json.dumps(body),
                       {"Content-Type": "application/json"})
    return connection.getresponse()


def events(response):
    """(seconds since the head, data) of each event."""
    begun = time.monotonic()
    for line in response:
        if line.startswith(b"data: "):
            yield time.monotonic() - begun, line[6:].strip().decode()


def text_of(chunks):
    return "".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c.get("choices"))


def test_whole(address):
    with door(address, "s04", "ok") as server:
        response = post(server)
        body = json.loads(response.read())
        assert response.status == 200 and response.headers["X-Ape-Provider"] == "p1", body
        assert body["choices"][0]["message"]["content"] == TEXT
        assert body["usage"] == USAGE, body["usage"]


def test_a_stream_comes_as_it_is_written(address):
    with door(address, "slow_stream:3") as server:
        response = post(server, stream=True, stream_options={"include_usage": True})
        assert response.headers["Content-Type"] == "text/event-stream"
        got = list(events(response))
        chunks = [json.loads(data) for _, data in got[:-1]]
        assert got[-1][1] == "[DONE]" and text_of(chunks) == TEXT
        assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
        assert len({c["id"] for c in chunks}) == 1
        assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
        assert got[len(got) // 2][0] < got[-1][0] - 0.5, "all of it came at the end"


def test_a_failure_before_the_first_word_is_not_seen(address):
    with door(address, "s04", "s05", "ok") as server:
        got = [data for _, data in events(post(server, stream=True))]
        assert got[-1] == "[DONE]" and text_of(map(json.loads, got[:-1])) == TEXT


def test_a_broken_stream_says_so(address):
    for fault in ("s08", "s09", "overloaded_midway"):
        with door(address, fault, "ok") as server:
            got = [data for _, data in events(post(server, stream=True))]
            assert "[DONE]" not in got, fault
            error = json.loads(got[-1])["error"]
            assert error["code"] == "broken_off" and error["type"] == "server_error", error
            assert TEXT.startswith(text_of(map(json.loads, got[:-1])))
            body = json.loads(post(server).read())
            assert body["choices"][0]["message"]["content"] == TEXT, "a whole answer still falls back"


def test_nobody_answers(address):
    with door(address, "s04") as server:
        for stream in (False, True):
            response = post(server, stream=stream)
            problem = json.loads(response.read())
            assert response.status == 503 and problem["error"]["message"], problem


def connections_to(port):
    """Established ones, of anybody on this machine."""
    wanted = f":{port:04X}"
    with open("/proc/net/tcp") as lines:
        return sum(f[2].endswith(wanted) and f[3] == "01" for f in map(str.split, lines))


def test_a_client_that_leaves_ends_the_call(address):
    port = int(address.rsplit(":", 1)[1])
    with door(address, "slow_stream:60") as server:
        response = post(server, stream=True)
        next(events(response))
        assert connections_to(port) == 1
        response.close()
        end = time.monotonic() + 30
        while connections_to(port) > 0:
            assert time.monotonic() < end, "the provider is still writing for nobody"
            time.sleep(0.1)


def test_what_reaches_the_provider(address):
    with door(address, "echo") as server:
        for more in ({"temperature": 0.5, "max_tokens": 50, "stop": ["x"]}, {"stop": "x"}, {"top_p": 1},
                     {"max_completion_tokens": 5}, {"response_format": {"type": "json_object"}},
                     {"logprobs": False, "seed": 1, "user": "u", "tools": [], "logit_bias": {}}):
            response = post(server, **more)
            assert response.status == 200, (more, response.read())
        for field, value in (("temperature", 3), ("temperature", "hot"), ("max_tokens", 0),
                             ("max_tokens", 1.5), ("stop", ["a"] * 5), ("stop", ""), ("stop", [1]),
                             ("top_p", 0.5), ("frequency_penalty", 1), ("logprobs", True),
                             ("response_format", {"type": "json_schema"}), ("response_format", "json"),
                             ("logit_bias", {"1": 5})):
            response = post(server, **{field: value})
            problem = json.loads(response.read())
            assert response.status == 422 and problem["errors"][0]["field"] == field, (field, problem)


def main():
    with providers() as address:
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                begun = time.monotonic()
                test(address)
                print(f"ok   {name} ({time.monotonic() - begun:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
