# SPDX-License-Identifier: MIT
"""A language model provider for the tests, on the loopback interface."""
from __future__ import annotations

import http.server
import json
import threading
import time
from typing import Any, Dict, List

import ape


class Provider(http.server.ThreadingHTTPServer):
    """Speaks OpenAI's chat completions as far as the client needs it."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = "four"
        self.status = 200
        self.delay_s = 0.0
        self.requests: List[Dict[str, Any]] = []
        self.asked = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def settings(self, **more: str) -> ape.Settings:
        return ape.Settings({
            "LLM_CHAIN": "stub,builtin", "STUB_API_KEY": "make-believe-key",
            "STUB_BASE_URL": f"http://127.0.0.1:{self.server_port}/v1", "STUB_MODEL": "stub-1",
            "LLM_RETRIES": "0", **more}, environment=False)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Provider

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        self.server.asked.set()
        time.sleep(self.server.delay_s)
        text = self.server.answer
        if self.server.status != 200:
            data = b'{"error": {"message": "out of order"}}'
            kind = "application/json"
        else:
            chunks = [{"delta": {"role": "assistant", "content": text}, "finish_reason": None},
                      {"delta": {}, "finish_reason": "stop"}]
            lines = [{"id": "1", "object": "chat.completion.chunk", "model": "stub-1",
                      "choices": [{"index": 0, **chunk}]} for chunk in chunks]
            data = "".join(f"data: {json.dumps(line)}\n\n" for line in lines).encode()
            data += b"data: [DONE]\n\n"
            kind = "text/event-stream"
        self.send_response(self.server.status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: Any) -> None:
        pass
