#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every expression of the dashboard, asked of a real Prometheus that scrapes what libape writes.

dashboard.py METRICS_WIRED ROOT. Exit status 77: no Prometheus is installed.
"""
import http.server
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

SKIPPED = 77
CORE = {"Accuracy", "Query rate", "Latency", "Queries by status", "Time by stage", "Sandbox runs",
        "Sandbox run time", "LLM attempts by class", "Circuit breakers", "Processor", "Memory",
        "Descriptors"}
NO_DATA_HERE = {"Circuit breakers"}  # the builtin planner has no breaker
CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ['{rules}']
scrape_configs:
  - job_name: ape
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
"""


def serve(text):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(port, expression):
    """The result of an instant query; raises for what Prometheus refuses."""
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)["data"]["result"]


def wait_for_scrapes(port):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if ask(port, "count_over_time(ape_latency_seconds_count[30s]) >= 4"):
                return
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.3)
    raise SystemExit("Prometheus has scraped nothing")


def check(port, dashboard):
    wrong = []
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            expression = target["expr"].replace("$job", ".*").replace("$__rate_interval", "30s")
            try:
                found = ask(port, expression)
            except urllib.error.HTTPError as error:
                wrong.append(f"{panel['title']}: {expression}: {error.read().decode()}")
                continue
            if not found and panel["title"] in CORE - NO_DATA_HERE:
                wrong.append(f"{panel['title']}: {expression}: no data")
    return wrong


def main():
    program, root = sys.argv[1], pathlib.Path(sys.argv[2])
    if not shutil.which("prometheus"):
        return SKIPPED
    dashboard = json.loads(
        (root / "deploy" / "grafana" / "dashboards" / "ape-production.json").read_text())
    assert {p["title"] for p in dashboard["panels"]} >= CORE
    text = subprocess.run([program, "print"], check=True, stdout=subprocess.PIPE).stdout
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="ape-prometheus-") as folder:
        config = pathlib.Path(folder, "prometheus.yml")
        config.write_text(CONFIG.format(rules=root / "deploy" / "prometheus" / "alerts.yml",
                                        port=serve(text)))
        prometheus = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"])
        try:
            wait_for_scrapes(port)
            wrong = check(port, dashboard)
        finally:
            prometheus.terminate()
            prometheus.wait()
    print("\n".join(wrong) or f"{len(dashboard['panels'])} panels")
    return 1 if wrong else 0


sys.exit(main())
