# SPDX-License-Identifier: MIT
"""Which models there are."""
from __future__ import annotations

from typing import List

from ape.api.config import Settings

USUAL = ("deepseek", "anthropic", "openai")


def chain_of(settings: Settings) -> List[str]:
    """The names of the chain, as the core reads them."""
    named: List[str] = settings.LLM_CHAIN
    return named or [*(name for name in USUAL if getattr(settings, f"{name.upper()}_API_KEY")),
                     "builtin"]
