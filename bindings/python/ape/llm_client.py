# SPDX-License-Identifier: MIT
"""Completions from a chain of language models: whole, or not at all."""
from __future__ import annotations

import ctypes
import json
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from ape._native import Handle, Out, check, declarations, failure, library, string, take_text
from ape.errors import ApeError
from ape.host import Host, pointer_of
from ape.settings import Settings

_ROLES = {
    "system": declarations.APE_LLM_SYSTEM,
    "user": declarations.APE_LLM_USER,
    "assistant": declarations.APE_LLM_ASSISTANT,
}
Messages = Sequence[Tuple[str, str]]


class Completion:
    """A whole answer of a model: ``text``, who gave it, and the story of the attempts."""

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


class LLMClient(Handle):
    """Asks the providers of a chain in turn, under one deadline and one retry budget.

    The chain and its providers come from ``settings`` (LLM_CHAIN, NAME_API_KEY, ...); without
    settings it is "builtin", the rule-based planner that needs no key.

    >>> LLMClient().generate("Sharpe ratio of AAPL in 2021").provider
    'builtin'
    """

    __slots__ = ()

    def __init__(self, settings: Optional[Settings] = None, *,
                 host: Optional[Host] = None) -> None:
        out = Out()
        check(library.ape_llm_client_new, pointer_of(host), pointer_of(settings),
              ctypes.byref(out))
        self._own(out, library.ape_llm_client_free, host)

    def generate(self, prompt: Union[str, Messages], *, system: Optional[str] = None,
                 provider: Optional[str] = None, timeout_ms: int = 0) -> Completion:
        """Wait for one whole completion.

        ``prompt`` is the user's text, or (role, text) pairs with the roles system, user and
        assistant. ``provider``: this link of the chain alone. ``timeout_ms`` is over all
        attempts; 0: the settings' own. Raises DeadlineError, RefusedError, UnavailableError
        (their ``attempts`` tell the story), InvalidError for an unknown provider.
        """
        with _Request(prompt, system, provider, timeout_ms) as request:
            out, error = Out(), declarations.ape_error()
            status = library.ape_llm_client_generate(self._pointer, request._pointer,
                                                     ctypes.byref(out), ctypes.byref(error))
            return _take_completion(out, status, error)


class _Request(Handle):
    """One request: messages and how to answer them."""

    __slots__ = ()

    def __init__(self, prompt: Union[str, Messages], system: Optional[str],
                 provider: Optional[str], timeout_ms: int) -> None:
        out = Out()
        check(library.ape_llm_request_new, None, ctypes.byref(out))
        self._own(out, library.ape_llm_request_free)
        messages = [("user", prompt)] if isinstance(prompt, str) else list(prompt)
        if system is not None:
            messages.insert(0, ("system", system))
        for role, text in messages:
            self._add(role, text)
        if provider is not None:
            check(library.ape_llm_request_set_provider, self._pointer,
                  string(provider, "provider"))
        library.ape_llm_request_set_timeout_ms(self._pointer, timeout_ms)

    def _add(self, role: str, text: str) -> None:
        if role not in _ROLES:
            raise ValueError(f"a role is system, user or assistant, not {role!r}")
        content = text.encode()
        check(library.ape_llm_request_add_message, self._pointer, _ROLES[role], content,
              len(content))


def _take_completion(completion: Out, status: int, error: Any) -> Completion:
    """The completion, which is freed; or the failure, with its attempts."""
    try:
        data = _completion_data(completion) if completion else None
        if status == declarations.APE_OK and data is not None:
            return Completion(data)
        raise _with_attempts(failure(status, error), data)
    finally:
        library.ape_llm_completion_free(completion)


def _completion_data(completion: Out) -> Dict[str, Any]:
    text = Out()
    check(library.ape_llm_completion_to_json, completion, ctypes.byref(text))
    data: Dict[str, Any] = json.loads(take_text(text))
    return data


def _with_attempts(error: ApeError, data: Optional[Dict[str, Any]]) -> ApeError:
    error.attempts = [] if data is None else data["attempts"]
    return error
