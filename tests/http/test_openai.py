# SPDX-License-Identifier: MIT
"""The OpenAI-compatible door, on the wire; tests/clients/openai_sdk.py asks OpenAI's own clients."""
import json

import pytest

QUESTION = {"messages": [{"role": "user", "content": "Calculate the Sharpe ratio for AAPL in 2021"}]}


@pytest.mark.critical
def test_models(client):
    ids = [model["id"] for model in client.get("/v1/models").json()["data"]]
    assert ids[0] == "ape" and len(ids) > 1


@pytest.mark.critical
@pytest.mark.realapi
def test_a_completion(client):
    body = client.post("/v1/chat/completions", json=QUESTION).json()
    assert body["choices"][0]["message"]["content"]
    assert body["choices"][0]["finish_reason"] == "stop"


@pytest.mark.realapi
def test_a_stream_says_the_same(client):
    whole = client.post("/v1/chat/completions", json={**QUESTION, "model": "builtin"}).json()
    response = client.post("/v1/chat/completions", json={
        **QUESTION, "model": "builtin", "stream": True, "stream_options": {"include_usage": True}})
    lines = [line[6:] for line in response.text.split("\n") if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    chunks = [json.loads(line) for line in lines[:-1]]
    text = "".join(chunk["choices"][0]["delta"].get("content", "")
                   for chunk in chunks if chunk["choices"])
    assert text == whole["choices"][0]["message"]["content"]
    assert chunks[-1]["choices"] == [] and "usage" in chunks[-1]
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.realapi
def test_text_parts(client):
    body = {"model": "builtin", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "Sharpe ratio "}, {"type": "text", "text": "of AAPL in 2021"}]}]}
    assert client.post("/v1/chat/completions", json=body).status_code == 200


@pytest.mark.parametrize("change,field", [
    ({"messages": None}, "messages"), ({"messages": []}, "messages"), ({"messages": "x"}, "messages"),
    ({"messages": [{}]}, "messages"), ({"messages": [{"role": "wizard", "content": "x"}]}, "messages"),
    ({"messages": [{"role": "user", "content": 1}]}, "messages"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages"),
    ({"temperature": 3}, "temperature"), ({"max_tokens": 0}, "max_tokens"), ({"top_p": 0.5}, "top_p"),
    ({"stop": ["a"] * 5}, "stop"), ({"response_format": {"type": "yaml"}}, "response_format"),
    ({"logit_bias": {"1": 5}}, "logit_bias"), ({"logprobs": True}, "logprobs"), ({"n": 2}, "n"), ({"tools": [{"type": "function"}]}, "tools"), ({"stream": "yes"}, "stream"),
    ({"model": 5}, "model"),
])
def test_an_invalid_field_is_named_in_both_forms(client, change, field):
    response = client.post("/v1/chat/completions", json={**QUESTION, **change})
    assert response.status_code == 422
    body = response.json()
    assert body["errors"][0]["field"] == field
    assert body["error"]["type"] == "invalid_request_error" and body["error"]["message"]


def test_an_unknown_model(client):
    response = client.post("/v1/chat/completions", json={**QUESTION, "model": "no-such"})
    assert response.status_code == 404
