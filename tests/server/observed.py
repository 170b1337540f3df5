#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""observed.py BUILD BINARY: what the server counts, and whom it tells."""
import contextlib
import datetime
import http.server
import json
import pathlib
import re
import signal
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from support import free_port, running

BINARY = sys.argv[2]
KNOWN, UNKNOWN = "Calculate the Sharpe ratio for AAPL in 2021", "Who will win the match tonight?"


def post(server, path, body, **headers):
    request = urllib.request.Request(server.url + path, json.dumps(body).encode(),
                                     {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def ask(server, question, **headers):
    return post(server, "/api/query", {"query": question}, **headers)


def metrics(server):
    """Every sample of the server: name{labels} -> value."""
    with urllib.request.urlopen(server.url + "/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


def eventually(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come to pass")


def reload(server):
    before = [line["message"] for line in server.lines()].count("reloaded")
    server.signal(signal.SIGHUP)
    eventually(lambda: [line["message"] for line in server.lines()].count("reloaded") > before)


def queries_of(samples):
    found = {re.search(r'"(.*)"', name)[1]: value for name, value in samples.items()
             if name.startswith("ape_queries_total{")}
    return {status: value for status, value in found.items() if value}


def test_a_query_is_counted_once():
    """However it was asked for, and once in each family."""
    with running(BINARY) as server:
        assert metrics(server)['ape_queries_total{status="timeout"}'] == 0
        assert ask(server, KNOWN)[0] == 200
        assert b"event: answer" in ask(server, KNOWN, Accept="text/event-stream")[1]
        assert ask(server, KNOWN, Prefer="respond-async")[0] == 202
        assert ask(server, UNKNOWN)[0] == 200
        assert ask(server, " ")[0] in (400, 422)
        samples = eventually(lambda: queries_of(metrics(server)).get("success") == 3 and
                             metrics(server))
        assert queries_of(samples) == {"success": 3, "refused": 1}, queries_of(samples)
        for name in ("ape_latency_seconds_count", 'ape_stage_seconds_count{stage="execute"}',
                     "ape_llm_overhead_seconds_count"):
            assert samples[name] == 4, (name, samples[name])
        # the health check of the sandbox is a run, too
        assert samples['ape_vee_runs_total{reason="ok"}'] in (3, 4)
        assert samples['ape_llm_attempts_total{provider="builtin",class="ok"}'] == 3


def test_a_reload_goes_on_counting():
    unreachable = f"http://127.0.0.1:{free_port()}"
    chain = {"LLM_CHAIN": "deepseek,builtin", "DEEPSEEK_BASE_URL": unreachable,
             "DEEPSEEK_API_KEY": "make-believe-key-0123456789", "LLM_RETRIES": "0"}
    with running(BINARY, settings=chain) as server:
        assert ask(server, KNOWN)[0] == 200
        for _ in range(2):
            reload(server)
        assert ask(server, KNOWN)[0] == 200
        samples = metrics(server)
        assert queries_of(samples) == {"success": 2}
        assert samples['ape_llm_attempts_total{provider="deepseek",class="connect"}'] == 2
        assert samples['ape_breaker_state{name="deepseek"}'] == 0
        assert samples['ape_breaker_openings_total{name="deepseek"}'] == 0


class Hook(http.server.BaseHTTPRequestHandler):
    """A webhook as Slack's: keeps what it is told."""
    told = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Hook.told.append(body["text"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments):
        pass


class Model(http.server.BaseHTTPRequestHandler):
    """A provider that fails until it is well."""
    is_well = False

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        reply = json.dumps({"model": "m", "choices": [{
            "finish_reason": "stop", "message": {"role": "assistant", "content": "no code"}}]})
        self.send_response(200 if Model.is_well else 500)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply.encode())

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def serving(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def checks(server):
    try:
        with urllib.request.urlopen(server.url + "/health/detailed", timeout=30) as answer:
            return json.load(answer)["checks"]
    except urllib.error.HTTPError as error:
        return json.load(error)["checks"]


def told(words, seconds=30):
    return eventually(lambda: next((t for t in Hook.told if words in t), None), seconds)


def test_people_hear_of_a_breaker_that_opens():
    """From a model that fails, through its circuit breaker and its check, to the webhook."""
    with serving(Hook) as hook, serving(Model) as model:
        chain = {"LLM_CHAIN": "deepseek,builtin", "DEEPSEEK_BASE_URL": model,
                 "DEEPSEEK_API_KEY": "make-believe-key-0123456789", "LLM_RETRIES": "0",
                 "SLACK_WEBHOOK_URL": hook + "/services/make-believe-secret"}
        with running(BINARY, settings=chain) as server:
            assert eventually(lambda: checks(server)["deepseek"]["status"] == "healthy")
            for _ in range(5):
                assert ask(server, KNOWN)[0] == 200  # builtin answers
            check = eventually(lambda: checks(server)["deepseek"]["status"] == "unhealthy" and
                               checks(server)["deepseek"])
            assert check["last_error"].startswith("circuit breaker open for another "), check
            assert metrics(server)['ape_breaker_state{name="deepseek"}'] == 1
            text = told("deepseek is unhealthy")
            assert "circuit breaker open" in text and "ape-server on " in text, text
            samples = eventually(lambda: metrics(server).get(
                'ape_notifier_messages_total{result="sent"}') and metrics(server))
            assert samples['ape_health_status{check="deepseek"}'] == 0
            assert "make-believe-secret" not in server.log()


def test_people_hear_of_checks_that_fail_and_recover():
    with serving(Hook) as hook, tempfile.TemporaryDirectory(prefix="ape-prices-") as folder:
        prices = pathlib.Path(folder, "AAPL.csv")
        prices.write_text("Date,Close\n2022-12-01,100\n2022-12-02,101\n")
        settings = {"SLACK_WEBHOOK_URL": hook + "/x", "APE_DATA_DIR": folder}
        with running(BINARY, settings=settings) as server:
            eventually(lambda: checks(server)["market"]["status"] == "healthy")
            everything = checks(server)
            assert {"market", "vee", "store", "bus", "disk"} <= set(everything), everything
            eventually(lambda: checks(server)["vee"]["status"] == "healthy", 60)
            prices.write_text("Date,Close\n")
            reload(server)
            eventually(lambda: checks(server)["market"]["status"] == "unhealthy")
            told("market is unhealthy")
            prices.write_text("Date,Close\n2022-12-01,100\n2022-12-02,101\n")
            reload(server)
            told("market is healthy")


def write_prices(path, jumps_on):
    """Two years of working days at about 100; from a date on, three times that."""
    day, lines = datetime.date(2021, 1, 4), ["Date,Close"]
    while day <= datetime.date(2022, 12, 28):
        if day.weekday() < 5:
            price = 100 + day.day % 5 / 10
            lines.append(f"{day},{price * 3 if str(day) >= jumps_on else price}")
        day += datetime.timedelta(days=1)
    path.write_text("\n".join(lines) + "\n")


def test_people_hear_of_accuracy_that_drops():
    """A forecast that nobody could have made right, checked against what happened."""
    with serving(Hook) as hook, tempfile.TemporaryDirectory(prefix="ape-prices-") as folder:
        write_prices(pathlib.Path(folder, "AAPL.csv"), jumps_on="2022-12-01")
        settings = {"SLACK_WEBHOOK_URL": hook + "/x", "APE_DATA_DIR": folder}
        with running(BINARY, settings=settings) as server:
            status, answer = post(server, "/api/query", {
                "query": "Where will AAPL be in 30 days?", "as_of": "2022-11-15"})
            assert status == 200 and json.loads(answer)["status"] == "verified", answer
            assert not any(name.startswith("ape_accuracy{") for name in metrics(server))
            status, report = post(server, "/api/predictions/check-actuals", {})
            assert status == 200 and json.loads(report)["misses"] == 1, report
            assert metrics(server)['ape_accuracy{window="90d"}'] == 0
            text = told("accuracy-90d is degraded", 60)
            assert "0.0 % were right, at least 65.0 % are wanted" in text, text


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            begun = time.monotonic()
            test()
            print(f"ok   {name} ({time.monotonic() - begun:.1f} s)", flush=True)


main()
