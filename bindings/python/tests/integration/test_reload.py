# SPDX-License-Identifier: MIT
"""At SIGHUP the application reads its settings again, and takes only what is allowed."""
from __future__ import annotations

import pathlib
import signal

import httpx
import pytest
from servers import Server, serving, wait_for

pytestmark = [pytest.mark.realapi]
OLD, NEW = "make-believe-old-api-key", "make-believe-new-api-key"


def status(server: Server, key: str) -> int:
    return httpx.get(server.url + "/v1/models", headers={"X-API-Key": key}).status_code


def test_keys_and_chain_change(tmp_path: pathlib.Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"API_KEYS={OLD}\n")
    dotenv.chmod(0o600)
    log = tmp_path / "log"
    with serving(tmp_path, log=log) as server:
        assert (status(server, OLD), status(server, NEW)) == (200, 401)
        dotenv.write_text(f"API_KEYS={NEW}\nLLM_CHAIN=extra,builtin\nEXTRA_MODEL=extra-1\n"
                          "EXTRA_API_KEY=make-believe-key\nEXTRA_BASE_URL=http://127.0.0.1:9/v1\n")
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: status(server, NEW) == 200)
        assert status(server, OLD) == 401
        models = httpx.get(server.url + "/v1/models", headers={"X-API-Key": NEW}).json()["data"]
        assert "extra" in {model["id"] for model in models}

        dotenv.write_text(f"API_KEYS={OLD}\nENVIRONMENT=production\nSECRET_KEY=short\n")
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "not reloaded" in log.read_text())
        assert "SECRET_KEY" in log.read_text()
        assert (status(server, OLD), status(server, NEW)) == (401, 200)
