# SPDX-License-Identifier: MIT
"""From a model's raw answer to Python code that may run."""
from __future__ import annotations

import ctypes
import json
from typing import Any, Dict, List, Optional, Union

from ape._native import Handle, Out, check, declarations, initialised, library, string, take_text
from ape.errors import CodeRejected
from ape.host import Host, pointer_of


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
    also makes repairs that may change the meaning.

    >>> CodeSanitizer().sanitize("```python\\nprint(1)\\n```")
    'print(1)\\n'
    """

    __slots__ = ()

    def __init__(self, *, profile: Optional[str] = None, unsafe_fixes: bool = False,
                 host: Optional[Host] = None) -> None:
        options = initialised(declarations.ape_code_sanitizer_options)
        options.unsafe_fixes = 1 if unsafe_fixes else 0
        options.profile = string(profile, "profile")
        out = Out()
        check(library.ape_code_sanitizer_new, pointer_of(host), ctypes.byref(options),
              ctypes.byref(out))
        self._own(out, library.ape_code_sanitizer_free, host)

    def check(self, raw: Union[str, bytes], *, as_of: Optional[str] = None) -> SanitizedCode:
        """The whole outcome for a raw answer; any bytes are welcome.

        ``as_of`` as "2022-12-28": code must not ask for later data. InvalidError if it is no date.
        """
        request = initialised(declarations.ape_code_request)
        request.as_of = string(as_of, "as_of")
        source = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
        out = Out()
        check(library.ape_code_sanitizer_sanitize, self._pointer, source, len(source),
              ctypes.byref(request), ctypes.byref(out))
        return _take_outcome(out)

    def sanitize(self, raw: Union[str, bytes], *, as_of: Optional[str] = None) -> str:
        """The code to run; CodeRejected, with the reason, for what must not run."""
        outcome = self.check(raw, as_of=as_of)
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
