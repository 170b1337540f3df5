#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Asks real models "What is 2+2?", with the text as it comes and as one JSON object, and wants a
# 4 in both answers. Which ones: deepseek, anthropic and openai where their keys are set, and any
# provider that is named on the command line, with its NAME_BASE_URL, NAME_MODEL and NAME_API_KEY:
#
#     LLAMACPP_BASE_URL=http://127.0.0.1:8080/v1 scripts/test-real-llm.sh llamacpp
#
# Opt-in: it costs money or wants a large model. Needs a build folder: build, or $APE_BUILD.
set -euo pipefail
cd "$(dirname "$0")/.."
ape=${APE_BUILD:-build}/examples/cli/ape
[ -x "$ape" ] || { echo "no $ape: build first" >&2; exit 2; }

providers=("$@")
for name in deepseek anthropic openai; do
    key="${name^^}_API_KEY"
    [ -z "${!key:-}" ] || providers+=("$name")
done
[ ${#providers[@]} -gt 0 ] || { echo "SKIPPED: no key is set and no provider is named"; exit 77; }

holds_four() {
    grep -Eqi '(^|[^0-9])4([^0-9]|$)|four' <<< "$1"
}

failed=0
for name in "${providers[@]}"; do
    export LLM_CHAIN=$name
    for form in text json; do
        flags=()
        [ "$form" = text ] || flags=(--json)
        if answer=$("$ape" complete "What is 2+2? Answer with the number." --provider "$name" "${flags[@]}"); then
            [ "$form" = text ] || answer=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["text"])' <<< "$answer")
        else
            answer="(no answer)"
        fi
        if holds_four "$answer"; then
            echo "ok: $name, $form"
        else
            echo "FAILED: $name, $form: ${answer:0:200}"
            failed=1
        fi
    done
done
exit "$failed"
