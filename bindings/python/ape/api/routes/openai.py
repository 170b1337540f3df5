# SPDX-License-Identifier: MIT
"""OpenAI's interface onto the chain: any of its clients gets breakers and fallback."""
from __future__ import annotations

import json
import time
from typing import Annotated, Any, AsyncIterator, Dict, Iterator, Optional

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

import ape
from ape.api import dependencies, models
from ape.api.chain import chain_of
from ape.api.problems import Problem, field_problem
from ape.api.services import Services

router = APIRouter(prefix="/v1", tags=["openai"])
Parts = Annotated[Services, Depends(dependencies.get_services)]
CHAIN = "ape"
CHUNK_CHARACTERS = 2048
ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


@router.get("/models", operation_id="list_models")
async def list_models(services: Parts) -> Dict[str, Any]:
    names = [CHAIN, *chain_of(services.settings)]
    return {"object": "list", "data": [
        {"id": name, "object": "model", "created": 0, "owned_by": "libape"} for name in names]}


@router.post("/chat/completions", operation_id="chat_completions")
async def chat_completions(request: Request, body: models.ChatRequest,
                           services: Parts) -> Response:
    for name in body.refused():
        raise field_problem(name, "is not supported")
    completion = await complete(services, body)
    head = {"id": "chatcmpl-" + request.scope["ape.request_id"], "created": int(time.time()),
            "model": completion.model or body.model or CHAIN}
    headers = {"X-Ape-Provider": completion.provider}
    if not body.stream:
        return JSONResponse(whole(head, completion), headers=headers)
    include_usage = bool(body.stream_options and body.stream_options.include_usage)
    return StreamingResponse(_lines(chunks(head, completion, include_usage)),
                             media_type="text/event-stream", headers=headers)


async def complete(services: Services, body: models.ChatRequest) -> ape.Completion:
    """One whole completion; Problem 404 for an unknown model."""
    messages = [(ROLES[message.role], message.text()) for message in body.messages]
    provider = None if body.model in (None, CHAIN) else body.model
    if provider is not None and provider not in chain_of(services.settings):
        raise Problem(404, f"there is no model {provider[:60]}; /v1/models lists what there is")
    return await services.run(services.llm_client.generate, messages, provider=provider,
                              **body.options())


def usage_of(completion: ape.Completion) -> Optional[Dict[str, Any]]:
    """Unknown stays unknown: an invented 0 would be a wrong bill.

    The core's numbers do not overlap; OpenAI's prompt tokens are all of them, cached or not.
    """
    usage = completion.usage or {}
    given, made = usage.get("input_tokens"), usage.get("output_tokens")
    read, thought = usage.get("cache_read_tokens"), usage.get("reasoning_tokens")
    if given is None or made is None:
        return None
    prompt = given + (read or 0) + (usage.get("cache_write_tokens") or 0)
    told: Dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": made,
                            "total_tokens": prompt + made}
    if read is not None:
        told["prompt_tokens_details"] = {"cached_tokens": read}
    if thought is not None:
        told["completion_tokens_details"] = {"reasoning_tokens": thought}
    return told


def whole(head: Dict[str, Any], completion: ape.Completion) -> Dict[str, Any]:
    message = {"role": "assistant", "content": completion.text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {**head, "object": "chat.completion", "choices": [choice],
            "usage": usage_of(completion)}


def chunks(head: Dict[str, Any], completion: ape.Completion,
           include_usage: bool) -> Iterator[Dict[str, Any]]:
    """The text in pieces, the end, and the usage if it was asked for."""
    start = {**head, "object": "chat.completion.chunk"}
    text = completion.text
    for at in range(0, max(len(text), 1), CHUNK_CHARACTERS):
        delta: Dict[str, Any] = {"role": "assistant"} if at == 0 else {}
        delta["content"] = text[at:at + CHUNK_CHARACTERS]
        yield {**start, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**start, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    if include_usage:
        yield {**start, "choices": [], "usage": usage_of(completion)}


async def _lines(parts: Iterator[Dict[str, Any]]) -> AsyncIterator[str]:
    for part in parts:
        yield f"data: {json.dumps(part)}\n\n"
    yield "data: [DONE]\n\n"
