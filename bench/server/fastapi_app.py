# SPDX-License-Identifier: MIT
"""Two routes of ape-server, in FastAPI."""
import base64
import hashlib
import hmac
import json
import time

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

app = FastAPI()
SECRET = b"make-believe-secret-for-measurements-0123456789abcdef"


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")
    ttl_s: int = Field(default=300, ge=1, le=3600)


@app.get("/health")
async def health():
    return {"status": "healthy", "version": "0.1.0"}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@app.post("/api/tokens")
async def tokens(wanted: Wanted):
    now = int(time.time())
    head = encode(json.dumps({"alg": "HS256", "typ": "ape-access+jwt"}).encode())
    claims = encode(json.dumps({"iss": "ape", "aud": "ape", "sub": "127.0.0.1", "iat": now,
                                "exp": now + wanted.ttl_s}).encode())
    mac = encode(hmac.new(SECRET, head + b"." + claims, hashlib.sha256).digest())
    return {"token": (head + b"." + claims + b"." + mac).decode(), "token_type": "Bearer",
            "expires_in": wanted.ttl_s}
