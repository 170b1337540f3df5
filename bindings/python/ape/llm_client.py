# SPDX-License-Identifier: MIT
"""Completions from a chain of language models: whole, or not at all."""
from __future__ import annotations

import asyncio
import atexit
import ctypes
import itertools
import json
import math
import time
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from ape._native import (
    BreakerSharing,
    Guarded,
    Handle,
    Out,
    check,
    declarations,
    failure,
    library,
    string,
    take_text,
    unattended,
)
from ape.bus import Bus
from ape.errors import ApeError
from ape.host import Host, pointer_of
from ape.metrics_registry import MetricsRegistry
from ape.settings import Settings

_ROLES = {
    "system": declarations.APE_LLM_SYSTEM,
    "user": declarations.APE_LLM_USER,
    "assistant": declarations.APE_LLM_ASSISTANT,
}
END_S = 2.0
Messages = Sequence[Tuple[str, str]]
Judge = Callable[[str], Union[bool, str]]


class Completion:
    """A whole answer of a model: ``text``, who gave it, and the story of the attempts.

    What is not known is None: an invented 0 would be a wrong bill."""

    def __init__(self, data: Dict[str, Any]) -> None:
        self.data = data
        self.text: str = data["text"]
        self.provider: str = data["provider"]
        self.model: Optional[str] = data["model"]
        self.attempts: List[Dict[str, Any]] = data["attempts"]
        self.usage: Optional[Dict[str, Any]] = data["usage"]
        self.cost_usd: Optional[float] = data["cost_usd"]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Completion by {self.provider}, {len(self.text)} characters>"


def _free(client: int) -> None:
    """An orchestrator may go on using the client: then its callback must be gone before us."""
    library.ape_llm_client_watch_breakers(client, declarations.ape_llm_on_breaker(), None)
    library.ape_llm_client_free(client)


class LLMClient(Handle):
    """Asks the providers of a chain in turn, under one deadline and one retry budget.

    The chain and its providers come from ``settings`` (LLM_CHAIN, NAME_API_KEY, ...); without
    settings it is "builtin", the rule-based planner that needs no key. ``metrics`` gets
    ape_llm_*, ape_breaker_* and OpenTelemetry's gen_ai_client_*. ``share``: where a circuit
    breaker opens or closes, those of all clients on the same Redis do.

    Every way of asking takes: ``prompt``, the user's text, or (role, text) pairs with the roles
    system, user and assistant; ``system``; ``provider``: this link of the chain alone;
    ``timeout_ms`` over all attempts, 0: the settings' own; ``temperature`` 0 to 2;
    ``max_tokens``; ``stop``: texts at which the model stops; ``json_mode``: ask for a JSON
    object; ``cacheable``: a kept answer to the same request will do; ``on_text``: hears text as
    it comes, None when it is void.

    It raises DeadlineError, RefusedError, UnavailableError (whose ``attempts`` tell the story),
    and InvalidError for an unknown provider or an option out of range.

    >>> LLMClient().generate("Sharpe ratio of AAPL in 2021").provider
    'builtin'
    """

    __slots__ = ()

    def __init__(self, settings: Optional[Settings] = None, *,
                 metrics: Optional[MetricsRegistry] = None, share: Optional[Bus] = None,
                 host: Optional[Host] = None) -> None:
        out = Out()
        check(library.ape_llm_client_new, pointer_of(host), pointer_of(settings),
              ctypes.byref(out))
        self._own(out, _free, host)
        if metrics is not None:
            check(library.ape_llm_client_set_metrics, self._pointer, metrics._pointer)
        if share is not None:
            callback = declarations.ape_llm_on_breaker(
                unattended(BreakerSharing(share._pointer)))
            self._pointer.keep += (callback,)
            library.ape_llm_client_watch_breakers(self._pointer, callback, None)

    def generate(self, prompt: Union[str, Messages], *, judge: Optional[Judge] = None,
                 **options: Any) -> Completion:
        """Wait for one whole completion.

        ``judge`` is shown each one: True takes it, False goes on with the next provider, a text
        is sent back to the model as what to mend."""
        with _Request(prompt, **options) as request:
            guarded = request.set_judge(judge)
            out, error = Out(), declarations.ape_error()
            status = library.ape_llm_client_generate(self._pointer, request._pointer,
                                                     ctypes.byref(out), ctypes.byref(error))
            completion, problem = _take_completion(out, status, error)
            guarded.raise_kept()
            return _unless(problem, completion)

    async def agenerate(self, prompt: Union[str, Messages], **options: Any) -> Completion:
        """generate() that is awaited: the core's own thread runs all requests, so a thousand of
        them cost no thread. Cancelling the task closes the connection."""
        client, loop = self._pointer, asyncio.get_running_loop()
        future: "asyncio.Future[Completion]" = loop.create_future()
        request, call = _Request(prompt, **options), Out()
        number = next(_numbers)
        _waiting[number] = (loop, future, request, call)
        try:
            check(library.ape_llm_client_submit, client, request._pointer, _on_done, number,
                  ctypes.byref(call))
        except BaseException:
            del _waiting[number]
            raise
        try:
            return await future
        except asyncio.CancelledError:
            library.ape_llm_call_cancel(call)
            raise
        finally:
            library.ape_llm_call_free(call)
            call.value = None

    def reload(self, settings: Optional[Settings]) -> None:
        """Change chain, keys and clocks to what the settings say now."""
        check(library.ape_llm_client_reload, self._pointer, pointer_of(settings))


#: Requests under way, by the number that the core hands back. The request is kept: it is the
#: core's until the call has ended.
_Waiting = Tuple[asyncio.AbstractEventLoop, "asyncio.Future[Completion]", "_Request", Out]
_waiting: Dict[int, _Waiting] = {}
_numbers = itertools.count(1)


def _ended(number: int, status: int, completion: Optional[int], error: Any) -> None:
    """On the thread of the core: hand the outcome to the event loop that waits for it."""
    loop, future, _request, _call = _waiting.pop(number)
    told = error.contents if error else declarations.ape_error()
    taken, problem = _take_completion(Out(completion), status, told)
    try:
        loop.call_soon_threadsafe(_settle, future, taken, problem)
    except RuntimeError:
        pass  # the loop is closed: nobody waits any more


def _cancel_all() -> None:
    """At the end of the process: the core must not call Python once it is gone."""
    for _loop, _future, _request, call in list(_waiting.values()):
        library.ape_llm_call_cancel(call)
    deadline = time.monotonic() + END_S
    while _waiting and time.monotonic() < deadline:
        time.sleep(0.01)


atexit.register(_cancel_all)
_on_done = declarations.ape_llm_done(unattended(_ended))


def _settle(future: "asyncio.Future[Completion]", completion: Optional[Completion],
            problem: Optional[ApeError]) -> None:
    if future.done():
        return
    if problem is not None:
        future.set_exception(problem)
    elif completion is not None:
        future.set_result(completion)


def _unless(problem: Optional[ApeError], completion: Optional[Completion]) -> Completion:
    if completion is None or problem is not None:
        raise problem or ApeError("there is no completion")
    return completion


class _Request(Handle):
    """One request: messages and how to answer them."""

    __slots__ = ("_callbacks",)

    def __init__(self, prompt: Union[str, Messages], *, system: Optional[str] = None,
                 provider: Optional[str] = None, timeout_ms: int = 0,
                 temperature: Optional[float] = None, max_tokens: int = 0,
                 stop: Sequence[str] = (), json_mode: bool = False,
                 cacheable: bool = False,
                 on_text: Optional[Callable[[Optional[str]], None]] = None) -> None:
        out = Out()
        check(library.ape_llm_request_new, None, ctypes.byref(out))
        self._callbacks: List[Any] = []
        self._own(out, library.ape_llm_request_free, self._callbacks)
        self._add_messages(prompt, system)
        pointer = self._pointer
        if provider is not None:
            check(library.ape_llm_request_set_provider, pointer, string(provider, "provider"))
        library.ape_llm_request_set_timeout_ms(pointer, timeout_ms)
        check(library.ape_llm_request_set_temperature, pointer,
              math.nan if temperature is None else temperature)
        library.ape_llm_request_set_max_tokens(pointer, max_tokens)
        for text in stop:
            check(library.ape_llm_request_add_stop, pointer, string(text, "stop"))
        library.ape_llm_request_set_json_mode(pointer, json_mode)
        library.ape_llm_request_set_cacheable(pointer, cacheable)
        if on_text is not None:
            self._set_listener(on_text)

    def _add_messages(self, prompt: Union[str, Messages], system: Optional[str]) -> None:
        messages = [("user", prompt)] if isinstance(prompt, str) else list(prompt)
        if system is not None:
            messages.insert(0, ("system", system))
        for role, text in messages:
            if role not in _ROLES:
                raise ValueError(f"a role is system, user or assistant, not {role!r}")
            content = text.encode()
            check(library.ape_llm_request_add_message, self._pointer, _ROLES[role], content,
                  len(content))

    def _set_listener(self, on_text: Callable[[Optional[str]], None]) -> None:
        def listen(_user: Optional[int], text: Optional[int], size: int) -> None:
            on_text(None if text is None else ctypes.string_at(text, size).decode(
                "utf-8", "replace"))

        callback = declarations.ape_llm_listener(unattended(listen))
        self._callbacks.append(callback)
        library.ape_llm_request_set_listener(self._pointer, callback, None)

    def set_judge(self, judge: Optional[Judge]) -> Guarded:
        """Let the judge decide; one that raises ends the request, and what it raised is kept."""
        guarded = Guarded(_verdict_giver(judge), declarations.APE_LLM_STOP)
        if judge is not None:
            callback = declarations.ape_llm_judge(guarded)
            self._callbacks.append(callback)
            library.ape_llm_request_set_judge(self._pointer, callback, None)
        return guarded


def _verdict_giver(judge: Optional[Judge]) -> Callable[..., int]:
    def verdict(_user: Optional[int], candidate: int) -> int:
        text = ctypes.string_at(library.ape_llm_completion_text(candidate),
                                library.ape_llm_completion_text_size(candidate))
        said = True if judge is None else judge(text.decode("utf-8", "replace"))
        if isinstance(said, str):
            feedback = said.encode()
            library.ape_llm_completion_set_feedback(candidate, feedback, len(feedback))
            return int(declarations.APE_LLM_ASK_AGAIN)
        return int(declarations.APE_LLM_ACCEPT if said else declarations.APE_LLM_NEXT)
    return verdict


def _take_completion(completion: Out, status: int,
                     error: Any) -> Tuple[Optional[Completion], Optional[ApeError]]:
    """The completion, which is freed; or the failure, with its attempts."""
    try:
        data = _completion_data(completion) if completion else None
    finally:
        library.ape_llm_completion_free(completion)
    if status == declarations.APE_OK and data is not None:
        return Completion(data), None
    problem = failure(status, error)
    problem.attempts = [] if data is None else data["attempts"]
    return None, problem


def _completion_data(completion: Out) -> Dict[str, Any]:
    text = Out()
    check(library.ape_llm_completion_to_json, completion, ctypes.byref(text))
    data: Dict[str, Any] = json.loads(take_text(text))
    return data
