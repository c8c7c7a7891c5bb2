#!/usr/bin/python3
"""CPU time a page, ours beside three other renderers: whole processes, user and system time, the median of some rounds in turn.

The documents are made here: 40 pages of text, 10 pages of a grey 300-dpi scan, 10 of a 1-bit one, 4 of vector art. Each renderer
makes 1-bit pages of the fax grid, ours and Ghostscript's coded in T.6. At the end, one page in a render child that is warm.
"""

import argparse
import io
import json
import os
import pathlib
import statistics
import struct
import subprocess
import tempfile
import time

import numpy as np
from PIL import Image
from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

import pictures
import renderers
from renderers import OURS, PEERS
from sheet import HEIGHT, MM, WIDTH
from texts import PROSE

DOCUMENTS = {"text, 40 pages": 40, "grey scan, 10 pages": 10, "1-bit scan, 10 pages": 10, "vector art, 4 pages": 4}
SIZE = (WIDTH * MM, HEIGHT * MM)


def text(file):
    canvas = Canvas(str(file), pagesize=SIZE, invariant=1)
    for page in range(40):
        y = 800
        for line in range(54):
            canvas.setFont("Serif" if line % 9 else "SansBold", 10.5)
            words = PROSE[(page + line) % len(PROSE)]
            canvas.drawString(60, y, f"{words[line % 40:line % 40 + 84]} {page * 54 + line}")
            y -= 14
        canvas.showPage()
    canvas.save()


def grey(file):
    canvas = Canvas(str(file), pagesize=SIZE, invariant=1)
    scan = pictures.letter(300, 45, 238)
    for page in range(10):
        data = io.BytesIO()
        pictures.dirty(scan.turned(0.1 * page - 0.5, 238).image, page, 6).save(data, "JPEG", quality=75)
        data.seek(0)
        canvas.drawImage(ImageReader(data), 0, 0, *SIZE)
        canvas.showPage()
    canvas.save()


def two_tone(file):
    pages = []
    scan = pictures.letter(300, 40, 240)
    for page in range(10):
        pages.append(Image.fromarray(np.asarray(pictures.dirty(scan.turned(0.1 * page - 0.5, 240).image, page, 14)) > 135))
    file.write_bytes(pictures.g4_pdf(*pages))


def vectors(file):
    canvas = Canvas(str(file), pagesize=SIZE, invariant=1)
    for page in range(4):
        random = np.random.RandomState(page)
        for number in range(600):
            x, y = random.rand(2) * SIZE
            canvas.setLineWidth(random.rand() * 1.5)
            canvas.setStrokeColor(HexColor(int(random.rand() * 0xFFFFFF)))
            canvas.setFillColor(HexColor(int(random.rand() * 0xFFFFFF)))
            path = canvas.beginPath()
            path.moveTo(x, y)
            for _ in range(4):
                path.curveTo(*(np.tile((x, y), 3) + random.normal(0, 16, 6)))
            canvas.drawPath(path, stroke=1, fill=int(number % 3 == 0))
        canvas.showPage()
    canvas.save()


def warm(pdf, times):
    """Milliseconds of CPU for a document in a render child that has done others, the median of batches of ten."""
    child = subprocess.Popen([renderers.executable(), "render-worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    header = json.dumps({"task": {"document": {"kind": "pdf", "charset": "UTF-8", "paper": "A4", "resolution": "fine"}}, "pages_max": 10,
                         "cpu_seconds_max": 60}).encode()

    def once():
        child.stdin.write(struct.pack(">II", len(header), len(pdf)) + header + pdf)
        child.stdin.flush()
        while True:
            lengths = struct.unpack(">II", child.stdout.read(8))
            reply = json.loads(child.stdout.read(lengths[0]))
            child.stdout.read(lengths[1])
            if "page" not in reply:
                assert "done" in reply, reply
                return

    def used():
        # Nanoseconds on the processor, of all threads.
        tasks = pathlib.Path(f"/proc/{child.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e6

    start = used()
    once()
    first, spent = used() - start, []
    for _ in range(times):
        before = used()
        for _ in range(10):
            once()
        spent.append((used() - before) / 10)
    child.stdin.close()
    child.wait()
    return first, statistics.median(spent)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help="documents with this in their name")
    parser.add_argument("--ours", action="store_true", help="ours alone")
    parser.add_argument("--executable", type=pathlib.Path, help="ours, if not target/release/ferrofax; `cargo build --profile dist` makes what is shipped")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "ferrofax-bench")
    parser.add_argument("--write", type=pathlib.Path, metavar="FILE", help="write the table there as well, after its mark")
    args = parser.parse_args()
    if args.executable:
        renderers.executable = lambda: args.executable.resolve()
    folder = args.work / "speed"
    folder.mkdir(parents=True, exist_ok=True)
    tools = [OURS] if args.ours else [OURS, *PEERS]
    names = [name for name in DOCUMENTS if not args.only or args.only in name]
    out = ["| CPU a page, ms (most memory, MB) | " + " | ".join(tools) + " | ours to Ghostscript's | ours to the fastest other |",
           "|---" * (len(tools) + 3) + "|"]
    for name in names:
        make = {"t": text, "g": grey, "1": two_tone, "v": vectors}[name[0]]
        file = folder / f"{name.replace(' ', '-').replace(',', '')}.pdf"
        if not file.exists():
            make(file)
        spent = {tool: [] for tool in tools}
        for _ in range(args.rounds):
            for tool in tools:
                with tempfile.TemporaryDirectory() as scratch:
                    code, _, cpu, megabytes = renderers.cost(renderers.command(tool, "HIGH", file, pathlib.Path(scratch) / "out")[0])
                    if code:
                        raise SystemExit(f"{tool} ended with {code} on {name}")
                    spent[tool].append((cpu, megabytes))
        ms = {tool: 1000 * statistics.median(cpu for cpu, _ in spent[tool]) / DOCUMENTS[name] for tool in tools}
        cells = [f"{ms[tool]:.1f} ({max(megabytes for _, megabytes in spent[tool]):.0f})" for tool in tools]
        ratios = [f"{ms[OURS] / ms['gs']:.2f}", f"{ms[OURS] / min(ms[tool] for tool in PEERS):.2f}"] if len(tools) > 1 else ["–", "–"]
        out.append(f"| {name} | " + " | ".join(cells + ratios) + " |")
        print(out[-1], flush=True)
    one = folder / "one-page.pdf"
    if not one.exists():
        subprocess.run(["pdfseparate", "-f", "3", "-l", "3", folder / "text-40-pages.pdf", one], check=True)
    first, usual = warm(one.read_bytes(), args.rounds)
    out.append(f"\nA page of text in a warm render child: {usual:.1f} ms of CPU (the first after its start: {first:.0f} ms); the aim is 20.")
    load = os.getloadavg()[0]
    out.append(f"\nMeasured {time.strftime('%Y-%m-%d')}, {args.rounds} rounds, load {load:.1f} on {os.cpu_count()} processors.")
    print("\n" + "\n".join(out))
    if args.write:
        renderers.write(args.write, out)


if __name__ == "__main__":
    main()
