# SPDX-License-Identifier: MIT
"""Real models, where there are keys; a local model server, where there is one; else the fallback
chain with a first provider that fails."""
from __future__ import annotations

import os
import socket

import ape
import pytest
from ape.orchestration.universal_llm_client import UniversalLLMClient

KEYS = {name: os.environ.get(f"{name.upper()}_API_KEY")
        for name in ("deepseek", "anthropic", "openai")}


@pytest.mark.realapi
@pytest.mark.parametrize("provider", KEYS)
def test_a_real_model_answers(provider: str) -> None:
    if not KEYS[provider]:
        pytest.skip(f"set {provider.upper()}_API_KEY and APE_TEST_REAL_LLM=1 to ask it")
    assert "4" in UniversalLLMClient(provider=provider).generate("What is 2+2?")


@pytest.mark.realapi
def test_a_local_model_server_answers() -> None:
    url, model = os.environ.get("LOCAL_BASE_URL"), os.environ.get("LOCAL_MODEL")
    if not url or not model:
        pytest.skip("set LOCAL_BASE_URL and LOCAL_MODEL to a server that speaks OpenAI's protocol")
    settings = ape.Settings({"LLM_CHAIN": "local", "LOCAL_API_KEY": "none-is-needed"})
    assert UniversalLLMClient(provider="local", settings=settings).generate("What is 2+2?")


def refused_url() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"


def test_the_chain_falls_back() -> None:
    settings = ape.Settings({
        "LLM_CHAIN": "deepseek,builtin", "DEEPSEEK_API_KEY": "make-believe-key",
        "DEEPSEEK_BASE_URL": refused_url(), "LLM_RETRIES": "0"}, environment=False)
    with ape.Orchestrator(settings) as orchestrator:
        answer = orchestrator.query("Calculate the Sharpe ratio for AAPL in 2021")
    assert answer.ok
    attempts = answer.data["llm"]["attempts"]
    assert [attempt["provider"] for attempt in attempts] == ["deepseek", "builtin"]
    assert attempts[0]["class"] == "connect"
