#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the secrets of an installation and writes them to .env, readable by its owner alone.
#
#   scripts/gen-secrets.sh [FILE]            write FILE (default .env); refuses to overwrite one
#   scripts/gen-secrets.sh --force [FILE]    overwrite it: every secret in it is lost
#   scripts/gen-secrets.sh --rotate [FILE]   give FILE a new SECRET_KEY; the old one stays valid for
#                                            ROTATION_HOURS (default 24), everything else stays
#
# Nothing is printed but names.
set -euo pipefail
umask 077

fail() { echo "gen-secrets.sh: $*" >&2; exit 1; }

mode=new
case "${1:-}" in
--force | --rotate) mode=${1#--}; shift ;;
-h | --help) sed -n '3,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
-*) fail "unknown option $1 (try --help)" ;;
esac
[ $# -le 1 ] || fail "one file at most"
file=${1:-.env}
command -v openssl >/dev/null || fail "openssl is missing: apt-get install openssl"

random_hex() { openssl rand -hex "$1"; }

write_new() {
    local metrics_key
    metrics_key=$(random_hex 24)
    cat <<END
# Written by scripts/gen-secrets.sh. Keep it out of version control and out of mails.
ENVIRONMENT=production
SECRET_KEY=$(random_hex 32)
# "metrics" is for Prometheus; give clients keys of their own.
API_KEYS=first:$(random_hex 24),metrics:$metrics_key
METRICS_KEY=$metrics_key
GRAFANA_PASSWORD=$(random_hex 24)
POSTGRES_PASSWORD=$(random_hex 24)
REDIS_PASSWORD=$(random_hex 24)
NEO4J_PASSWORD=$(random_hex 24)
# Keys of the language models are yours to add: DEEPSEEK_API_KEY, ANTHROPIC_API_KEY, OPENAI_API_KEY.
END
}

write_rotated() {
    local until
    until=$(date -u -d "+${ROTATION_HOURS:-24} hours" +%Y-%m-%dT%H:%M:%SZ)
    sed -e '/^SECRET_KEY_PREVIOUS=/d' -e '/^SECRET_KEY_PREVIOUS_UNTIL=/d' \
        -e 's/^SECRET_KEY=/SECRET_KEY_PREVIOUS=/' "$file"
    echo "SECRET_KEY_PREVIOUS_UNTIL=$until"
    echo "SECRET_KEY=$(random_hex 32)"
}

case "$mode" in
new) [ ! -e "$file" ] || fail "$file exists; --force overwrites it, --rotate gives it a new SECRET_KEY" ;;
rotate)
    [ -f "$file" ] || fail "$file does not exist"
    grep -q '^SECRET_KEY=' "$file" || fail "$file has no line SECRET_KEY=..."
    ;;
esac

# Beside its place, then moved there: nobody ever sees half a file.
fresh=$(mktemp "$file.XXXXXX")
trap 'rm -f "$fresh"' EXIT
if [ "$mode" = rotate ]; then write_rotated; else write_new; fi > "$fresh"
chmod 600 "$fresh"
if [ "$mode" = new ]; then
    ln "$fresh" "$file" || fail "$file appeared meanwhile"
else
    mv "$fresh" "$file"
fi
echo "wrote $file: $(grep -o '^[A-Z_0-9]*=' "$file" | tr -d '=' | tr '\n' ' ')"
