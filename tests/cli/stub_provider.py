# SPDX-License-Identifier: MIT
"""A server that speaks OpenAI chat completions and fails in the ways that its tests ask for."""
import http.server
import json
import threading

PROGRAM = '''Here is the program:

```python
import json
import yfinance as yf

prices = yf.download("AAPL", start="2021-01-01", end="2022-01-01", auto_adjust=True,
                     multi_level_index=False)["Close"]
returns = prices.pct_change().dropna()
volatility = returns.std() * 252 ** 0.5
print(json.dumps({
    "metric": "volatility",
    "volatility": float(volatility),
    "tickers": ["AAPL"],
    "start": str(prices.index[0].date()),
    "end": str(prices.index[-1].date()),
}))
```
'''


class StubProvider:
    """Answers with `self.text` in the manner of `self.mode`:
    whole, halting (the second half when `self.go_on` is set), cut (in the middle of the stream),
    error500, html, nothing (closes at once)."""

    def __init__(self):
        self.mode = "whole"
        self.text = PROGRAM
        self.requests = []
        self.go_on = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True

    def _handler(stub):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *ignored):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                stub.requests.append((self.path, dict(self.headers), json.loads(body)))
                getattr(self, stub.mode)()

            def error500(self):
                self.reply(500, "application/json", b'{"error": {"message": "it broke"}}')

            def html(self):
                self.reply(200, "text/html", b"<html><title>Bad gateway</title></html>")

            def nothing(self):
                self.close_connection = True

            def whole(self):
                self.stream(stub.text, finished=True)

            def halting(self):
                middle = len(stub.text) // 2
                self.begin()
                self.deltas(stub.text[:middle])
                stub.go_on.wait(60)
                self.deltas(stub.text[middle:])
                self.end()

            def cut(self):
                self.stream(stub.text[:len(stub.text) // 2], finished=False)

            def reply(self, status, kind, body):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def event(self, choice):
                chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1,
                         "model": "stub-1", "choices": [{"index": 0, **choice}]}
                self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")

            def begin(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                self.event({"delta": {"role": "assistant", "content": ""}, "finish_reason": None})

            def deltas(self, text):
                for i in range(0, len(text), 20):
                    self.event({"delta": {"content": text[i:i + 20]}, "finish_reason": None})

            def end(self):
                self.event({"delta": {}, "finish_reason": "stop"})
                self.wfile.write(b"data: [DONE]\n\n")

            def stream(self, text, finished):
                self.begin()
                self.deltas(text)
                if finished:
                    self.end()

        return Handler

    @property
    def settings(self):
        """Environment that puts this server at the head of the chain."""
        return {
            "LLM_CHAIN": "stub,builtin",
            "STUB_API_KEY": "make-believe-key-for-tests",
            "STUB_BASE_URL": f"http://127.0.0.1:{self.server.server_port}/v1",
            "STUB_MODEL": "stub-1",
            "LLM_RETRIES": "0",
        }

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *ignored):
        self.server.shutdown()
        self.server.server_close()
