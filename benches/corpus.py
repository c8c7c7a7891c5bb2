#!/usr/bin/python3
"""What becomes of documents nobody here wrote: pages, or refused and why; how long and how much memory it took.

Every file of the folder `corpus` in FERROFAX_TEST_DATA is rendered by a process of its own. Pages of PDFs are held beside those
of poppler and MuPDF: none may be blank, or solid black, where both agree that it isn't.
"""

import argparse
import collections
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageSequence

import renderers

SECONDS, MEGABYTES = 10, 500


def ink_of_ours(tiff):
    """The share of black of each page."""
    with Image.open(tiff) as image:
        return [float(1 - np.asarray(page.convert("1")).mean()) for page in ImageSequence.Iterator(image)]


def ink_of_others(file, pages, folder):
    """For each page, by each of the two: the share that is dark, and how dark it is on the whole; none where it made no page."""
    found = []
    for name, words in (("poppler", ["pdftoppm", "-gray", "-r", "50", "-l", str(pages), file, folder / "poppler"]),
                        ("mupdf", ["mutool", "draw", "-q", "-c", "gray", "-r", "50", "-F", "pgm", "-o", folder / "mupdf-%04d.pgm", file, f"1-{pages}"])):
        try:
            subprocess.run([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        except subprocess.TimeoutExpired:
            pass
        grey = [np.asarray(Image.open(page).convert("L")) for page in sorted(folder.glob(f"{name}-*.pgm"))]
        found.append([(float((page < 128).mean()), float(1 - page.mean() / 255)) for page in grey])
        for page in folder.glob(f"{name}-*.pgm"):
            page.unlink()
    return found


def odd_pages(file, tiff, folder):
    """Pages that are blank or solid, though the two others agree that they aren't."""
    mine = ink_of_ours(tiff)
    poppler, mupdf = ink_of_others(file, len(mine), folder)
    odd = []
    for number, (ink, one, other) in enumerate(zip(mine, poppler, mupdf), 1):
        if ink == 0 and min(one[0], other[0]) > 0.0005:
            odd.append(f"page {number} blank")
        if ink > 0.95 and max(one[1], other[1]) < 0.8:
            odd.append(f"page {number} solid")
    return odd


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--executable", type=pathlib.Path, help="ours, if not target/release/ferrofax")
    parser.add_argument("--write", type=pathlib.Path, metavar="FILE", help="write the tables there as well, after its mark")
    args = parser.parse_args()
    if args.executable:
        renderers.executable = lambda: args.executable.resolve()
    data = os.environ.get("FERROFAX_TEST_DATA")
    if not data:
        sys.exit("FERROFAX_TEST_DATA does not name a folder")
    sets, faults = collections.OrderedDict(), []
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for place in sorted((pathlib.Path(data) / "corpus").iterdir()):
            if not place.is_dir():
                continue
            one = sets[place.name] = {"files": 0, "pages": 0, "refused": [], "slowest": 0.0, "largest": 0.0}
            for file in sorted(place.iterdir()):
                out = folder / "out.tif"
                out.unlink(missing_ok=True)
                code, said, seconds, megabytes = renderers.cost([renderers.executable(), "render", file, "-o", out, "--low"])
                one["files"] += 1
                one["slowest"], one["largest"] = max(one["slowest"], seconds), max(one["largest"], megabytes)
                if seconds > SECONDS or megabytes > MEGABYTES:
                    faults.append(f"{place.name}/{file.name}: {seconds:.1f} s, {megabytes:.0f} MB")
                if code == 0:
                    with Image.open(out) as image:
                        one["pages"] += image.n_frames
                    if file.suffix.lower() == ".pdf":
                        faults += [f"{place.name}/{file.name}: {what}" for what in odd_pages(file, out, folder)]
                else:
                    why = [line for line in said.splitlines() if line.startswith("ferrofax:")]
                    one["refused"].append((file.name, why[-1].removeprefix("ferrofax: ") if why else f"**ended with {code}**"))
                    if not why or code < 0:
                        faults.append(f"{place.name}/{file.name}: ended with {code}")
            print(place.name, one["files"], len(one["refused"]), file=sys.stderr)
    out = ["| set | files | give pages | pages | refused | most CPU, s | most memory, MB |", "|---|---|---|---|---|---|---|"]
    for name, one in sets.items():
        out.append(f"| {name} | {one['files']} | {one['files'] - len(one['refused'])} | {one['pages']} | {len(one['refused'])} | "
                   f"{one['slowest']:.1f} | {one['largest']:.0f} |")
    out.append("\n## Refused\n")
    for name, one in sets.items():
        reasons = collections.OrderedDict()
        for file, why in one["refused"]:
            reasons.setdefault(why, []).append(file)
        out += [f"- {name}: *{why}*: {', '.join(files)}" for why, files in reasons.items()]
    out.append(f"\n## Slow, large, blank or solid\n\nMore than {SECONDS} s or {MEGABYTES} MB; blank or solid where poppler and MuPDF agree that the page isn't.\n")
    out += [f"- {fault}" for fault in faults] or ["None."]
    print("\n".join(out))
    if args.write:
        renderers.write(args.write, out)


if __name__ == "__main__":
    main()
