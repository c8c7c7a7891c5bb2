#!/usr/bin/env python3
"""Writes letter.pdf, the document that the demo sends: two pages of A4 with a letter, a table, a drawing in thin lines and a
small photograph-like picture. Standard fonts, no dependencies: make_letter.py > letter.pdf"""

import math
import sys

MM = 72 / 25.4
HEIGHT = 297


class Page:
    """Content of a page, in millimetres from the top left corner."""

    def __init__(self):
        self.out = []

    def text(self, x, y, words, size=11, font="R"):
        words = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self.out.append(f"BT /{font} {size} Tf {x * MM:.2f} {(HEIGHT - y) * MM:.2f} Td ({words}) Tj ET")

    def lines(self, x, y, words, leading=5.5, size=11):
        for number, line in enumerate(words.strip().splitlines()):
            self.text(x, y + number * leading, line, size)

    def rule(self, points, width=0.2, close=False):
        steps = [f"{x * MM:.2f} {(HEIGHT - y) * MM:.2f} {'l' if i else 'm'}" for i, (x, y) in enumerate(points)]
        self.out.append(f"{width * MM:.2f} w {' '.join(steps)} {'s' if close else 'S'}")

    def box(self, x, y, width, height, line=0.2, grey=None):
        if grey is not None:
            self.out.append(f"q {grey} g {x * MM:.2f} {(HEIGHT - y - height) * MM:.2f} {width * MM:.2f} {height * MM:.2f} re f Q")
        self.rule([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], line, close=True)

    def picture(self, x, y, width, height, columns, rows, luma):
        pels = "".join(f"{luma(c / (columns - 1), r / (rows - 1)):02x}" for r in range(rows) for c in range(columns))
        place = f"{width * MM:.2f} 0 0 {height * MM:.2f} {x * MM:.2f} {(HEIGHT - y - height) * MM:.2f}"
        self.out.append(f"q {place} cm BI /W {columns} /H {rows} /BPC 8 /CS /G /F /AHx /I true ID {pels}> EI Q")

    def foot(self, number):
        self.rule([(25, 280), (190, 280)], 0.1)
        self.text(25, 285, "Sample document of ferrofax", 8)
        self.text(176, 285, f"Page {number} of 2", 8)


def letter():
    page = Page()
    page.text(25, 30, "ferrofax", 26, "B")
    page.text(25, 37, "Sample letter", 11)
    page.rule([(25, 41), (190, 41)], 0.6)
    page.lines(25, 55, "To whoever opens\nthe tray of this machine")
    page.text(150, 55, "1 January 2026")
    page.text(25, 80, "What a page goes through on its way to you", 12, "B")
    page.lines(25, 92, """
Good day,

this letter left as a PDF. It was drawn on a grid of 1728 pels a line, which are not square, made
black and white, coded, carried through a call, decoded, and put together again. If you can read
the smallest line of the table, and the rules of the drawing overleaf have no gaps, all went well.
Accents and signs should be whole: Größe, façade, señor, smørrebrød, § 5, 12 µm, ± 3 %, 40 €.
""")
    page.text(25, 136, "Sizes on the line", 12, "B")
    table = [
        ("Sheet", "Resolution", "Rows", "Lines per mm"),
        ("A4, 210 × 297 mm", "LOW", "1143", "3.85"),
        ("A4, 210 × 297 mm", "HIGH", "2287", "7.7"),
        ("Letter, 215.9 × 279.4 mm", "LOW", "1076", "3.85"),
        ("Letter, 215.9 × 279.4 mm", "HIGH", "2151", "7.7"),
    ]
    left = [25, 90, 125, 155, 190]
    for number, row in enumerate(table):
        top = 141 + number * 8
        for column, words in enumerate(row):
            page.box(left[column], top, left[column + 1] - left[column], 8, 0.15, 0.88 if number == 0 else None)
            page.text(left[column] + 2, top + 5.5, words, 10, "B" if number == 0 else "R")
    for number, size in enumerate((14, 12, 10, 9, 8, 7, 6)):
        page.text(25, 194 + number * 6.5, f"{size} point: The quick brown fox jumps over the lazy dog. 0123456789", size)
    page.lines(25, 246, "Kind regards,\n\nthe sending side")
    page.foot(1)
    return page


def drawing():
    page = Page()
    page.text(25, 30, "A drawing in thin lines", 14, "B")
    # A scale that can be held against a ruler.
    page.rule([(55, 45), (155, 45)], 0.1)
    for mm in range(101):
        long = 5 if mm % 10 == 0 else 3.5 if mm % 5 == 0 else 2
        page.rule([(55 + mm, 45), (55 + mm, 45 - long)], 0.1)
    page.text(55, 50, "0", 8)
    page.text(148, 50, "100 mm", 8)
    # A square of 100 mm with circles, diagonals and a fan.
    page.box(55, 58, 100, 100, 0.25)
    page.rule([(55, 58), (155, 158)], 0.1)
    page.rule([(155, 58), (55, 158)], 0.1)
    for radius in range(5, 50, 5):
        turn = [math.tau * step / 180 for step in range(180)]
        page.rule([(105 + radius * math.cos(a), 108 + radius * math.sin(a)) for a in turn], 0.1, close=True)
    for step in range(0, 91, 3):
        angle = math.radians(step)
        page.rule([(55, 158), (55 + 30 * math.cos(angle), 158 - 30 * math.sin(angle))], 0.08)
    for width, y in ((0.05, 166), (0.1, 170), (0.2, 174), (0.3, 178), (0.5, 182)):
        page.rule([(55, y), (140, y)], width)
        page.text(143, y + 1, f"{width} mm", 8)
    page.text(25, 197, "Greys", 14, "B")
    page.picture(25, 203, 78, 52, 64, 48, lambda x, y: shaded(x, y))
    page.picture(112, 203, 78, 12, 64, 2, lambda x, y: round(255 * x))
    for step in range(6):
        page.box(112 + step * 13, 221, 13, 12, 0.15, step / 5)
    for number, grey in enumerate((0, 0.3, 0.5, 0.7)):
        page.out.append(f"{grey} g")
        page.text(112, 241 + number * 5, f"Print in {round(100 - grey * 100)} % black", 10)
    page.out.append("0 g")
    page.foot(2)
    return page


def shaded(x, y):
    """A lit ball on a table."""
    u, v = (x - 0.5) * 1.5, y - 0.46
    r = math.hypot(u, v)
    if r < 0.36:
        depth = math.sqrt(0.36**2 - r * r)
        light = max(0.0, (-0.5 * u - 0.6 * v + 0.62 * depth) / 0.36)
        return round(30 + 215 * light)
    shadow = math.exp(-(((u - 0.15) / 0.4) ** 2 + ((v - 0.4) / 0.08) ** 2))
    ground = 210 if y > 0.66 else 150 + 90 * y
    return round(max(0, min(255, ground * (1 - 0.75 * shadow))))


def pdf(pages):
    font = "<</Type/Font /Subtype/Type1 /BaseFont/{} /Encoding/WinAnsiEncoding>>"
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<</Type/Catalog /Pages 2 0 R>>",
        f"<</Type/Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 {210 * MM:.3f} {HEIGHT * MM:.3f}]"
        " /Resources <</Font <</R 3 0 R /B 4 0 R>>>>>>",
        font.format("Helvetica"),
        font.format("Helvetica-Bold"),
    ]
    for number, page in enumerate(pages):
        content = "\n".join(page.out)
        objects.append(f"<</Type/Page /Parent 2 0 R /Contents {6 + 2 * number} 0 R>>")
        objects.append(f"<</Length {len(content.encode('cp1252'))}>>\nstream\n{content}\nendstream")
    out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    for number, body in enumerate(objects):
        table += f"{len(out):010} 00000 n \n"
        out += f"{number + 1} 0 obj\n{body}\nendobj\n".encode("cp1252")
    start = len(out)
    return out + f"{table}trailer\n<</Size {len(objects) + 1} /Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n".encode()


sys.stdout.buffer.write(pdf([letter(), drawing()]))
