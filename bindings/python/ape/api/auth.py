# SPDX-License-Identifier: MIT
"""Who may come in: API keys, kept as digests, and tokens that this server signed."""
from __future__ import annotations

import hashlib
import hmac
import re
from typing import List, Mapping, Optional, Tuple

import ape
from ape.api import tokens

_NAMED = re.compile(r"([A-Za-z0-9._-]{1,64}):(.+)")
_HASHED = re.compile(r"sha256:([0-9A-Fa-f]{64})")
_IN_PROTOCOLS = re.compile(r"(?:^|[, ])ape\.bearer\.([^, ]+)")
MAX_CREDENTIAL = 1024


class Keys:
    """The API keys of the settings; none: every caller on this machine may come in."""

    def __init__(self, settings: ape.Settings) -> None:
        self._settings = settings
        entries = (settings.get("API_KEYS") or "").split(",")
        stripped = (entry.strip() for entry in entries)
        self._keys = [_entry(text, number)
                      for number, text in enumerate(filter(None, stripped), 1)]

    @property
    def required(self) -> bool:
        """True if a caller must show a credential."""
        return bool(self._keys)

    def name_of(self, credential: str, now: float) -> Optional[str]:
        """Whose key or token it is; None if it is nobody's."""
        if not credential or len(credential) > MAX_CREDENTIAL:
            return None
        digest, found = _digest(credential), None
        for name, known in self._keys:
            if hmac.compare_digest(known, digest):
                found = name
        return found or tokens.subject_of(self._settings, tokens.ACCESS, credential, now)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def _kept(key: str) -> bytes:
    """The digest of a key, or the one that stands in its place."""
    hashed = _HASHED.fullmatch(key)
    return bytes.fromhex(hashed[1]) if hashed else _digest(key)


def _entry(text: str, number: int) -> Tuple[str, bytes]:
    named = None if _HASHED.fullmatch(text) else _NAMED.fullmatch(text)
    return (named[1], _kept(named[2])) if named else (f"key-{number}", _kept(text))


def credential_of(headers: Mapping[str, str]) -> Optional[str]:
    """The key or token that a request shows."""
    authorization = headers.get("authorization", "")
    if authorization[:7].lower() == "bearer ":
        return authorization[7:].lstrip(" ")
    if "x-api-key" in headers:
        return headers["x-api-key"]
    # A browser's WebSocket cannot set header fields, but it can name subprotocols.
    found = _IN_PROTOCOLS.search(headers.get("sec-websocket-protocol", ""))
    return found[1] if found else None


def listed(values: List[str], item: str) -> bool:
    """True if a list from the settings has an item, whatever its case."""
    return item.lower() in (value.lower() for value in values)
