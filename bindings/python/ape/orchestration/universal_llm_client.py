# SPDX-License-Identifier: MIT
"""One client for every provider."""
from __future__ import annotations

from typing import Optional

from ape.host import Host
from ape.llm_client import LLMClient
from ape.settings import Settings


class UniversalLLMClient:
    """Text in, text out, from one provider or from the whole chain.

    ``provider`` is a name of the chain, as "deepseek"; None: the whole chain, which ends in
    "builtin". Keys and models come from ``settings``, by default the environment and ``.env``.

    >>> "import" in UniversalLLMClient(provider="builtin").generate("Sharpe ratio of AAPL in 2021")
    True
    """

    def __init__(self, provider: Optional[str] = None, settings: Optional[Settings] = None, *,
                 host: Optional[Host] = None) -> None:
        self.provider = provider
        self._client = LLMClient(settings or Settings(dotenv=".env"), host=host)

    def generate(self, prompt: str, *, system: Optional[str] = None,
                 timeout_ms: int = 0) -> str:
        """One whole completion. Raises as LLMClient.generate()."""
        return self._client.generate(prompt, system=system, provider=self.provider,
                                     timeout_ms=timeout_ms).text

    def close(self) -> None:
        """Give the client up."""
        self._client.close()
