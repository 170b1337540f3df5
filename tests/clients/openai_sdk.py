#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""openai_sdk.py BUILD BINARY: OpenAI's own clients, from PyPI and npm, at the chain.

Both know nothing of ape but its address. Providers fail behind it: the clients see whole answers.
"""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "server"))
from support import ROOT, chain, node_modules, providers, running, use_packages

use_packages(sys.argv[1], ROOT / "tests/clients/requirements.txt")
import openai

KEY = "make-believe-key-one-0123456789abcdef"
TEXT = "".join(f"word{i} " for i in range(60))
COUNT = [{"role": "user", "content": "Count."}]


def check_usage(usage):
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (100, 60, 160), usage
    assert usage.prompt_tokens_details.cached_tokens == 40
    assert usage.completion_tokens_details.reasoning_tokens == 10


def test_models(client):
    ids = [model.id for model in client.models.list()]
    assert ids == ["ape", "p0", "p1"], ids


def test_whole(client):
    raw = client.chat.completions.with_raw_response.create(model="ape", messages=COUNT)
    completion = raw.parse()
    assert raw.headers["X-Ape-Provider"] == "p1", "the first provider fails"
    assert completion.choices[0].message.content == TEXT
    assert completion.choices[0].finish_reason == "stop"
    check_usage(completion.usage)


def test_streamed(client):
    text, usage, finish = "", None, None
    with client.chat.completions.create(model="ape", messages=COUNT, stream=True,
                                        stream_options={"include_usage": True}) as stream:
        for chunk in stream:
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finish = choice.finish_reason or finish
            usage = chunk.usage or usage
    assert text == TEXT and finish == "stop"
    check_usage(usage)


def test_one_provider_alone(client):
    assert client.chat.completions.create(model="p1", messages=COUNT).choices[0].message.content == TEXT
    try:
        client.chat.completions.create(model="p0", messages=COUNT)
    except openai.InternalServerError as error:
        assert error.status_code in (502, 503) and error.body["message"], error.body
    else:
        raise AssertionError("p0 always fails")


def test_errors_are_the_clients_own(client):
    for kind, arguments in ((openai.UnprocessableEntityError, {"messages": []}),
                            (openai.UnprocessableEntityError, {"messages": COUNT, "n": 2}),
                            (openai.NotFoundError, {"messages": COUNT, "model": "no-such"})):
        try:
            client.chat.completions.create(**{"model": "ape", **arguments})
        except kind as error:
            assert error.type == "invalid_request_error" and error.body["message"], error.body
            assert error.request_id, "no request id"
        else:
            raise AssertionError(f"no error for {arguments}")
    try:
        client.with_options(api_key="make-believe-wrong-key-0123456789").models.list()
    except openai.AuthenticationError as error:
        assert error.status_code == 401
    else:
        raise AssertionError("a wrong key was taken")


def test_from_npm(client):
    modules = node_modules(sys.argv[1], ROOT / "tests/clients/package.json")
    subprocess.run(["node", str(ROOT / "tests/clients/openai_sdk.cjs"), str(client.base_url), KEY, TEXT],
                   check=True, timeout=120, env={**os.environ, "NODE_PATH": modules})


def test_usage_that_nobody_told(client):
    """What may have been billed by a provider that did not say is no number."""
    completion = client.chat.completions.create(model="ape", messages=COUNT)
    assert completion.choices[0].message.content == TEXT and completion.usage is None


def main():
    # Each fails in its own way before the good one answers: overloaded, rate limited, then those
    # that may have written something already.
    after = {"s04": (test_models, test_whole, test_streamed, test_one_provider_alone,
                     test_errors_are_the_clients_own, test_from_npm),
             "s02": (test_whole, test_streamed), "always500": (test_usage_that_nobody_told,),
             "s05": (test_usage_that_nobody_told,), "s08": (test_usage_that_nobody_told,)}
    for fault, some in after.items():
        with providers() as address:
            settings = {**chain(address, fault, "ok"), "API_KEYS": KEY, "SECRET_KEY": KEY * 2}
            with running(sys.argv[2], "--rate-limit", "0", settings=settings) as server:
                client = openai.OpenAI(base_url=server.url + "/v1", api_key=KEY, max_retries=0)
                for test in some:
                    test(client)
                    print(f"ok   {test.__name__}, {fault}", flush=True)


main()
