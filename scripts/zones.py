#!/usr/bin/env python3
"""Makes crates/server/src/jobs/zones.txt from libphonenumber's map of prefixes to time zones.

Needs the Python package `phonenumbers`, which carries the map: `pip install phonenumbers==9.0.43`, then `scripts/zones.py`.
"""

import collections
import pathlib

import phonenumbers
from phonenumbers.tzdata import TIMEZONE_DATA

HEADER = f"""\
# Time zones by the first digits of international numbers; the longest prefix counts. Made by scripts/zones.py.
# From libphonenumber (by the Python package phonenumbers {phonenumbers.__version__}).
# Copyright (C) 2011-2026 The Libphonenumber Authors. Licensed under the Apache License, Version 2.0; see LICENSE-APACHE.
# Changed: in another form, without prefixes that say the same as a shorter one.
"""


def above(prefix):
    """The zones by the longest shorter prefix."""
    shorter = (prefix[:length] for length in range(len(prefix) - 1, 0, -1))
    return next((TIMEZONE_DATA[prefix] for prefix in shorter if prefix in TIMEZONE_DATA), None)


def main():
    prefixes = collections.defaultdict(list)
    for prefix, zones in sorted(TIMEZONE_DATA.items()):
        if above(prefix) != zones:
            prefixes[zones].append(prefix)
    lines = (f"{' '.join(zones)}: {' '.join(found)}\n" for zones, found in sorted(prefixes.items()))
    path = pathlib.Path(__file__).parent.parent / "crates/server/src/jobs/zones.txt"
    path.write_text(HEADER + "".join(lines))


if __name__ == "__main__":
    main()
