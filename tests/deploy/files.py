#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""files.py BUILD APE APE_SERVER: what deploy/ holds, read by those whom it is written for.

docker compose, the Kubernetes schema, Caddy, systemd. nginx is in behind_nginx.py, the image in image.py.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "server"))
from support import ROOT, use_packages

use_packages(sys.argv[1], ROOT / "tests/deploy/requirements.txt")
import yaml

APE, SERVER = (os.path.abspath(program) for program in sys.argv[2:4])
DEPLOY = ROOT / "deploy"
MOST_EXPOSED = 4.0  # as systemd-analyze security counts, of 10


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, **more)
    assert done.returncode == 0, f"{command}: {done.stdout}"
    return done.stdout


def compose():
    """The program that reads compose files: the plug-in of docker, or Debian's."""
    if shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


def composed(folder, *profiles):
    """The compose file as its program understands it, with the secrets that the script makes."""
    shutil.copytree(DEPLOY, folder / "deploy", dirs_exist_ok=True)
    if not (folder / "deploy/.env").exists():
        run("bash", str(ROOT / "scripts/gen-secrets.sh"), str(folder / "deploy/.env"))
    options = [word for profile in profiles for word in ("--profile", profile)]
    done = subprocess.run([*compose(), *options, "-f", "docker-compose.yml", "config"], cwd=folder / "deploy",
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)["services"]


def environment_of(service):
    found = service["environment"]
    found = found if isinstance(found, dict) else dict(pair.split("=", 1) for pair in found)
    return {name: str(value) for name, value in found.items() if value is not None}


def test_compose(folder):
    if not compose():
        return "no docker compose"
    full = composed(folder, "workers", "neo4j")
    profiles = {name: service.get("profiles") for name, service in full.items()}
    assert profiles == {"server": None, "postgres": None, "redis": None, "prometheus": None, "grafana": None,
                        "worker": ["workers"], "neo4j": ["neo4j"]}, profiles
    settings = environment_of(full["server"])
    assert settings["ENVIRONMENT"] == "production"
    # Production's own checks, of the very settings that the container gets.
    run(APE, "config", "check", cwd=folder, env={**settings, "LLM_CHAIN": "builtin"})
    for name in ("server", "worker"):
        assert full[name]["read_only"] and full[name]["cap_drop"] == ["ALL"], name
        run(SERVER, *(full[name].get("command") or []), "--help")
    for name, service in full.items():
        for port in service.get("ports", []):
            assert "127.0.0.1" in str(port), f"{name} listens to the world"
    return None


def test_kubernetes(folder):
    tool = pathlib.Path(sys.prefix) / "bin" / "kubernetes-validate"
    run(str(tool), "--strict", str(DEPLOY / "kubernetes/ape.yaml"))
    parts = {part["kind"]: part for part in yaml.safe_load_all((DEPLOY / "kubernetes/ape.yaml").read_text())}
    assert {"Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"} <= set(parts)
    pod = parts["Deployment"]["spec"]["template"]["spec"]
    server = pod["containers"][0]
    run(SERVER, *server["args"], "--help")
    options = dict(zip(server["args"][::2], server["args"][1::2]))
    drain_s = (int(options["--drain-delay-ms"]) + int(options["--drain-ms"])) / 1000
    assert pod["terminationGracePeriodSeconds"] > drain_s, "it would be killed while it drains"
    probes = [server[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")]
    assert probes == ["/ready", "/live", "/ready"]
    labels = parts["Deployment"]["spec"]["template"]["metadata"]["labels"]
    for part in ("Service", "PodDisruptionBudget"):
        selector = parts[part]["spec"]["selector"]
        assert selector.get("matchLabels", selector).items() <= labels.items(), part
    scaler = parts["HorizontalPodAutoscaler"]["spec"]
    assert parts["PodDisruptionBudget"]["spec"]["minAvailable"] < scaler["minReplicas"], "no node could be emptied"
    rules = yaml.safe_load((DEPLOY / "kubernetes/adapter-rules.yaml").read_text())["rules"]["custom"]
    assert scaler["metrics"][0]["pods"]["metric"]["name"] in [rule["name"]["as"] for rule in rules]


def test_caddy(folder):
    if not shutil.which("caddy"):
        return "no caddy"
    run("caddy", "validate", "--config", str(DEPLOY / "caddy/Caddyfile"), "--adapter", "caddyfile",
        env={**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)})
    return None


def test_systemd(folder):
    if not shutil.which("systemd-analyze"):
        return "no systemd-analyze"
    for unit in ("ape.service", "ape.socket"):
        text = (DEPLOY / "systemd" / unit).read_text()
        (folder / unit).write_text(text.replace("/usr/bin/ape-server", SERVER))
    complaints = run("systemd-analyze", "verify", str(folder / "ape.service"), str(folder / "ape.socket"))
    assert not complaints.strip(), complaints
    verdict = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(folder / "ape.service"))
    exposed = float(re.search(r"exposure level for ape.service: ([\d.]+)", verdict)[1])
    assert exposed <= MOST_EXPOSED, verdict
    return None


def test_dockerfile(folder):
    """Two stages, nobody's root, and options that the server knows. image.py tries it."""
    text = (DEPLOY / "Dockerfile").read_text()
    assert text.count("\nFROM ") == 2 and re.search(r"^USER \d+$", text, re.M)
    run(SERVER, *re.findall(r'"([^"]+)"', re.search(r"^CMD \[(.*)\]", text, re.M)[1]), "--help")


def main():
    with tempfile.TemporaryDirectory(prefix="ape-deploy-") as folder:
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                skipped = test(pathlib.Path(folder))
                print(f"{'SKIP ' + skipped + ':' if skipped else 'ok  '} {name}", flush=True)


main()
