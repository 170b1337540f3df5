# SPDX-License-Identifier: MIT
"""Tells people that something broke, and that it is over."""
from __future__ import annotations

import ctypes
from typing import Optional

from ape._native import Handle, Out, check, declarations, initialised, library, string
from ape.errors import DeadlineError
from ape.host import Host, pointer_of
from ape.metrics_registry import MetricsRegistry

_SEVERITIES = {
    "info": declarations.APE_SEVERITY_INFO,
    "warning": declarations.APE_SEVERITY_WARNING,
    "critical": declarations.APE_SEVERITY_CRITICAL,
    "resolved": declarations.APE_SEVERITY_RESOLVED,
}


class Notifier(Handle):
    """Posts notices to a Slack webhook, on a thread of its own: grouped, each matter once.

    ``webhook_url`` is a secret; it is never shown. ``source`` stands before each title.
    ``metrics`` gets ape_notifier_messages_total. ``options``: queue_limit, interval_ms, repeat_ms,
    timeout_ms, retries.

    >>> notifier = Notifier("https://hooks.slack.com/services/make-believe", source="shop")
    >>> notifier.close()
    """

    __slots__ = ()

    def __init__(self, webhook_url: str, *, source: Optional[str] = None,
                 metrics: Optional[MetricsRegistry] = None, host: Optional[Host] = None,
                 **options: int) -> None:
        filled = initialised(declarations.ape_notifier_options)
        for name, value in options.items():
            if name not in ("queue_limit", "interval_ms", "repeat_ms", "timeout_ms", "retries"):
                raise TypeError(f"Notifier has no option {name!r}")
            setattr(filled, name, value)
        filled.webhook_url = string(webhook_url, "webhook_url")
        filled.source = string(source, "source")
        filled.metrics = pointer_of(metrics)
        out = Out()
        check(library.ape_notifier_new, pointer_of(host), ctypes.byref(filled), ctypes.byref(out))
        self._own(out, library.ape_notifier_free, host, metrics)

    def post(self, severity: str, matter: str, title: str, text: str = "") -> None:
        """Queue a notice: "info", "warning", "critical", or "resolved" for a matter that is over.

        A matter that goes on is told once. LimitError: the queue is full, and this one dropped."""
        if severity not in _SEVERITIES:
            raise ValueError(f"severity is one of {', '.join(_SEVERITIES)}, not {severity!r}")
        check(library.ape_notifier_post, self._pointer, _SEVERITIES[severity],
              string(matter, "matter"), string(title, "title"), string(text, "text"))

    def flush(self, timeout_ms: int = 10000) -> None:
        """Wait until nothing waits any more; DeadlineError."""
        if library.ape_notifier_flush(self._pointer, timeout_ms) != declarations.APE_OK:
            raise DeadlineError("notices still wait to be sent")
