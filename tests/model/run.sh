#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks a model with spin: run.sh MODEL.pml [-DNAME=VALUE ...]. Every state is visited, or it fails.
set -euo pipefail
model=$(realpath "$1")
command -v spin >/dev/null && command -v cc >/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
spin "${@:2}" -a "$model" >/dev/null
cc -O2 -w -DSAFETY -DMEMLIM=1500 -DCOLLAPSE -o pan pan.c
./pan -m200000 > log
grep -E 'errors:|states, stored|elapsed|depth too small|out of memory|assertion' log
grep -q 'errors: 0' log
! grep -Eq 'depth too small|out of memory' log
