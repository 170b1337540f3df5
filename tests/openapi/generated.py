#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""generated.py BUILD BINARY: requests that schemathesis makes up from the OpenAPI document.

Right ones and wrong ones, for every operation but the WebSocket; each answer must be one that the
document describes. Afterwards the server still answers a question.
"""
import json
import pathlib
import subprocess
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "server"))
from support import ROOT, chain, providers, running, use_packages

use_packages(sys.argv[1], ROOT / "tests/openapi/requirements.txt")
HERE = pathlib.Path(__file__).parent
KEY = "make-believe-key-one-0123456789abcdef"


def answers(server):
    request = urllib.request.Request(server.url + "/api/query", data=b'{"query": "last price of AAPL"}',
                                     headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)["status"] == "verified"


def main():
    tool = pathlib.Path(sys.prefix) / "bin" / "schemathesis"
    with providers() as address:
        settings = {**chain(address, "ok"), "LLM_CHAIN": "p0 builtin", "API_KEYS": KEY, "SECRET_KEY": KEY * 2}
        with running(sys.argv[2], "--rate-limit", "0", settings=settings) as server:
            done = subprocess.run(
                [tool, "--config-file", HERE / "schemathesis.toml", "run", server.url + "/openapi.json",
                 "--header", f"Authorization: Bearer {KEY}", "--checks", "all", "--max-examples", "15",
                 "--seed", "1", "--phases", "examples,coverage,fuzzing", "--exclude-path-regex", "^/ws/",
                 "--continue-on-failure", "--no-color"], timeout=500, cwd=server.folder)
            assert answers(server), "it does not answer any more"
    sys.exit(done.returncode)


main()
