#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every expression of the dashboard and of the alerts, asked of a real Prometheus that scrapes a
running ape-server.

dashboard.py ROOT APE_SERVER. Exit status 77: no Prometheus is installed.
"""
import contextlib
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(ROOT / "tests" / "server"))
from support import free_port, running  # noqa: E402

SKIPPED = 77
CORE = {"Accuracy", "Query rate", "Latency", "Queries by status", "Time by stage", "Sandbox runs",
        "Sandbox run time", "LLM attempts by class", "LLM tokens", "Circuit breakers", "Health",
        "HTTP requests by status", "Processor", "Memory", "Descriptors", "Notices"}
QUESTIONS = ["Calculate the Sharpe ratio for AAPL in 2021", "Who will win the match tonight?",
             "Maximum drawdown of KO in 2022"]
CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ['{rules}']
scrape_configs:
  - job_name: ape
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
"""


class Model(http.server.BaseHTTPRequestHandler):
    """A provider whose answers are whole, and billed, but hold no code; builtin answers then."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        reply = json.dumps({
            "model": "m", "usage": {"prompt_tokens": 11, "completion_tokens": 3},
            "choices": [{"finish_reason": "stop",
                         "message": {"role": "assistant", "content": "I would rather not."}}]})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply.encode())

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def model():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def ask(port, expression):
    """The result of an instant query; raises for what Prometheus refuses."""
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)["data"]["result"]


def eventually(what, complaints):
    """Wait until there is nothing to complain of."""
    until, wrong = time.monotonic() + 60, ["nothing answered"]
    while time.monotonic() < until:
        with contextlib.suppress(OSError, urllib.error.URLError):
            wrong = complaints()
            if not wrong:
                return
        time.sleep(0.3)
    raise SystemExit(f"within a minute it did not happen that {what}: " + "\n".join(wrong))


def eventually_found(port, expression):
    eventually(expression, lambda: [] if ask(port, expression) else ["no data"])


def use(server, port):
    """Something for every panel, in two helpings: rates need a change between scrapes."""
    eventually_found(port, "ape_latency_seconds_count")
    forecast = {"query": "Where will AAPL be in 30 days?", "as_of": "2022-11-08"}
    assert post(server.url + "/api/query", forecast)["prediction_id"]
    assert post(server.url + "/api/predictions/check-actuals", {})["checked"] == 1
    for question in QUESTIONS:
        post(server.url + "/api/query", {"query": question})
    eventually_found(port, "sum(increase(ape_queries_total[1m])) > 0")
    eventually_found(port, 'ape_health_status{check="vee"} == 1')


def check_panels(port, dashboard):
    wrong = []
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            expression = target["expr"].replace("$job", ".*").replace("$__rate_interval", "1m")
            try:
                found = ask(port, expression)
            except urllib.error.HTTPError as error:
                wrong.append(f"{panel['title']}: {expression}: {error.read().decode()}")
                continue
            if not found and panel["title"] in CORE:
                wrong.append(f"{panel['title']}: {expression}: no data")
    return wrong


def check_rules(port):
    """Each rule was evaluated without an error, and nobody is alarmed at a healthy server."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/rules", timeout=10) as answer:
        groups = json.load(answer)["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) >= 20, len(rules)
    return [f"{rule['name']}: {rule['health']} {rule.get('lastError')}" for rule in rules
            if rule["health"] != "ok" or rule.get("state") == "firing"]


@contextlib.contextmanager
def prometheus(folder, target):
    port, config = free_port(), pathlib.Path(folder, "prometheus.yml")
    config.write_text(CONFIG.format(rules=ROOT / "deploy" / "prometheus" / "alerts.yml",
                                    port=target))
    process = subprocess.Popen(
        ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"])
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def main():
    if not shutil.which("prometheus"):
        return SKIPPED
    dashboard = json.loads(
        (ROOT / "deploy" / "grafana" / "dashboards" / "ape-production.json").read_text())
    assert {p["title"] for p in dashboard["panels"]} >= CORE
    with tempfile.TemporaryDirectory(prefix="ape-prometheus-") as folder, model() as provider:
        settings = {"LLM_CHAIN": "deepseek,builtin", "DEEPSEEK_BASE_URL": provider,
                    "DEEPSEEK_API_KEY": "make-believe-key-0123456789",
                    "SLACK_WEBHOOK_URL": provider + "/make-believe"}
        with running(sys.argv[2], settings=settings) as server, \
                prometheus(folder, server.port) as port:
            use(server, port)
            eventually("every rule is well", lambda: check_rules(port))
            # series are as young as the server: a rate has its two values a little later
            eventually("every panel is well", lambda: check_panels(port, dashboard))
    print(f"{len(dashboard['panels'])} panels")
    return 0


sys.exit(main())
