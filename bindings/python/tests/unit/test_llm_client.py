# SPDX-License-Identifier: MIT
"""The client against a provider of our own on the loopback interface."""
from __future__ import annotations

import asyncio
import json
import os
import pathlib
import time
from typing import Iterator

import ape
import pytest
from ape.orchestration.universal_llm_client import UniversalLLMClient
from providers import Provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.shutdown()
    made.server_close()


def test_generates_text(provider: Provider) -> None:
    client = ape.LLMClient(provider.settings())
    heard = []
    completion = client.generate("What is 2+2?", system="Be short.", temperature=0.5,
                                 max_tokens=10, stop=["\n\n"], on_text=heard.append)
    assert (completion.text, completion.provider) == ("four", "stub")
    assert str(completion) == "four" and "stub" in repr(completion)
    assert heard == ["four"]
    sent = provider.requests[0]
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert sent["temperature"] == 0.5


def test_the_requirements_client(provider: Provider) -> None:
    client = UniversalLLMClient(provider="stub", settings=provider.settings())
    assert client.generate("What is 2+2?") == "four"
    client.close()


def test_falls_back(provider: Provider) -> None:
    provider.status = 500
    completion = ape.LLMClient(provider.settings()).generate("Sharpe ratio of AAPL in 2021")
    assert completion.provider == "builtin"
    assert [attempt["provider"] for attempt in completion.attempts] == ["stub", "builtin"]


def test_a_failure_tells_its_attempts(provider: Provider) -> None:
    provider.status = 500
    with pytest.raises(ape.UnavailableError) as failed:
        ape.LLMClient(provider.settings()).generate("x", provider="stub")
    assert failed.value.attempts[0]["provider"] == "stub"
    assert "make-believe" not in str(failed.value.attempts)
    with pytest.raises(ape.InvalidError, match="nobody"):
        ape.LLMClient(provider.settings()).generate("x", provider="nobody")
    with pytest.raises(ValueError, match="a role is"):
        ape.LLMClient().generate([("king", "x")])
    with pytest.raises(ape.InvalidError):
        ape.LLMClient().generate("x", temperature=9.0)


def test_a_judge_decides(provider: Provider) -> None:
    client = ape.LLMClient(provider.settings())
    verdicts = ["say it in digits", True]
    assert client.generate("2+2?", judge=lambda text: verdicts.pop(0)).text == "four"
    assert "say it in digits" in json.dumps(provider.requests[1])
    passed_on = client.generate("Sharpe ratio of AAPL in 2021",
                                judge=lambda text: text != "four")
    assert passed_on.provider == "builtin"

    def angry(text: str) -> bool:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        client.generate("2+2?", judge=angry)


def test_reload_changes_the_chain(provider: Provider) -> None:
    client = ape.LLMClient()
    with pytest.raises(ape.InvalidError):
        client.generate("x", provider="stub")
    client.reload(provider.settings())
    assert client.generate("x", provider="stub").text == "four"


async def test_awaits(provider: Provider) -> None:
    client = ape.LLMClient(provider.settings())
    assert (await client.agenerate("2+2?")).text == "four"
    provider.status = 500
    with pytest.raises(ape.UnavailableError):
        await client.agenerate("2+2?", provider="stub")
    with pytest.raises(ape.InvalidError):
        await client.agenerate("2+2?", provider="nobody")


async def test_cancelling_closes_the_connection(provider: Provider) -> None:
    provider.delay_s = 30
    client = ape.LLMClient(provider.settings())
    task = asyncio.create_task(client.agenerate("2+2?", provider="stub"))
    assert await asyncio.to_thread(provider.asked.wait, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    from ape import llm_client
    deadline = time.monotonic() + 30
    while llm_client._waiting:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def threads_of_this_process() -> int:
    return len(os.listdir("/proc/self/task"))


def resident_bytes() -> int:
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def answer_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One completion, two seconds late: a provider without a thread for each request."""
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    await reader.readexactly(size)
    await asyncio.sleep(2)
    chunk = {"choices": [{"index": 0, "delta": {"content": "four"}, "finish_reason": "stop"}]}
    data = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"
                 b"Content-Length: %d\r\n\r\n" % len(data) + data)
    await writer.drain()
    writer.close()


@pytest.mark.slow
async def test_a_thousand_at_once_cost_no_thread() -> None:
    server = await asyncio.start_server(answer_slowly, "127.0.0.1", 0, backlog=2048)
    port = server.sockets[0].getsockname()[1]
    client = ape.LLMClient(ape.Settings({
        "LLM_CHAIN": "stub", "STUB_API_KEY": "make-believe-key", "STUB_MODEL": "stub-1",
        "STUB_BASE_URL": f"http://127.0.0.1:{port}/v1", "LLM_RETRIES": "0"}, environment=False))
    await client.agenerate("warm up")
    threads, memory = threads_of_this_process(), resident_bytes()
    tasks = [asyncio.create_task(client.agenerate(f"question {i}")) for i in range(1000)]
    await asyncio.sleep(1.5)
    assert threads_of_this_process() <= threads + 1
    completions = await asyncio.gather(*tasks)
    assert all(completion.text == "four" for completion in completions)
    assert resident_bytes() - memory < 50 * 1024 * 1024
    server.close()
