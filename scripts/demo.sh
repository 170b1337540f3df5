#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# demo.sh ["QUESTION"]: install what is missing, build, answer.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

question=${1:-Calculate the Sharpe ratio for AAPL in 2021}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

run_quietly() {
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        echo "demo.sh: '$*' failed; its output is above" >&2
        exit 1
    fi
}

install_packages scripts/packages-build.txt
[ -f build/build.ninja ] || run_quietly meson setup build -Dtests=false
run_quietly ninja -C build
echo "> $question" >&2
build/examples/cli/ape query --verbose "$question"
