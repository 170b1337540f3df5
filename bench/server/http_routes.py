#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bare routes on one core, beside nginx's `return 200` and FastAPI on uvicorn.

The servers stand on one core, wrk on another; every round measures each of them.
"""
from measure import HERE, Bench, Goals, arguments, interleave, load, median, ratio, table

SECRET = "make-believe-secret-for-measurements-0123456789abcdef"
BODY = '{"status":"healthy","version":"0.1.0"}'
KEYS = ["rate", "p50", "p99", "cpu_us"]


def main():
    options = arguments(__doc__, rounds=5, seconds=2)
    goals = Goals()
    with Bench(options) as bench:
        ape = bench.ape(settings={"SECRET_KEY": SECRET})
        nginx = bench.nginx(f"location / {{ default_type application/json; return 200 '{BODY}'; }}")
        fastapi = bench.fastapi()
        get = interleave(options.rounds, {
            "ape-server": lambda: load(ape, "/health", options.seconds),
            "nginx": lambda: load(nginx, "/health", options.seconds),
            "fastapi": lambda: load(fastapi, "/health", options.seconds)})
        script = str(HERE / "post_token.lua")
        post = interleave(options.rounds, {
            "ape-server": lambda: load(ape, "/api/tokens", options.seconds, script=script),
            "fastapi": lambda: load(fastapi, "/api/tokens", options.seconds, script=script)})
    print("GET /health, 32 connections: requests/s, ms, us of the server's processor time a request")
    table(get, KEYS)
    goals.least("GET /health / FastAPI", ratio(get["ape-server"], get["fastapi"], "rate"), 10)
    goals.least("the same by processor time", ratio(get["fastapi"], get["ape-server"], "cpu_us"), 10)
    goals.least("GET /health / nginx", ratio(get["ape-server"], get["nginx"], "rate"), 0.8)
    goals.least("the same by processor time", ratio(get["nginx"], get["ape-server"], "cpu_us"), 0.8)
    goals.most("p99 / FastAPI's", ratio(get["ape-server"], get["fastapi"], "p99"), 1)
    print("POST /api/tokens, the same")
    table(post, KEYS)
    goals.least("POST / FastAPI", ratio(post["ape-server"], post["fastapi"], "rate"), 10)
    goals.least("the same by processor time", ratio(post["fastapi"], post["ape-server"], "cpu_us"), 10)
    goals.most("p99 / FastAPI's", ratio(post["ape-server"], post["fastapi"], "p99"), 1)
    bad = sum(r["bad"] for rounds in (*get.values(), *post.values()) for r in rounds)
    goals.most("answers that were not 200", bad, 0)
    goals.end()


main()
