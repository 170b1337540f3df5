#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes docs/settings.md anew from the table of settings. Needs a build folder: build, or $1.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build}
ninja -C "$build" tests/checks/settings_doc >/dev/null
"$build/tests/checks/settings_doc" > docs/settings.md.new
mv docs/settings.md.new docs/settings.md
