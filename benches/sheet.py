"""A sheet of A4 with what is known about it: text by block, bar codes, photographs, lines. Millimetres from the top left corner."""

import contextlib
import io
import json
import math
import pathlib

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 210.0, 297.0
MM = 72 / 25.4
LIBERATION = pathlib.Path("/usr/share/fonts/truetype/liberation")
DEJAVU = pathlib.Path("/usr/share/fonts/truetype/dejavu")
FONTS = {
    "Sans": LIBERATION / "LiberationSans-Regular.ttf",
    "SansBold": LIBERATION / "LiberationSans-Bold.ttf",
    "Serif": LIBERATION / "LiberationSerif-Regular.ttf",
    "SerifItalic": LIBERATION / "LiberationSerif-Italic.ttf",
    "Mono": LIBERATION / "LiberationMono-Regular.ttf",
    "Wide": DEJAVU / "DejaVuSans.ttf",
    "WideBold": DEJAVU / "DejaVuSans-Bold.ttf",
    "WideSerif": DEJAVU / "DejaVuSerif.ttf",
}
for _name, _file in FONTS.items():
    pdfmetrics.registerFont(TTFont(_name, str(_file)))


def wrap(text, width, measure):
    """Lines no wider than `width` by `measure`."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and measure(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return lines + [line]


class Known:
    """What is on a page, in millimetres: boxes are (left, top, right, bottom)."""

    def __init__(self, lang="eng"):
        self.lang, self.blocks, self.codes, self.photos, self.lines = lang, [], [], [], []
        self._open = None

    def seen(self, text, box):
        """A line of text; outside a block it is not asked for."""
        if self._open is not None:
            self._open.append((text, box))

    @contextlib.contextmanager
    def block(self):
        """Lines drawn within are one block, read from top to bottom."""
        self._open = []
        yield
        drawn, self._open = self._open, None
        left, top, right, bottom = zip(*(box for _, box in drawn))
        self.blocks.append({"text": " ".join(text for text, _ in drawn), "box": (min(left), min(top), max(right), max(bottom))})


class Sheet(Known):
    """A page drawn as PDF objects."""

    def __init__(self, lang="eng"):
        super().__init__(lang)
        self._bytes = io.BytesIO()
        self.canvas = Canvas(self._bytes, pagesize=(WIDTH * MM, HEIGHT * MM), invariant=1)
        self.raw = None

    def _fill(self, colour, alpha=1.0):
        colour = HexColor(colour)
        self.canvas.setFillColor(Color(colour.red, colour.green, colour.blue, alpha))

    def text(self, x, y, text, font="Sans", size=10.0, colour="#000000", alpha=1.0, anchor="left"):
        """One line; `y` is its base line."""
        self._fill(colour, alpha)
        wide = pdfmetrics.stringWidth(text, font, size) / MM
        x -= {"left": 0, "centre": wide / 2, "right": wide}[anchor]
        self.canvas.setFont(font, size)
        self.canvas.drawString(x * MM, (HEIGHT - y) * MM, text)
        self.seen(text, (x, y - size * 0.8 / MM, x + wide, y + size * 0.25 / MM))

    def prose(self, x, y, width, text, font="Sans", size=10.0, leading=1.25, **how):
        """A paragraph as a block of its own; where the next may begin."""
        with self.block():
            for line in wrap(text, width * MM, lambda line: pdfmetrics.stringWidth(line, font, size)):
                self.text(x, y, line, font, size, **how)
                y += size * leading / MM
        return y + 3

    def rect(self, x, y, width, height, colour, alpha=1.0):
        self._fill(colour, alpha)
        self.canvas.rect(x * MM, (HEIGHT - y - height) * MM, width * MM, height * MM, stroke=0, fill=1)

    def line(self, x1, y1, x2, y2, width_pt=0.5, colour="#000000", dash=None, known=False):
        self.canvas.setStrokeColor(HexColor(colour))
        self.canvas.setLineWidth(width_pt)
        self.canvas.setDash(*(dash or ([],)))
        self.canvas.line(x1 * MM, (HEIGHT - y1) * MM, x2 * MM, (HEIGHT - y2) * MM)
        if known:
            self.lines.append((x1, y1, x2, y2))

    def box(self, x, y, width, height, width_pt=0.5, colour="#000000"):
        for x1, y1, x2, y2 in ((x, y, x + width, y), (x, y + height, x + width, y + height),
                               (x, y, x, y + height), (x + width, y, x + width, y + height)):
            self.line(x1, y1, x2, y2, width_pt, colour)

    def circle(self, x, y, radius, width_pt=0.5, colour="#000000", fill=None):
        self.canvas.setStrokeColor(HexColor(colour))
        self.canvas.setLineWidth(width_pt)
        if fill:
            self._fill(fill)
        self.canvas.circle(x * MM, (HEIGHT - y) * MM, radius * MM, stroke=1 if width_pt else 0, fill=1 if fill else 0)

    def picture(self, image, x, y, width, height, quality=None, photo=False, picture=None):
        """A PIL image, as JPEG where a quality is given. `picture` is the Picture it came from, whose text it shows."""
        source = image
        if quality:
            source = io.BytesIO()
            image.save(source, "JPEG", quality=quality)
            source.seek(0)
        self.canvas.drawImage(ImageReader(source), x * MM, (HEIGHT - y - height) * MM, width * MM, height * MM)
        if photo:
            self.photos.append(((x, y, x + width, y + height), image.convert("L")))
        if picture:
            picture.give(self, x, y, width, height)

    def code(self, value):
        self.codes.append(value)

    def pdf(self):
        if self.raw:
            return self.raw
        self.canvas.showPage()
        self.canvas.save()
        return self._bytes.getvalue()

    def save(self, folder, name):
        """The PDF, and what is known of it."""
        (folder / f"{name}.pdf").write_bytes(self.pdf())
        for number, (_, image) in enumerate(self.photos):
            image.save(folder / f"{name}-photo{number}.png")
        known = {"lang": self.lang, "blocks": self.blocks, "codes": self.codes, "lines": self.lines,
                 "photos": [box for box, _ in self.photos]}
        (folder / f"{name}.json").write_text(json.dumps(known, ensure_ascii=False, indent=1))


class Picture(Known):
    """Text and boxes drawn as pels, anti-aliased: what becomes a screenshot or a scan."""

    def __init__(self, width, height, ground, mode="RGB", lang="eng"):
        super().__init__(lang)
        self.image = Image.new(mode, (width, height), ground)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, x, y, text, font="Sans", size=16, colour=0, anchor="la"):
        face = ImageFont.truetype(str(FONTS[font]), size)
        self.draw.text((x, y), text, fill=colour, font=face, anchor=anchor)
        self.seen(text, self.draw.textbbox((x, y), text, font=face, anchor=anchor))

    def prose(self, x, y, width, text, font="Sans", size=16, leading=1.3, colour=0):
        face = ImageFont.truetype(str(FONTS[font]), size)
        with self.block():
            for line in wrap(text, width, face.getlength):
                self.text(x, y, line, font, size, colour)
                y += round(size * leading)
        return y + size

    def turned(self, degrees, ground):
        """The picture turned about its middle, text boxes with it."""
        turned = Picture(1, 1, ground, self.image.mode, self.lang)
        turned.image = self.image.rotate(degrees, Image.BICUBIC, fillcolor=ground)
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        mx, my = self.image.width / 2, self.image.height / 2
        for block in self.blocks:
            l, t, r, b = block["box"]
            corners = [(mx + (x - mx) * cos + (y - my) * sin, my - (x - mx) * sin + (y - my) * cos)
                       for x, y in ((l, t), (r, t), (l, b), (r, b))]
            xs, ys = zip(*corners)
            turned.blocks.append({"text": block["text"], "box": (min(xs), min(ys), max(xs), max(ys))})
        return turned

    def whole(self):
        """All text as one block, to be found wherever a renderer lays it."""
        self.blocks = [{"text": " ".join(block["text"] for block in self.blocks), "box": (0, 0, *self.image.size)}]

    def give(self, sheet, x, y, width, height):
        """What is known, moved to where the picture lies on a sheet."""
        sx, sy = width / self.image.width, height / self.image.height
        for block in self.blocks:
            l, t, r, b = block["box"]
            sheet.blocks.append({"text": block["text"], "box": (x + l * sx, y + t * sy, x + r * sx, y + b * sy)})
