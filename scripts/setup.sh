#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sourced by demo.sh and test.sh: installs what is missing of the packages that the given
# lists name. Asks nothing.

missing_packages() {
    local wanted installed
    wanted=$(sed 's/#.*//' "$@" | tr -s ' \t' '\n' | sed '/^$/d' | sort -u)
    # shellcheck disable=SC2086 # one word a package
    installed=$(dpkg-query -W -f '${binary:Package} ${db:Status-Status}\n' $wanted 2>/dev/null |
        sed -n 's/^\([^: ]*\)[^ ]* installed$/\1/p' | sort -u)
    comm -23 <(echo "$wanted") <(echo "$installed")
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

install_packages() {
    local missing
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "These packages are missing, and there is no apt-get to install them:" $missing >&2
        return 1
    fi
    echo "Installing:" $missing >&2
    as_root apt-get -qq update >&2
    # shellcheck disable=SC2086 # one word a package
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        -o Dpkg::Use-Pty=0 $missing >&2
}
