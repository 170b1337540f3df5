#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# demo.sh ["QUESTION"]: install what is missing, build, answer.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/setup.sh

question=${1:-Calculate the Sharpe ratio for AAPL in 2021}
install_packages scripts/packages-build.txt
[ -f build/build.ninja ] || quietly meson setup build -Dtests=false
[ -x build/examples/cli/ape ] || echo "Building libape" >&2
quietly ninja -C build
echo "> $question" >&2
build/examples/cli/ape query --verbose "$question"
