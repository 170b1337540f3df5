#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test.sh [--long]: install what is missing, build in every way that matters, run every test.
# Ends with "N passed, N failed". --long adds the soaks.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
. scripts/setup.sh

long=
case "${1:-}" in
"") ;;
--long) long=yes ;;
*)
    echo "usage: scripts/test.sh [--long]" >&2
    exit 2
    ;;
esac

install_packages scripts/packages-build.txt scripts/packages.txt || exit 1
passed=0
failed=0

# count LOG: add up the results of one meson test run.
count() {
    local numbers
    numbers=$(python3 - "$1" <<'PYTHON'
import json, sys
results = [json.loads(line)["result"] for line in open(sys.argv[1])]
good = ("OK", "EXPECTEDFAIL", "SKIP")
print(sum(r in ("OK", "EXPECTEDFAIL") for r in results), sum(r not in good for r in results))
PYTHON
    ) || numbers="0 1"
    passed=$((passed + ${numbers% *}))
    failed=$((failed + ${numbers#* }))
}

# build DIR OPTION...: configure and build; a failure counts as one failed test.
build() {
    local dir=$1
    shift
    echo "== $dir: $*"
    if [ ! -f "$dir/build.ninja" ]; then
        meson setup "$dir" "$@" >"$dir.log" 2>&1 || { cat "$dir.log"; failed=$((failed + 1)); return 1; }
    else
        meson configure "$dir" "$@" >/dev/null
    fi
    if ninja -C "$dir" >"$dir.log" 2>&1; then
        rm -f "$dir.log"
    else
        tail -n 60 "$dir.log"
        echo "test.sh: building $dir failed" >&2
        failed=$((failed + 1))
        return 1
    fi
}

# run DIR ARGUMENT...: meson test.
run() {
    local dir=$1
    shift
    rm -f "$dir/meson-logs/testlog.json"
    meson test -C "$dir" --no-rebuild --print-errorlogs "$@"
    count "$dir/meson-logs/testlog.json"
}

# What bytes of strangers reach, and what many threads do at once: also under the sanitizers.
server_tests=(server_malformed server_websocket server_conformance)

build build -Dtests=true -Dwerror=true && run build --no-suite long
[ -n "$long" ] && run build --suite long

export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
build build-asan -Dtests=true -Db_sanitize=address,undefined -Db_lundef=false &&
    run build-asan --suite unit --timeout-multiplier 4 &&
    run build-asan "${server_tests[@]}" --timeout-multiplier 4

export TSAN_OPTIONS=halt_on_error=1
build build-tsan -Dtests=true -Db_sanitize=thread -Db_lundef=false &&
    run build-tsan --suite threads --timeout-multiplier 4 &&
    run build-tsan "${server_tests[@]}" --timeout-multiplier 4

CC=clang build build-clang -Dtests=false -Dwerror=true
build build-minimal -Dtests=true -Dwerror=true -Dauto_features=disabled \
    --prefix="$PWD/build-minimal/prefix" &&
    run build-minimal --suite checks --suite install

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
