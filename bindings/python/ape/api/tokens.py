# SPDX-License-Identifier: MIT
"""HS256 tokens by the rules of RFC 8725, the same as the C server's."""
from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import math
from typing import Any, Dict, Optional

import ape

ACCESS = "ape-access+jwt"
RESUME = "ape-resume+jwt"
MAX_SIZE = 1024
LEEWAY_S = 30  # clocks of several servers differ a little


def issue(settings: ape.Settings, kind: str, subject: str, now: float, ttl_s: int) -> Optional[str]:
    """A token for a subject; None if SECRET_KEY is not set.

    ``kind`` is what it is good for: one kind is never taken for another."""
    key = settings.signing_key(0)
    if key is None:
        return None
    head = _encode(json.dumps({"alg": "HS256", "typ": kind}).encode())
    claims = {"iss": "ape", "aud": "ape", "sub": subject, "iat": int(now), "exp": int(now) + ttl_s}
    signed = head + "." + _encode(json.dumps(claims).encode())
    return signed + "." + _encode(_mac(key, signed))


def subject_of(settings: ape.Settings, kind: str, token: str, now: float) -> Optional[str]:
    """Whom a valid token is for; None for any other text."""
    signed, _, mac = token.rpartition(".")
    head, _, claims = signed.partition(".")
    if len(token) >= MAX_SIZE or not head or not claims:
        return None
    # The signature first: nothing else is read of what we did not sign.
    if not _signed_by_us(settings, signed, mac) or not _head_fits(_decode_object(head), kind):
        return None
    return _subject(_decode_object(claims), now)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    if not text.isascii() or "=" in text:
        return b""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return b""


def _decode_object(text: str) -> Dict[str, Any]:
    try:
        value = json.loads(_decode(text))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _mac(key: str, signed: str) -> bytes:
    return hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()


def _signed_by_us(settings: ape.Settings, signed: str, mac: str) -> bool:
    given, good = _decode(mac), False
    for index in (0, 1):
        key = settings.signing_key(index)
        if key is not None:
            good |= hmac.compare_digest(_mac(key, signed), given)
    return good


def _head_fits(head: Dict[str, Any], kind: str) -> bool:
    return head.get("alg") == "HS256" and head.get("typ") == kind and "crit" not in head


def _time(claims: Dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return math.nan
    return float(value)


def _subject(claims: Dict[str, Any], now: float) -> Optional[str]:
    subject = claims.get("sub")
    fits = (claims.get("iss") == "ape" and claims.get("aud") == "ape"
            and _time(claims, "exp") > now and _time(claims, "iat") <= now + LEEWAY_S
            and ("nbf" not in claims or _time(claims, "nbf") <= now + LEEWAY_S))
    return subject if fits and isinstance(subject, str) and 0 < len(subject) <= 64 else None
