#!/usr/bin/env bash
# Python packages that the tests drive as independent peers, in a folder of their own: target/peers. Does nothing where they are.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
    "aiosmtpd==1.4.6"
    "atpublic==5.1"
    "attrs==25.3.0"
)

peers=target/peers
wanted=$(printf '%s\n' "${packages[@]}")
if [ "$(cat "$peers/packages" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$peers"
    mkdir -p target
    python3 -m venv "$peers"
    "$peers/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "${packages[@]}"
    printf '%s\n' "${packages[@]}" >"$peers/packages"
fi
