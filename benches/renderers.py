"""Ours and the three others, each as a command that makes 1-bit pages on the fax grid of a PDF."""

import pathlib
import subprocess
import sys
import tempfile

from PIL import Image

TOP = pathlib.Path(__file__).resolve().parent.parent
OURS = "ferrofax"
PEERS = ["gs", "pdftoppm", "mutool"]
LINES = {"HIGH": 196, "LOW": 98}
DOTS = 204


def executable():
    return TOP / "target" / "release" / "ferrofax"


def command(tool, resolution, pdf, out):
    """The command, and the pattern of the files it writes. `out` has no extension."""
    lines = LINES[resolution]
    if tool == OURS:
        low = ["--low"] if resolution == "LOW" else []
        return [executable(), "render", pdf, "-o", f"{out}.tif", *low], f"{out.name}.tif"
    if tool == "gs":
        return ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=tiffg4", f"-r{DOTS}x{lines}", "-sPAPERSIZE=a4", "-dFIXEDMEDIA",
                "-dPDFFitPage", f"-sOutputFile={out}.tif", pdf], f"{out.name}.tif"
    if tool == "pdftoppm":
        return ["pdftoppm", "-mono", "-rx", str(DOTS), "-ry", str(lines), pdf, out], f"{out.name}-*.pbm"
    rows = {"HIGH": 2287, "LOW": 1143}[resolution]
    return ["mutool", "draw", "-q", "-F", "pbm", "-r", str(DOTS), "-w", "1728", "-h", str(rows), "-f", "-o", f"{out}-%d.pbm", pdf], \
        f"{out.name}-*.pbm"


def page(tool, resolution, pdf, out):
    """The first page as an image of mode 1; none if there is none."""
    words, files = command(tool, resolution, pdf, out)
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
    found = sorted(out.parent.glob(files))
    if done.returncode or not found:
        return None
    image = Image.open(found[0])
    image.load()
    for file in found:
        file.unlink()
    return image.convert("1")


# A process counts as at least as large as the one it was forked from, so a small one starts it. Ours works in children, which it
# leaves behind: the starter takes over orphans (PR_SET_CHILD_SUBREAPER is 36) and counts their time too.
STARTER = """import ctypes, os, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
code, seconds, kilobytes = None, 0.0, 0
while True:
    try:
        pid, status, usage = os.wait4(-1, 0)
    except ChildProcessError:
        break
    if pid == child:
        code = os.waitstatus_to_exitcode(status)
    seconds += usage.ru_utime + usage.ru_stime
    kilobytes = max(kilobytes, usage.ru_maxrss)
print(code, seconds, kilobytes, file=open(sys.argv[1], "w"))"""


def cost(words):
    """Exit code, what was said, seconds of CPU (user and system) and most resident megabytes of a process."""
    with tempfile.NamedTemporaryFile("r") as counted:
        said = subprocess.run([sys.executable, "-I", "-S", "-c", STARTER, counted.name, *map(str, words)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE).stderr.decode(errors="replace")
        code, seconds, kilobytes = counted.read().split()
    return int(code), said, float(seconds), int(kilobytes) / 1000


def write(page, lines):
    """Puts what was printed into a page of `docs/`, in place of what was printed there before."""
    before, mark, _ = page.read_text().partition("<!-- printed -->\n")
    assert mark, f"{page} has no line <!-- printed -->"
    page.write_text(before + mark + "\n" + "\n".join(lines) + "\n")
