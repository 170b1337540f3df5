# SPDX-License-Identifier: MIT
"""From a model's raw answer to Python code that may run."""
from __future__ import annotations

import ctypes
import json
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from ape._native import Handle, Out, check, declarations, initialised, library, string, take_text
from ape.errors import CodeRejected, InvalidError
from ape.host import Host, pointer_of

_DIVISIONS = ("honest", "sketch", "off")
_HISTORIES = ("typed", "sketch", "off")


def _policy(given: str, name: str, known: Tuple[str, ...]) -> int:
    if given not in known:
        raise InvalidError(f"{name} is {given!r}; it must be one of {', '.join(known)}")
    return known.index(given)


def _joined(words: Sequence[str], name: str) -> str:
    if isinstance(words, str):
        raise TypeError(f"{name} must be a list of str, not a str")
    return ",".join(words)


class SanitizedCode:
    """The outcome for one answer.

    ``ok``: may run; ``code``: what to run, "" if there is none; ``reason``: why it was rejected,
    fit to be sent back to the model; ``diagnostics``: [{"rule", "level", "line", "column",
    "message", "fixed", ...}]; ``fix_count``: edits beyond extraction.
    """

    def __init__(self, data: Dict[str, Any], reason: Optional[str]) -> None:
        self.data = data
        self.ok: bool = data["verdict"] == "ok"
        self.code: str = data["code"]
        self.reason = reason
        self.diagnostics: List[Dict[str, Any]] = data["diagnostics"]
        self.fix_count: int = data["fixes"]

    def __repr__(self) -> str:
        return f"<SanitizedCode {self.data['verdict']}, {self.fix_count} fixes>"


class CodeSanitizer(Handle):
    """Extracts, repairs, explains and rejects; nothing is executed.

    ``profile`` says which versions to repair for, as "python=3.11,pandas=1.5.3"; ``unsafe_fixes``
    also makes repairs that may change the meaning; ``rules`` sets levels, as {"APE601": "off"};
    ``allow_imports`` names modules that may be imported besides; ``division`` is "honest",
    "sketch" or "off", ``history`` "typed", "sketch" or "off" (docs/sanitizer.md).

    >>> CodeSanitizer().sanitize("```python\\nprint(1)\\n```")
    'print(1)\\n'
    """

    __slots__ = ()

    def __init__(self, *, profile: Optional[str] = None, unsafe_fixes: bool = False,
                 rules: Optional[Mapping[str, str]] = None,
                 allow_imports: Sequence[str] = (), division: str = "honest",
                 history: str = "typed", host: Optional[Host] = None) -> None:
        options = initialised(declarations.ape_code_sanitizer_options)
        options.unsafe_fixes = 1 if unsafe_fixes else 0
        options.profile = string(profile, "profile")
        options.rules = string(",".join(f"{rule}={level}" for rule, level in (rules or {}).items()),
                               "rules")
        options.allow_imports = string(_joined(allow_imports, "allow_imports"), "allow_imports")
        options.division = _policy(division, "division", _DIVISIONS)
        options.history = _policy(history, "history", _HISTORIES)
        out = Out()
        check(library.ape_code_sanitizer_new, pointer_of(host), ctypes.byref(options),
              ctypes.byref(out))
        self._own(out, library.ape_code_sanitizer_free, host)

    def check(self, raw: Union[str, bytes], *, as_of: Optional[str] = None,
              tickers: Sequence[str] = (), start: Optional[str] = None,
              end: Optional[str] = None) -> SanitizedCode:
        """The whole outcome for a raw answer; any bytes are welcome.

        ``as_of`` as "2022-12-28": code must not ask for later data. ``tickers``, ``start`` and
        ``end``, the last day: what the question is about; code that fetches something else is
        warned of. InvalidError for what is no date, or an end before the start.
        """
        request = initialised(declarations.ape_code_request)
        request.as_of = string(as_of, "as_of")
        request.tickers = string(_joined(tickers, "tickers") or None, "tickers")
        request.start = string(start, "start")
        request.end = string(end, "end")
        source = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
        out = Out()
        check(library.ape_code_sanitizer_sanitize, self._pointer, source, len(source),
              ctypes.byref(request), ctypes.byref(out))
        return _take_outcome(out)

    def sanitize(self, raw: Union[str, bytes], *, as_of: Optional[str] = None,
                 tickers: Sequence[str] = (), start: Optional[str] = None,
                 end: Optional[str] = None) -> str:
        """The code to run; CodeRejected, with the reason, for what must not run."""
        outcome = self.check(raw, as_of=as_of, tickers=tickers, start=start, end=end)
        if not outcome.ok:
            raise CodeRejected(outcome.reason or "the code was rejected")
        return outcome.code


def _take_outcome(outcome: Out) -> SanitizedCode:
    try:
        text = Out()
        check(library.ape_sanitized_code_to_json, outcome, ctypes.byref(text))
        reason = library.ape_sanitized_code_reason(outcome)
        return SanitizedCode(json.loads(take_text(text)),
                             None if reason is None else reason.decode("utf-8", "replace"))
    finally:
        library.ape_sanitized_code_free(outcome)
