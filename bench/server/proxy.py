#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Chat completions through ape-server, beside Portkey's gateway; the provider is an nginx.

The gateway stands on one core, provider and wrk on another. The provider answers at once:
as a stream where a stream is asked for, which ape-server always does; else as one object.
"""
import json
import os

from measure import HERE, LOAD_CORE, Bench, Goals, arguments, free_port, interleave, load, median, ratio, table, wrk

TEXT = "The answer is forty-two."
USAGE = {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19}
WHOLE = {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini", "usage": USAGE,
         "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}]}


def chunk(choices, **more):
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini",
            "choices": choices, **more}


def stream():
    pieces = [chunk([{"index": 0, "delta": {"content": word + " "}, "finish_reason": None}])
              for word in TEXT.split()]
    pieces += [chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}]), chunk([], usage=USAGE)]
    return "".join(f"data: {json.dumps(piece)}\\n\\n" for piece in pieces) + "data: [DONE]\\n\\n"


def locations():
    def location(prefix, kind, body):
        return f"location /{prefix}/ {{ default_type {kind}; return 200 '{body}'; }}"
    return location("stream", "text/event-stream", stream()) + location("whole", "application/json",
                                                                        json.dumps(WHOLE))


def main():
    options = arguments(__doc__, rounds=5, seconds=2)
    goals = Goals()
    script = str(HERE / "post_chat.lua")
    path = "/v1/chat/completions"
    with Bench(options) as bench:
        provider = bench.nginx(locations(), core=LOAD_CORE)
        base = f"http://127.0.0.1:{provider.port}"
        os.environ["UPSTREAM"] = base + "/whole"
        ape = bench.ape(settings={"LLM_CHAIN": "proxy", "PROXY_BASE_URL": base + "/stream",
                                  "PROXY_MODEL": "gpt-4o-mini", "PROXY_API_KEY": "make-believe-key"})
        port = free_port()
        gateway = bench.npm("@portkey-ai/gateway") / "node_modules/@portkey-ai/gateway/build/start-server.js"
        portkey = bench.start(["node", str(gateway), f"--port={port}", "--headless"], port)
        runs = {
            "ape-server": lambda: load(ape, path, options.seconds, script=script),
            "portkey": lambda: load(portkey, path, options.seconds, script=script)}
        busy = interleave(options.rounds, runs)
        alone = interleave(options.rounds, {
            "provider": lambda: wrk(provider.port, "/whole" + path, options.seconds, connections=1, script=script),
            "ape-server": lambda: load(ape, path, options.seconds, connections=1, script=script),
            "portkey": lambda: load(portkey, path, options.seconds, connections=1, script=script)})
    print("32 connections: requests/s, ms, us of the gateway's processor time a request")
    table(busy, ["rate", "p50", "p99", "cpu_us", "bad"])
    print("1 connection")
    table(alone, ["rate", "p50", "p99", "bad"])
    goals.most("processor time a request, us", median(busy["ape-server"], "cpu_us"), 60)
    goals.least("throughput / Portkey's", ratio(busy["ape-server"], busy["portkey"], "rate"), 20)
    goals.most("added p50, ms", median(alone["ape-server"], "p50") - median(alone["provider"], "p50"), 0.3)
    goals.most("answers of ape-server that were not 200",
               sum(r["bad"] for r in busy["ape-server"] + alone["ape-server"]), 0)
    goals.end()


main()
