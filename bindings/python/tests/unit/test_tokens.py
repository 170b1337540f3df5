# SPDX-License-Identifier: MIT
from __future__ import annotations

import base64
import hashlib
import hmac
import json

import ape
import pytest
from ape.api import tokens
from ape.api.auth import Keys, credential_of
from ape.api.rate_limit import RateLimit

KEY = "make-believe-signing-key-for-tests-0123"
NOW = 1700000000.0


@pytest.fixture
def settings() -> ape.Settings:
    return ape.Settings({"SECRET_KEY": KEY}, environment=False)


def forged(head: "dict[str, object]", claims: "dict[str, object]", key: str = KEY) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
             for part in (head, claims)]
    mac = hmac.new(key.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=").decode()])


HEAD = {"alg": "HS256", "typ": tokens.ACCESS}
CLAIMS = {"iss": "ape", "aud": "ape", "sub": "me", "iat": NOW, "exp": NOW + 60}


def test_our_own_token_is_believed(settings: ape.Settings) -> None:
    token = tokens.issue(settings, tokens.ACCESS, "me", NOW, 60)
    assert token is not None
    assert tokens.subject_of(settings, tokens.ACCESS, token, NOW) == "me"
    assert tokens.subject_of(settings, tokens.ACCESS, token, NOW + 60) is None
    assert tokens.subject_of(settings, tokens.RESUME, token, NOW) is None
    assert tokens.subject_of(settings, tokens.ACCESS, forged(HEAD, CLAIMS), NOW) == "me"


@pytest.mark.parametrize("token", [
    "", "a", "a.b", "a.b.c", "..", "\u00e9.\u00e9.\u00e9", "x" * 2000,
    forged({**HEAD, "alg": "none"}, CLAIMS),
    forged({**HEAD, "alg": "HS512"}, CLAIMS),
    forged({**HEAD, "crit": ["x"]}, CLAIMS),
    forged({**HEAD, "typ": "JWT"}, CLAIMS),
    forged(HEAD, {**CLAIMS, "iss": "other"}),
    forged(HEAD, {**CLAIMS, "aud": ["ape"]}),
    forged(HEAD, {**CLAIMS, "exp": True}),
    forged(HEAD, {**CLAIMS, "exp": None}),
    forged(HEAD, {**CLAIMS, "iat": NOW + 3600}),
    forged(HEAD, {**CLAIMS, "nbf": NOW + 3600}),
    forged(HEAD, {**CLAIMS, "sub": ""}),
    forged(HEAD, CLAIMS, key="another key"),
    forged(HEAD, CLAIMS) + "=",
    forged(HEAD, CLAIMS)[:-2],
])
def test_other_tokens_are_not(settings: ape.Settings, token: str) -> None:
    assert tokens.subject_of(settings, tokens.ACCESS, token, NOW) is None


def test_without_a_secret_nothing_is_signed() -> None:
    unset = ape.Settings(environment=False)
    assert tokens.issue(unset, tokens.ACCESS, "me", NOW, 60) is None
    assert tokens.subject_of(unset, tokens.ACCESS, forged(HEAD, CLAIMS), NOW) is None


def test_keys_have_names(settings: ape.Settings) -> None:
    keys = Keys(ape.Settings({"API_KEYS": "ci:make-believe-1, make-believe-2,,",
                              "SECRET_KEY": KEY}, environment=False))
    assert keys.required
    assert keys.name_of("make-believe-1", NOW) == "ci"
    assert keys.name_of("make-believe-2", NOW) == "key-2"
    assert keys.name_of(forged(HEAD, CLAIMS), NOW) == "me"
    for wrong in ("", "make-believe", "ci:make-believe-1", "y" * 5000):
        assert keys.name_of(wrong, NOW) is None
    assert not Keys(settings).required


@pytest.mark.parametrize(("headers", "credential"), [
    ({"authorization": "Bearer  abc"}, "abc"),
    ({"authorization": "Basic abc"}, None),
    ({"x-api-key": "k"}, "k"),
    ({"sec-websocket-protocol": "ape, ape.bearer.tok"}, "tok"),
    ({}, None),
])
def test_where_credentials_are_looked_for(headers: "dict[str, str]", credential: object) -> None:
    assert credential_of(headers) == credential


def test_the_bucket_fills_again() -> None:
    time = [0.0]
    limit = RateLimit(3, 60, max_clients=2, clock=lambda: time[0])
    assert [limit.take("a").allowed for _ in range(4)] == [True, True, True, False]
    refused = limit.take("a")
    assert refused.reset_s == 20
    assert refused.headers()["RateLimit"] == '"default";r=0;t=20'
    assert limit.take("b").allowed
    time[0] = 20.0
    assert limit.take("a").allowed and not limit.take("a").allowed
    limit.take("c"), limit.take("d")
    assert limit.take("a").remaining == 2  # forgotten: memory is bounded
