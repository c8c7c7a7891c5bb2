#!/usr/bin/env python3
"""Every crate that reaches the executable has a licence on the list, and nothing that must stay out came in."""

import json
import re
import subprocess
import sys

ALLOWED = {
    "MIT", "MIT-0", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "0BSD",
    "Unicode-3.0", "CDLA-Permissive-2.0", "MPL-2.0",
}
# One TLS provider (ring), one SQLite, no OpenSSL.
BANNED = {"aws-lc-sys", "aws-lc-rs", "openssl-sys", "native-tls"}


def allowed(expression):
    """Evaluates an SPDX expression: OR needs one side, AND needs both."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))
    position = 0

    def either():
        nonlocal position
        result = both()
        while position < len(tokens) and tokens[position] == "OR":
            position += 1
            result = both() or result
        return result

    def both():
        nonlocal position
        result = one()
        while position < len(tokens) and tokens[position] == "AND":
            position += 1
            result = one() and result
        return result

    def one():
        nonlocal position
        token = tokens[position]
        position += 1
        if token == "(":
            result = either()
            position += 1
            return result
        if position < len(tokens) and tokens[position] == "WITH":
            token += " WITH " + tokens[position + 1]
            position += 2
        return token in ALLOWED

    return either()


def main():
    metadata = json.loads(subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"],
        check=True, capture_output=True, text=True).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    start = [id for id in metadata["workspace_members"] if packages[id]["name"] == "ferrofax-cli"]
    seen, todo = set(), list(start)
    while todo:
        id = todo.pop()
        if id in seen:
            continue
        seen.add(id)
        for dependency in nodes[id]["deps"]:
            if any(kind["kind"] in (None, "build") for kind in dependency["dep_kinds"]):
                todo.append(dependency["pkg"])
    bad = []
    for id in sorted(seen):
        package = packages[id]
        name, licence = package["name"], package["license"]
        if name in BANNED:
            bad.append(f"{name}: must not be in the executable")
        elif not licence or not allowed(licence):
            bad.append(f"{name} {package['version']}: licence {licence!r} is not on the list")
    if bad:
        print("\n".join(bad), file=sys.stderr)
        return 1
    print(f"{len(seen)} crates, all permitted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
