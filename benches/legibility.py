#!/usr/bin/python3
"""How legible our pages are, and how long on the line, beside three other renderers. See README.md.

Every page is made here, so what stands on it is known. Each renderer makes it a 1-bit page of the fax grid; measured are: the
share of characters tesseract gets wrong (block by block, nothing else of the page in sight; the page as it is or softened by one
pel, whichever is read better), the bytes of the page in T.6 code (one coder for all), which bar codes zbarimg reads, how much
photographs look like the originals (correlation after a blur of a millimetre), how much of each thin line is there.
"""

import argparse
import concurrent.futures
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unicodedata

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

import pictures  # noqa: F401: enters its pages
import renderers
from pages import PAGES
from renderers import DOTS, LINES, OURS, PEERS
from sheet import HEIGHT, WIDTH, Sheet

PACKAGES = ["ghostscript", "poppler-utils", "mupdf-tools", "zbar-tools", "libtiff-tools", "tesseract-ocr", "python3-numpy", "python3-pil",
            "python3-reportlab", "fonts-liberation", "fonts-dejavu-core"] + [f"tesseract-ocr-{lang}" for lang in ("deu", "fra", "ell", "rus", "pol", "spa")]
QUICK = ["small-6pt-sans-columns", "form-orange", "table-dark-head", "table-mid-tones", "colour-pale-on-white", "colour-light-on-dark",
         "codes-coloured", "language-rus", "lines-drawing", "photo-still-life", "photo-under-text", "stamp-pale-red", "screenshot-dark",
         "scan-grey-turned-shadow", "scan-1bit-300-turned", "receipt-faded", "codes-picture-soft-jpeg"]
MARGIN = 1.2
MARKS = [(20, 20), (185, 20), (20, 272)]


class Work:
    """The folder of what was made before, by the hash of what it was made from."""

    def __init__(self, folder):
        self.folder = folder
        # Checkouts with other pages may share the rest.
        self.pages = folder / f"pages-{digest(*SOURCES)[:8]}"
        for place in (self.pages, folder / "cache"):
            place.mkdir(parents=True, exist_ok=True)

    def ours(self):
        """This process's own folder, for what is soon gone."""
        own = self.folder / "tmp" / str(os.getpid())
        own.mkdir(parents=True, exist_ok=True)
        return own

    def known(self, key):
        file = self.folder / "cache" / f"{key}.json"
        return json.loads(file.read_text()) if file.exists() else None

    def keep(self, key, value):
        (self.folder / "cache" / f"{key}.json").write_text(json.dumps(value, ensure_ascii=False))


def digest(*parts):
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part if isinstance(part, bytes) else str(part).encode())
        whole.update(b"\0")
    return whole.hexdigest()[:32]


def run(words, check=True):
    return subprocess.run([str(word) for word in words], check=check, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env={**os.environ, "OMP_THREAD_LIMIT": "1"}).stdout


def rendered(work, tool, resolution, pdf):
    """A 1-bit page; those of the others are kept by the document's hash."""
    kept = work.folder / "cache" / f"{digest(pdf.read_bytes(), tool, resolution, VERSION[tool])}.png"
    if tool != OURS and kept.exists():
        return Image.open(kept).convert("1")
    out = work.ours() / f"{pdf.stem}-{tool}-{resolution}"
    page = renderers.page(tool, resolution, pdf, out)
    if page and tool != OURS:
        page.save(kept)
    return page


def mapping(work, tool, resolution):
    """Millimetres of the sheet to pels of the page, found by marks: (scale x, offset x, scale y, offset y)."""
    sheet = Sheet()
    for x, y in MARKS:
        sheet.rect(x, y, 5, 5, "#000000")
    sheet.save(work.ours(), "marks")
    page = rendered(work, tool, resolution, work.ours() / "marks.pdf")
    pels = ~np.asarray(page)
    middles = []
    for x, y in MARKS:
        left, top = int((x > 100) * pels.shape[1] / 2), int((y > 100) * pels.shape[0] / 2)
        ys, xs = np.nonzero(pels[top:top + pels.shape[0] // 2, left:left + pels.shape[1] // 2])
        middles.append((left + (xs.min() + xs.max() + 1) / 2, top + (ys.min() + ys.max() + 1) / 2))
    (x0, y0), (x1, _), (_, y2) = middles
    sx, sy = (x1 - x0) / (MARKS[1][0] - MARKS[0][0]), (y2 - y0) / (MARKS[2][1] - MARKS[0][1])
    return sx, x0 - sx * (MARKS[0][0] + 2.5), sy, y0 - sy * (MARKS[0][1] + 2.5)


def cut(page, where, box, margin):
    sx, ox, sy, oy = where
    left, top, right, bottom = box
    return page.crop((int((left - margin) * sx + ox), int((top - margin) * sy + oy),
                      int((right + margin) * sx + ox) + 1, int((bottom + margin) * sy + oy) + 1))


def views(crop, resolution):
    """The crop as it is, each row of LOW twice, and softened by one pel in square pixels; with the dots an inch of each.

    As it is, pels are 4 per cent wider than high: to mend that would make some rows of pels twice as high as others.
    """
    grey = crop.convert("L")
    yield grey.resize((grey.width, grey.height * LINES["HIGH"] // LINES[resolution]), Image.NEAREST), DOTS
    soft = grey.filter(ImageFilter.GaussianBlur(0.8))
    yield soft.resize((round(grey.width * 1.5), round(1.5 * grey.height * DOTS / LINES[resolution])), Image.BICUBIC), DOTS * 3 // 2


def read(work, crops, lang, dots):
    """What tesseract reads in each crop. Known crops are not read again."""
    texts, todo = {}, []
    for number, crop in enumerate(crops):
        data = io.BytesIO()
        # White around it: letters at the very edge are lost otherwise.
        framed = Image.new("L", (crop.width + 20, crop.height + 20), crop.getpixel((0, 0)))
        framed.paste(crop, (10, 10))
        framed.save(data, "PNG", compress_level=1)
        key = digest(data.getvalue(), lang, dots, VERSION["tesseract"])
        texts[number] = work.known(key)
        if texts[number] is None:
            file = work.ours() / f"{key}-{number}.png"
            file.write_bytes(data.getvalue())
            todo.append((number, key, file))
    found = tesseract(work, [file for _, _, file in todo], lang, dots)
    if len(found) != len(todo):
        found = ["".join(tesseract(work, [file], lang, dots)) for _, _, file in todo]
    for (number, key, file), text in zip(todo, found):
        texts[number] = text
        work.keep(key, text)
        file.unlink()
    return [texts[number] for number in range(len(crops))]


def tesseract(work, files, lang, dots):
    """The text of each file; fewer if it chokes on one."""
    if not files:
        return []
    listed = work.ours() / f"{files[0].name}.txt"
    listed.write_text("".join(f"{file}\n" for file in files))
    out = run(["nice", "-n", "5", "tesseract", listed, "stdout", "-l", lang, "--psm", "6", "--dpi", dots], check=False)
    listed.unlink()
    return out.decode(errors="replace").split("\f")[:len(files)]


def plain(text):
    """Blanks and look-alikes made one."""
    for odd, usual in (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"'), ("—", "-"), ("–", "-"), ("ﬁ", "fi"), ("ﬂ", "fl"), ("|", "I")):
        text = text.replace(odd, usual)
    return " ".join(unicodedata.normalize("NFC", text).split())


def distance(truth, text):
    """Edits from one to the other (Myers, bit-parallel over the truth)."""
    if not truth:
        return len(text)
    where = {}
    for place, char in enumerate(truth):
        where[char] = where.get(char, 0) | 1 << place
    mask, last = (1 << len(truth)) - 1, 1 << len(truth) - 1
    plus, minus, score = mask, 0, len(truth)
    for char in text:
        match = where.get(char, 0)
        x = match | minus
        d = ((match & plus) + plus ^ plus) | x
        hp, hm = minus | ~(d | plus), plus & d
        score += bool(hp & last) - bool(hm & last)
        hp, hm = hp << 1 | 1, hm << 1
        plus, minus = (hm | ~(d | hp)) & mask, hp & d & mask
    return score


def errors(work, page, where, known, resolution):
    """Share of characters read wrongly, from 0 to 1; none on a page without text."""
    if not known["blocks"]:
        return None
    truths = [plain(block["text"]) for block in known["blocks"]]
    best = None
    # Softened first: it is mostly the better one, and nothing is better than no error.
    for which in (1, 0):
        seen = [list(views(cut(page, where, block["box"], MARGIN), resolution))[which] for block in known["blocks"]]
        texts = read(work, [crop for crop, _ in seen], known["lang"], seen[0][1])
        # A block can't be more than wholly wrong.
        wrong = sum(min(len(truth), distance(truth, plain(text))) for truth, text in zip(truths, texts))
        best = wrong if best is None else min(best, wrong)
        if best == 0:
            break
    return best / sum(map(len, truths))


def codes(work, page, known, resolution):
    """How many of the codes zbarimg reads."""
    files = []
    for number, (view, _) in enumerate(views(page, resolution)):
        for times in (1, 2) if number == 0 else (1,):
            file = work.ours() / f"codes-{len(files)}.png"
            view.resize((view.width * times, view.height * times), Image.NEAREST).save(file, compress_level=1)
            files.append(file)
    found = subprocess.run(["zbarimg", "-q", "--raw", *files], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode(errors="replace")
    for file in files:
        file.unlink()
    return sum(value in found.splitlines() for value in known["codes"])


def likeness(page, where, known, originals):
    """Correlation of the photographs and their originals, both blurred by about a millimetre."""
    values = []
    for box, original in zip(known["photos"], originals):
        crop = cut(page, where, box, 0).convert("L").resize((round((box[2] - box[0]) * 8), round((box[3] - box[1]) * 8)), Image.BOX)
        a, b = (np.asarray(image.filter(ImageFilter.GaussianBlur(6)), dtype=float)[12:-12, 12:-12].ravel()
                for image in (crop, original.resize(crop.size, Image.BOX)))
        values.append(float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0)
    return sum(values) / len(values) if values else None


def thin_lines(page, where, known):
    """Share of points along the lines that have a black pel within one pel."""
    if not known["lines"]:
        return None
    near = Image.fromarray(np.asarray(page).astype(np.uint8) * 255).filter(ImageFilter.MinFilter(3))
    dark = np.asarray(near) == 0
    sx, ox, sy, oy = where
    hit = total = 0
    for x1, y1, x2, y2 in known["lines"]:
        steps = np.linspace(0.02, 0.98, 400)
        xs, ys = ((x1 + (x2 - x1) * steps) * sx + ox).astype(int), ((y1 + (y2 - y1) * steps) * sy + oy).astype(int)
        hit += int(dark[ys.clip(0, dark.shape[0] - 1), xs.clip(0, dark.shape[1] - 1)].sum())
        total += len(steps)
    return hit / total


def coded(work, page):
    """Bytes of the page's code in T.6, by libtiff."""
    plain_file, file = (work.ours() / f"coded-{name}.tif" for name in ("a", "b"))
    page.save(plain_file, compression="raw")
    run(["tiffcp", "-c", "g4", "-r", "10000", plain_file, file])
    with Image.open(file) as tiff:
        size = sum(tiff.tag_v2[279])
    plain_file.unlink()
    file.unlink()
    return size


def measure(work, name, tool, resolution, where):
    """All measures of a page by a renderer; none if it made no page."""
    folder = work.pages
    known = json.loads((folder / f"{name}.json").read_text())
    page = rendered(work, tool, resolution, folder / f"{name}.pdf")
    if page is None:
        return None
    originals = [Image.open(folder / f"{name}-photo{number}.png") for number in range(len(known["photos"]))]
    key = digest(page.tobytes(), page.size, (folder / f"{name}.json").read_bytes(), where, resolution, *sorted(VERSION.items()),
                 *(original.tobytes() for original in originals))
    result = work.known(key)
    if result is None:
        result = {"bytes": coded(work, page), "error": errors(work, page, where, known, resolution),
                  "codes": codes(work, page, known, resolution) if known["codes"] else None, "codes_all": len(known["codes"]),
                  "likeness": likeness(page, where, known, originals), "lines": thin_lines(page, where, known)}
        work.keep(key, result)
    return result


def show(work, name, resolution, tools, folder):
    """The page by each renderer side by side, in square pixels; ours alone in full size."""
    pages = [rendered(work, tool, resolution, work.pages / f"{name}.pdf") for tool in tools]
    squares = [page.convert("L").resize((1728, 2376), Image.BICUBIC) if page else Image.new("L", (1728, 2376), 128) for page in pages]
    squares[0].save(folder / f"{name}-{resolution}.png")
    together = Image.new("L", (864 * len(squares), 1188 + 20), 255)
    for number, (tool, square) in enumerate(zip(tools, squares)):
        together.paste(square.resize((864, 1188), Image.BOX), (864 * number, 20))
        ImageDraw.Draw(together).text((864 * number + 8, 4), tool, fill=0)
    together.save(folder / f"{name}-{resolution}-beside.png")


def mean(values):
    values = [value for value in values if value is not None]
    return sum(values) / len(values) if values else None


def cell(value, form):
    return "–" if value is None else format(value, form)


def table(results, names, tools, resolution):
    """The table of one resolution, and its verdicts."""
    out = [f"\n### {resolution}\n", "| page | " + " | ".join(f"{tool} error %" for tool in tools) + " | " + " | ".join(f"{tool} kB" for tool in tools)
           + " | codes | photographs | lines % |", "|---" * (2 * len(tools) + 4) + "|"]
    get = lambda name, tool, what: (results.get((name, tool, resolution)) or {}).get(what)  # noqa: E731
    worse = []
    for name in names:
        error = [get(name, tool, "error") for tool in tools]
        cells = [name] + [cell(None if value is None else 100 * value, ".1f") for value in error]
        cells += [cell(None if size is None else size / 1000, ".1f") for size in (get(name, tool, "bytes") for tool in tools)]
        of = get(name, tools[0], "codes_all")
        cells.append("/".join(cell(get(name, tool, "codes"), "d") for tool in tools) + f" of {of}" if of else "")
        for what in ("likeness", "lines"):
            values = [get(name, tool, what) for tool in tools]
            shown = (cell(None if value is None else value * (100 if what == "lines" else 1), ".0f" if what == "lines" else ".2f") for value in values)
            cells.append(" ".join(shown) if any(value is not None for value in values) else "")
        out.append("| " + " | ".join(cells) + " |")
        others = [value for value in error[1:] if value is not None]
        if get(name, tools[0], "bytes") is None:
            worse.append(f"{name}: no page")
        elif others and error[0] is not None and error[0] > min(others) + 0.01:
            worse.append(f"{name}: {100 * error[0]:.1f} against {100 * min(others):.1f}")
    means = {what: [mean([get(name, tool, what) for name in names]) for tool in tools] for what in ("error", "bytes", "likeness", "lines")}
    out.append("| **mean** | " + " | ".join(f"**{cell(None if v is None else 100 * v, '.2f')}**" for v in means["error"]) + " | "
               + " | ".join(f"**{cell(None if v is None else v / 1000, '.1f')}**" for v in means["bytes"]) + " | | "
               + " ".join(cell(v, ".2f") for v in means["likeness"]) + " | " + " ".join(cell(None if v is None else 100 * v, ".0f") for v in means["lines"]) + " |")
    read_all = sum(get(name, tools[0], "codes") or 0 for name in names)
    all_codes = sum(get(name, tools[0], "codes_all") or 0 for name in names)
    out.append("")

    def verdict(what, good, figures):
        out.append(f"- {'met' if good else '**MISSED**'}: {what} ({figures})")

    for what, word, aim in (("error", "error", 5), ("bytes", "bytes", 3)):
        ours, *others = means[what]
        others = [other for other in others if other is not None]
        if ours is None or not others:
            continue
        verdict(f"floor, lower mean {word} than each", ours < min(others), f"{ours:.4g} against {min(others):.4g}, ratio {ours / max(min(others), 1e-9):.2f}")
        verdict(f"aim, mean {word} one part in {aim} of the best of them", ours * aim <= min(others), f"ratio {ours / max(min(others), 1e-9):.2f} against {1 / aim:.2f}")
    if all_codes:
        verdict("floor, every code read", read_all == all_codes, f"{read_all} of {all_codes}")
    if means["likeness"][0] is not None:
        verdict("photographs at least as like as the best of them", means["likeness"][0] >= max(v or 0 for v in means["likeness"]), " ".join(cell(v, ".3f") for v in means["likeness"]))
    verdict("floor, no page more than one point worse than the best of them on it", not worse, "; ".join(worse) or "none")
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="WORD", help="pages whose name has this in it; several by comma")
    parser.add_argument("--quick", action="store_true", help=f"{len(QUICK)} pages instead of all")
    parser.add_argument("--ours", action="store_true", help="ours alone")
    parser.add_argument("--resolution", choices=LINES, help="one instead of both")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR", help="write pages as PNG: ours in full, all side by side")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "ferrofax-bench",
                        help="where results are kept between runs, by the hash of what they were made from")
    parser.add_argument("--executable", type=pathlib.Path, help="ours, if not target/release/ferrofax")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", type=pathlib.Path, metavar="FILE", help="write the tables there as well, between the marks")
    args = parser.parse_args()
    if args.executable:
        renderers.executable = lambda: args.executable.resolve()
    work = Work(args.work)
    words = args.only.split(",") if args.only else QUICK if args.quick else [""]
    names = [name for name in PAGES if any(word in name for word in words)]
    tools = [OURS] if args.ours else [OURS, *PEERS]
    resolutions = [args.resolution] if args.resolution else list(LINES)
    for name in names:
        if not (work.pages / f"{name}.json").exists():
            PAGES[name]().save(work.pages, name)
    where = {(tool, resolution): mapping(work, tool, resolution) for tool in tools for resolution in resolutions}
    todo = [(name, tool, resolution) for name in names for resolution in resolutions for tool in tools]
    results = {}
    with concurrent.futures.ProcessPoolExecutor(args.workers) as pool:
        jobs = {pool.submit(measure, work, name, tool, resolution, where[tool, resolution]): (name, tool, resolution) for name, tool, resolution in todo}
        for number, job in enumerate(concurrent.futures.as_completed(jobs), 1):
            results[jobs[job]] = job.result()
            if sys.stderr.isatty() or number % 50 == 0:
                print(f"\r{number} of {len(jobs)}", end="" if sys.stderr.isatty() else "\n", file=sys.stderr)
    out = [line for resolution in resolutions for line in table(results, names, tools, resolution)]
    print("\n".join(out))
    if args.write:
        before, mark, after = args.write.read_text().partition("<!-- printed -->\n")
        assert mark, f"{args.write} has no line <!-- printed -->"
        args.write.write_text(before + mark + "\n".join(out) + "\n")
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
        for name in names:
            for resolution in resolutions:
                show(work, name, resolution, tools, args.keep)


def version(*words):
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout.decode(errors="replace").splitlines()[0]
    except FileNotFoundError:
        sys.exit(f"{words[0]} is missing. On Debian: apt-get install --no-install-recommends {' '.join(PACKAGES)}")


VERSION = {OURS: "", "gs": version("gs", "--version"), "pdftoppm": version("pdftoppm", "-v"), "mutool": version("mutool", "-v"),
           "tesseract": version("tesseract", "--version"), "zbarimg": version("zbarimg", "--version")}
SOURCES = [(pathlib.Path(__file__).parent / f"{name}.py").read_bytes() for name in ("texts", "sheet", "pages", "photos", "pictures")]

if __name__ == "__main__":
    main()
