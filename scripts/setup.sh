#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sourced by demo.sh and test.sh: installs what is missing of the packages that the given
# lists name. Asks nothing.

# The names in package lists, one a line; "a|b" is whichever of them is installed or, before
# that, known here.
wanted_packages() {
    local word name
    sed 's/#.*//' "$@" | tr -s ' \t' '\n' | sed '/^$/d' | sort -u | while read -r word; do
        for name in ${word//|/ }; do
            [ "$name" = "$word" ] && break
            dpkg-query -W "$name" >/dev/null 2>&1 && break
            apt-cache show "$name" >/dev/null 2>&1 && break
        done
        echo "$name"
    done
}

# What is installed, and what that provides: a Node.js of another source brings npm along.
installed_packages() {
    dpkg-query -W -f '${db:Status-Status} ${binary:Package}, ${Provides}\n' |
        sed -n 's/^installed //p' | tr ',' '\n' | sed 's/^ *\([^: (]*\).*/\1/' | sort -u
}

missing_packages() {
    local wanted
    mapfile -t wanted < <(wanted_packages "$@" | sort -u)
    comm -23 <(printf '%s\n' "${wanted[@]}") <(installed_packages)
}

# quietly COMMAND...: its output is shown only if it fails.
quietly() {
    local log
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    cat "$log" >&2
    rm -f "$log"
    echo "'$*' failed; its output is above" >&2
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "This must be done as root, and there is no sudo: $*" >&2
        return 1
    fi
}

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "Please install these packages; there is no apt-get to do it: ${missing[*]}" >&2
        return 1
    fi
    echo "Installing ${#missing[@]} packages: ${missing[*]}" >&2
    quietly as_root apt-get -qq update
    mapfile -t missing < <(missing_packages "$@")
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
        --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}"
}
