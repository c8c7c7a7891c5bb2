"""The pages drawn as PDF objects: small print, forms, tables, colours, codes, languages, lines. Each is a function under its name."""

import math

from reportlab.graphics.barcode import qr
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.eanbc import Ean13BarcodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.graphics import renderPDF
from reportlab.lib.colors import HexColor

import photos
from sheet import MM, HEIGHT, Sheet
from texts import FOREIGN, GOODS, PROSE

PAGES = {}


def page(name):
    """Enters a function as the maker of the page of that name."""
    def enter(make):
        PAGES[name] = make
        return make
    return enter


def small_print(name, font, size, colour="#000000", columns=1):
    @page(name)
    def _():
        sheet = Sheet()
        sheet.text(25, 25, f"General terms, {size} point", "SansBold", 12)
        width = (160 - 8 * (columns - 1)) / columns
        for column in range(columns):
            y = 35
            for paragraph in range(4):
                text = PROSE[(paragraph + 4 * column) % len(PROSE)]
                y = sheet.prose(25 + column * (width + 8), y, width, text, font, size, colour=colour)
        return sheet


small_print("small-8pt-serif", "Serif", 8)
small_print("small-7pt-sans", "Sans", 7)
small_print("small-6pt-sans-columns", "Sans", 6, columns=2)
small_print("small-6pt-serif", "Serif", 6)
small_print("small-5pt-sans", "Sans", 5, columns=2)
small_print("small-6pt-grey", "Sans", 6, "#707070")
small_print("small-8pt-italic-blue", "SerifItalic", 8, "#1F4E9E")


def form(name, ground, label_colour, rule):
    @page(name)
    def _():
        sheet = Sheet()
        with sheet.block():
            sheet.text(20, 25, "Application for an account", "SansBold", 14)
        fields = [("Company", "Harbour Freight Office"), ("Street and number", "Quay Road 118"), ("Post code and town", "4021 Northport"),
                  ("Registered under", "HRB 55 0172"), ("Date of foundation", "12.08.1987"), ("Annual turnover", "1 480 000"),
                  ("Number of staff", "36"), ("Account for", "freight, customs, storage")]
        for number, (label, value) in enumerate(fields):
            x, y = 20 + 88 * (number % 2), 36 + 19 * (number // 2)
            sheet.rect(x, y, 82, 14, ground)
            sheet.box(x, y, 82, 14, rule, label_colour)
            with sheet.block():
                sheet.text(x + 1.5, y + 3.5, label, "Sans", 6.5, label_colour)
            with sheet.block():
                sheet.text(x + 3, y + 11, value, "Mono", 11)
        for number, label in enumerate(["Statements on paper", "Statements by fax", "Monthly invoice", "Direct debit"]):
            y = 120 + 9 * number
            sheet.box(20, y, 4, 4, rule, label_colour)
            if number % 2:
                sheet.line(20.5, y + 0.5, 23.5, y + 3.5, 1)
                sheet.line(20.5, y + 3.5, 23.5, y + 0.5, 1)
            with sheet.block():
                sheet.text(28, y + 3.4, label, "Sans", 9, label_colour)
        y = sheet.prose(20, 165, 170, PROSE[5], "Sans", 7, colour=label_colour)
        for x in (20, 110):
            sheet.line(x, y + 20, x + 75, y + 20, 0.5, label_colour, dash=([1, 1],))
            with sheet.block():
                sheet.text(x, y + 24, "Place, date, signature", "Sans", 6.5, label_colour)
        return sheet


form("form-black", "#FFFFFF", "#000000", 0.5)
form("form-grey-fields", "#E4E4E4", "#404040", 0.3)
form("form-orange", "#FDE9D0", "#D9701A", 0.5)
form("form-green-pale", "#DFF0DC", "#4C9A45", 0.25)


def table(sheet, x, y, widths, rows, size=9, height=6.5, ground=lambda n: None, colour=lambda n, c: "#000000", bold=()):
    """Rows of cells; each row is a block. Where it ends."""
    for number, row in enumerate(rows):
        if ground(number):
            sheet.rect(x, y, sum(widths), height, ground(number))
        left = x
        with sheet.block():
            for column, (cell, width) in enumerate(zip(row, widths)):
                right = column >= 2
                sheet.text(left + (width - 2 if right else 2), y + height * 0.7, cell, "SansBold" if number in bold else "Sans", size,
                           colour(number, column), anchor="right" if right else "left")
                left += width
        y += height
    return y


HEAD = ("Item", "Description", "Quantity", "Price", "Amount")
WIDTHS = [22, 68, 26, 26, 28]


@page("table-zebra")
def _():
    sheet = Sheet()
    sheet.prose(20, 25, 170, PROSE[3])
    table(sheet, 20, 48, WIDTHS, [HEAD, *GOODS], ground=lambda n: "#D8D8D8" if n % 2 else None, bold=(0,))
    return sheet


@page("table-dark-head")
def _():
    sheet = Sheet()
    sheet.prose(20, 25, 170, PROSE[1])
    table(sheet, 20, 48, WIDTHS, [HEAD, *GOODS], ground=lambda n: "#1F3864" if n == 0 else "#DCE6F1" if n % 2 else None,
          colour=lambda n, c: "#FFFFFF" if n == 0 else "#000000", bold=(0,))
    return sheet


@page("table-mid-tones")
def _():
    sheet = Sheet()
    grounds = ["#808080", "#F4B183", "#A9D18E", "#9DC3E6", "#FFD966", "#C9A0DC"]
    table(sheet, 20, 30, WIDTHS, [HEAD, *GOODS], ground=lambda n: grounds[n % 6],
          colour=lambda n, c: "#FFFFFF" if n % 6 == 0 else "#000000", bold=(0, 6, 12))
    return sheet


@page("table-coloured-figures")
def _():
    sheet = Sheet()
    colours = ["#C00000", "#007A33", "#E67700", "#0070C0", "#7F7F7F"]
    y = table(sheet, 20, 30, WIDTHS, [HEAD, *GOODS], size=8, colour=lambda n, c: colours[(n + c) % 5] if n else "#000000", bold=(0,))
    for x in (20, 42, 110, 136, 162, 190):
        sheet.line(x, 30, x, y, 0.3, "#A0A0A0", known=True)
    for n in range(14):
        sheet.line(20, 30 + n * 6.5, 190, 30 + n * 6.5, 0.3, "#A0A0A0", known=True)
    return sheet


@page("invoice")
def _():
    sheet = Sheet()
    sheet.rect(0, 0, 210, 22, "#0B5563")
    with sheet.block():
        sheet.text(20, 14, "NORTHPORT PUMPS", "SansBold", 18, "#FFFFFF")
    with sheet.block():
        sheet.text(190, 12, "Quay Road 118, 4021 Northport", "Sans", 7, "#CFE8EC", anchor="right")
    with sheet.block():
        sheet.text(20, 40, "Invoice 2026-04117", "SansBold", 13, "#0B5563")
        sheet.text(20, 46, "Order 88120 of 3 March, delivered 14 March", "Sans", 9, "#555555")
    y = table(sheet, 20, 56, WIDTHS, [HEAD, *GOODS[:7]], ground=lambda n: "#BFD9DD" if n == 0 else None, bold=(0,))
    sheet.rect(20, y + 2, 170, 8, "#E8E8E8")
    with sheet.block():
        sheet.text(22, y + 7.6, "Total including tax", "SansBold", 10)
        sheet.text(188, y + 7.6, "8091.79", "SansBold", 10, anchor="right")
    sheet.prose(20, y + 20, 170, PROSE[1], "Sans", 7.5, colour="#666666")
    sheet.line(20, 280, 190, 280, 0.25, "#999999", known=True)
    with sheet.block():
        sheet.text(105, 285, "Registered at Northport HRB 55 0172, tax number 27 114 0551", "Sans", 6, "#888888", anchor="centre")
    return sheet


def coloured(name, pairs, size=10):
    """Paragraphs of (ink, ground)."""
    @page(name)
    def _():
        sheet = Sheet()
        y = 25
        for number, (ink, ground) in enumerate(pairs):
            if ground:
                sheet.rect(15, y - 6, 180, 27, ground)
            sheet.prose(20, y, 170, PROSE[number % len(PROSE)], "Sans", size, colour=ink)
            y += 32
        return sheet


coloured("colour-pale-on-white", [("#FFD500", None), ("#FFA64D", None), ("#8FD14F", None), ("#66CCFF", None), ("#FF99CC", None)])
coloured("colour-greys-on-white", [("#505050", None), ("#808080", None), ("#A0A0A0", None), ("#B8B8B8", None), ("#CCCCCC", None)])
coloured("colour-red", [("#FF0000", None), ("#C00000", None), ("#FF0000", "#FFE0E0"), ("#FF0000", "#FFFFB0"), ("#B00020", "#D9D9D9")])
coloured("colour-light-on-dark", [("#FFFFFF", "#0033A0"), ("#FFFFFF", "#C8102E"), ("#FFE600", "#1A1A1A"), ("#FFFFFF", "#2E8B57"),
                                  ("#CCE5FF", "#003366")])
coloured("colour-dark-on-mid", [("#000000", "#8DB4E2"), ("#1A1A1A", "#A6A6A6"), ("#000080", "#F79646"), ("#003300", "#92D050"),
                                ("#000000", "#E06666")])
coloured("colour-light-on-dark-small", [("#FFFFFF", "#404040"), ("#FFFFFF", "#0070C0"), ("#F2F2F2", "#7030A0"), ("#FFFFFF", "#000000")], 7)


@page("ground-gradient")
def _():
    sheet = Sheet()
    for number, (first, second, ink) in enumerate((("#FFFFFF", "#9FB8D8", "#000000"), ("#F5E6C8", "#D8A860", "#202020"),
                                                   ("#102040", "#3060A0", "#FFFFFF"))):
        top = 20 + 60 * number
        canvas = sheet.canvas
        canvas.saveState()
        path = canvas.beginPath()
        path.rect(15 * MM, (HEIGHT - top - 45) * MM, 180 * MM, 45 * MM)
        canvas.clipPath(path, stroke=0, fill=0)
        canvas.linearGradient(15 * MM, (HEIGHT - top) * MM, 195 * MM, (HEIGHT - top - 45) * MM, (HexColor(first), HexColor(second)))
        canvas.restoreState()
        y = sheet.prose(20, top + 9, 170, PROSE[number], colour=ink)
        sheet.prose(20, y, 170, PROSE[number + 3], size=8, colour=ink)
    return sheet


@page("ground-watermark")
def _():
    sheet = Sheet()
    canvas = sheet.canvas
    canvas.saveState()
    canvas.translate(105 * MM, 150 * MM)
    canvas.rotate(50)
    canvas.setFont("SansBold", 110)
    canvas.setFillColor(HexColor("#DDDDDD"))
    canvas.drawCentredString(0, -30, "COPY")
    canvas.restoreState()
    y = 40
    for paragraph in PROSE:
        y = sheet.prose(25, y, 160, paragraph, "Serif", 11)
    return sheet


@page("ground-highlighter")
def _():
    sheet = Sheet()
    y = 30
    for number, colour in enumerate(("#FFFF00", "#7FFF00", "#FF7FBF", "#FFC000", "#00E5FF")):
        sheet.rect(24, y - 4, 162, 14, colour)
        y = sheet.prose(25, y, 160, PROSE[number], "Serif", 10) + 4
        sheet.rect(24, y - 4, 162, 14, colour, alpha=0.4)
    sheet.prose(25, y, 160, PROSE[5], "Serif", 10, alpha=0.5)
    return sheet


@page("page-tinted")
def _():
    sheet = Sheet()
    sheet.rect(0, 0, 210, 297, "#EFE3C2")
    sheet.rect(10, 10, 190, 277, "#F8F1DF")
    y = 30
    for paragraph in PROSE[:6]:
        y = sheet.prose(25, y, 160, paragraph, "Serif", 10, colour="#5A3E1B")
    return sheet


def code_drawing(sheet, kind, value, x, y, size, colour="#000000"):
    """A bar code or QR code in vectors; known by its value."""
    colour = HexColor(colour)
    if kind == "code128":
        symbol = Code128(value, barWidth=size * MM, barHeight=14 * MM, quiet=1)
        sheet.canvas.setFillColor(colour)
        sheet.canvas.setStrokeColor(colour)
        symbol.barFillColor = symbol.barStrokeColor = colour
        symbol.drawOn(sheet.canvas, x * MM, (HEIGHT - y - 14) * MM)
    else:
        if kind == "ean13":
            widget = Ean13BarcodeWidget(value, barWidth=size * MM, barHeight=14 * MM, barFillColor=colour, textColor=colour)
            height = 14
        else:
            widget = qr.QrCodeWidget(value, barWidth=size * MM, barHeight=size * MM, barBorder=4, barLevel="M", barFillColor=colour)
            height = size
        drawing = Drawing(1, 1)
        drawing.add(widget)
        renderPDF.draw(drawing, sheet.canvas, x * MM, (HEIGHT - y - height) * MM)
    sheet.code(value)


def codes(name, colours, narrow):
    @page(name)
    def _():
        sheet = Sheet()
        one, two, three = colours
        code_drawing(sheet, "code128", "NP-88120-0417", 20, 25, narrow, one)
        code_drawing(sheet, "ean13", "4006381333931", 125, 25, narrow, two)
        code_drawing(sheet, "qr", "https://example.com/delivery/88120?seal=0417", 20, 55, 90 * narrow + 8, three)
        code_drawing(sheet, "qr", "RX 2026-04117 8091.79", 100, 55, 90 * narrow, one)
        code_drawing(sheet, "code128", "4021 NORTHPORT", 20, 110, narrow, three)
        sheet.prose(20, 140, 170, PROSE[0], colour=one)
        return sheet


codes("codes-black", ["#000000"] * 3, 0.38)
codes("codes-coloured", ["#002F87", "#00662B", "#A01020"], 0.42)
codes("codes-pale-colours", ["#3C8CE0", "#2FA84F", "#E0602F"], 0.5)

FONT_OF = {"deu": "Sans", "fra": "Serif", "ell": "Wide", "rus": "Sans", "pol": "WideSerif", "spa": "Serif"}


def language(lang, paragraphs):
    @page(f"language-{lang}")
    def _():
        sheet = Sheet(lang)
        y = 25
        for size, colour in ((11, "#000000"), (9, "#0B5563"), (7.5, "#000000")):
            for paragraph in paragraphs:
                y = sheet.prose(25, y, 160, paragraph, FONT_OF[lang], size, colour=colour)
        sheet.rect(20, y, 170, 24, "#C8102E")
        sheet.prose(25, y + 7, 160, paragraphs[0], FONT_OF[lang], 9, colour="#FFFFFF")
        return sheet


for _lang, _paragraphs in FOREIGN.items():
    language(_lang, _paragraphs)


@page("lines-drawing")
def _():
    sheet = Sheet()
    for number, (width, colour) in enumerate(((0.05, "#000000"), (0.1, "#000000"), (0.25, "#808080"), (0.1, "#B0B0B0"), (0.5, "#C00000"),
                                              (0.1, "#FFC000"))):
        x, y = 20 + 60 * (number % 3), 25 + 75 * (number // 3)
        for x1, y1, x2, y2 in ((0, 0, 50, 0), (50, 0, 50, 50), (50, 50, 0, 50), (0, 50, 0, 0), (0, 0, 50, 50), (0, 50, 50, 0), (0, 10, 50, 17),
                               (10, 0, 17, 50), (0, 40, 50, 38), (40, 0, 38, 50)):
            sheet.line(x + x1, y + y1, x + x2, y + y2, width, colour, known=True)
        sheet.circle(x + 25, y + 25, 18, width, colour)
        with sheet.block():
            sheet.text(x, y + 56, f"line {width} point, scale 1 : 50", "Sans", 6, colour)
    return sheet


@page("chart")
def _():
    sheet = Sheet()
    colours = ["#4472C4", "#ED7D31", "#A5A5A5", "#FFC000", "#5B9BD5", "#70AD47"]
    for number in range(6):
        sheet.line(30, 30 + 16 * number, 190, 30 + 16 * number, 0.25, "#D0D0D0", known=False)
        with sheet.block():
            sheet.text(27, 31 + 16 * number, str(500 - 100 * number), "Sans", 8, "#595959", anchor="right")
    for number, value in enumerate((310, 450, 120, 260, 390, 205)):
        x = 36 + 26 * number
        sheet.rect(x, 110 - value * 0.16, 16, value * 0.16, colours[number])
        with sheet.block():
            sheet.text(x + 8, 106, str(value), "SansBold", 9, "#FFFFFF", anchor="centre")
        with sheet.block():
            sheet.text(x + 8, 116, ["January", "February", "March", "April", "May", "June"][number], "Sans", 8, "#595959", anchor="centre")
    canvas, angle = sheet.canvas, 0
    for number, share in enumerate((0.28, 0.22, 0.17, 0.14, 0.11, 0.08)):
        canvas.setFillColor(HexColor(colours[number]))
        canvas.setStrokeColor(HexColor("#FFFFFF"))
        canvas.wedge(40 * MM, (HEIGHT - 230) * MM, 120 * MM, (HEIGHT - 150) * MM, angle, 360 * share, stroke=1, fill=1)
        middle = math.radians(angle + 180 * share)
        with sheet.block():
            sheet.text(80 + 26 * math.cos(middle), 191 - 26 * math.sin(middle), f"{share:.0%}", "SansBold", 9, "#000000", anchor="centre")
        sheet.rect(140, 160 + 9 * number, 5, 5, colours[number])
        with sheet.block():
            sheet.text(148, 164 + 9 * number, ["Filters", "Rings", "Gauges", "Hoses", "Pumps", "Cables"][number], "Sans", 9, "#404040")
        angle += 360 * share
    return sheet


@page("photo-in-letter")
def _():
    sheet = Sheet()
    y = sheet.prose(25, 25, 160, PROSE[0], "Serif", 11)
    sheet.picture(photos.landscape(900, 600), 25, y, 75, 50, quality=85, photo=True)
    sheet.picture(photos.still_life(900, 600), 110, y, 75, 50, quality=85, photo=True)
    with sheet.block():
        sheet.text(25, y + 55, "Left: the harbour in March. Right: the parts received.", "SerifItalic", 8, "#444444")
    sheet.prose(25, y + 65, 160, PROSE[7], "Serif", 11)
    return sheet


def photo_page(name, make):
    @page(name)
    def _():
        sheet = Sheet()
        sheet.picture(make(1400, 1000), 20, 25, 170, 121, quality=85, photo=True)
        sheet.prose(20, 156, 170, PROSE[4], size=9, colour="#333333")
        return sheet


photo_page("photo-landscape", photos.landscape)
photo_page("photo-still-life", photos.still_life)
photo_page("photo-clouds-grey", photos.clouds)


@page("photo-under-text")
def _():
    sheet = Sheet()
    sheet.picture(photos.landscape(1200, 500), 15, 20, 180, 75, quality=85)
    sheet.prose(22, 32, 150, PROSE[0], "SansBold", 12, colour="#FFFFFF")
    sheet.picture(photos.clouds(1200, 500), 15, 105, 180, 75, quality=85)
    sheet.prose(22, 117, 150, PROSE[1], "SansBold", 12, colour="#000000")
    sheet.picture(photos.still_life(1200, 500), 15, 190, 180, 75, quality=85)
    sheet.rect(20, 240, 170, 20, "#FFFFFF", alpha=0.75)
    sheet.prose(24, 247, 160, PROSE[2], "Sans", 9, colour="#000000")
    return sheet


def stamped(name, colour, turn, label, alpha=1.0):
    @page(name)
    def _():
        sheet = Sheet()
        y = 30
        for paragraph in PROSE[:6]:
            y = sheet.prose(25, y, 160, paragraph, "Serif", 11)
        canvas = sheet.canvas
        canvas.saveState()
        canvas.translate(120 * MM, (HEIGHT - 75) * MM)
        canvas.rotate(turn)
        ink = HexColor(colour)
        ink.alpha = alpha
        canvas.setStrokeColor(ink, alpha)
        canvas.setFillColor(ink, alpha)
        canvas.setLineWidth(1.5)
        canvas.roundRect(-28 * MM, -8 * MM, 56 * MM, 16 * MM, 6, stroke=1, fill=0)
        canvas.setFont("SansBold", 22)
        canvas.drawCentredString(0, -3 * MM, label)
        canvas.restoreState()
        return sheet


stamped("stamp-pale-red", "#FF9090", 12, "RECEIVED")
stamped("stamp-pale-blue-clear", "#3050C0", -8, "PAID", alpha=0.35)
