#!/usr/bin/env bash
# Python programs on the other side of tests, each in an environment of its own under the target folder. Kept from run to run.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${CARGO_TARGET_DIR:-target}/peers

# environment: what it holds, pinned
peer() {
    local place=$folder/$1 wanted=$2
    if [ -x "$place/bin/python" ] && [ "$(cat "$place/holds" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    rm -rf "$place"
    python3 -m venv "$place"
    # shellcheck disable=SC2086 # several words
    "$place/bin/pip" install --quiet --disable-pip-version-check $wanted
    echo "$wanted" >"$place/holds"
}

peer aiosmtpd "aiosmtpd==1.4.6"
peer sdk "retarus-fax==1.0.1 retarus-common==0.1.2 pydantic<2"
peer schemathesis "schemathesis==4.32.5"
