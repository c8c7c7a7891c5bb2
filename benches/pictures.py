"""The pages that are pictures: screenshots, scans, receipts, labels. Entered beside those of `pages`."""

import io

import numpy as np
from PIL import Image, ImageFilter, TiffImagePlugin
from reportlab.graphics.barcode import qrencoder
from reportlab.graphics.barcode.code128 import Code128

import photos
from pages import page
from sheet import HEIGHT, MM, WIDTH, Picture, Sheet
from texts import GOODS, PROSE


def screenshot(name, ground, ink, panel, accent, on_accent, size=15):
    """A window of a program at 96 dots an inch, printed 170 mm wide."""
    @page(name)
    def _():
        shot = Picture(1000, 640, ground)
        shot.draw.rectangle((0, 0, 1000, 36), fill=accent)
        with shot.block():
            shot.text(14, 9, "Orders - Northport Pumps", "Sans", size, on_accent)
        shot.draw.rectangle((0, 36, 200, 640), fill=panel)
        for number, label in enumerate(("Overview", "Orders", "Deliveries", "Invoices", "Customers", "Settings")):
            with shot.block():
                shot.text(16, 52 + 34 * number, label, "Sans", size, ink)
        y = shot.prose(224, 56, 740, PROSE[3], "Sans", size, colour=ink)
        for number, row in enumerate(GOODS[:8]):
            if number % 2 == 0:
                shot.draw.rectangle((220, y - 4, 980, y + 22), fill=panel)
            with shot.block():
                for x, cell in zip((228, 320, 660, 760, 880), row):
                    shot.text(x, y, cell, "Sans", size, ink)
            y += 28
        for x, label in ((224, "Save order"), (380, "Discard")):
            shot.draw.rounded_rectangle((x, y + 14, x + 130, y + 48), 6, fill=accent)
            with shot.block():
                shot.text(x + 65, y + 31, label, "Sans", size, on_accent, anchor="mm")
        sheet = Sheet()
        sheet.prose(20, 25, 170, PROSE[4])
        sheet.picture(shot.image, 20, 50, 170, 170 * 0.64, picture=shot)
        return sheet


screenshot("screenshot-light", "#FFFFFF", "#202020", "#F0F0F0", "#0067C0", "#FFFFFF")
screenshot("screenshot-dark", "#1E1E1E", "#D4D4D4", "#2D2D2D", "#0E639C", "#FFFFFF")
screenshot("screenshot-pastel", "#FBF7EF", "#6B5B4B", "#EFE2CC", "#E8A33D", "#FFFFFF", 16)


@page("screenshot-terminal-jpeg")
def _():
    shot = Picture(960, 560, "#0C0C0C")
    lines = ["status of the pumps, 14 March 09:12", "pump 1   running   1450 rpm   2.8 bar   41 C", "pump 2   running   1448 rpm   2.9 bar   43 C",
             "pump 3   stopped      0 rpm   0.0 bar   22 C", "warning: pump 3 stopped by hand at 08:55", "flow 318 litres a minute, tank 74 per cent",
             "next service of pump 1 in 112 hours", "valve 7 open, valve 8 closed, valve 9 open"]
    for number, line in enumerate(lines):
        with shot.block():
            shot.text(20, 20 + 40 * number, line, "Mono", 20, ["#CCCCCC", "#16C60C", "#F9F1A5", "#E74856"][number % 4])
    sheet = Sheet()
    sheet.picture(shot.image, 20, 25, 170, 170 * 560 / 960, quality=80, picture=shot)
    sheet.prose(20, 140, 170, PROSE[2])
    return sheet


def letter(dots, ink, ground, mode="L", photo=None):
    """A typed letter as a scanner would see it, before it gets dirty."""
    mm = dots / 25.4
    scan = Picture(round(WIDTH * mm), round(HEIGHT * mm), ground, mode)
    with scan.block():
        scan.text(25 * mm, 22 * mm, "Northport Pumps, Quay Road 118", "SansBold", round(5 * mm), ink)
    y = 38 * mm
    for number, paragraph in enumerate(PROSE[:5] if photo else PROSE):
        font, size = (("Serif", 3.9), ("Sans", 3.2), ("Mono", 3.4), ("Serif", 2.9))[number % 4]
        y = scan.prose(25 * mm, y, 160 * mm, paragraph, font, round(size * mm), colour=ink) + 2 * mm
    if photo:
        scan.image.paste(photo.convert(mode).resize((round(120 * mm), round(80 * mm)), Image.LANCZOS), (round(45 * mm), round(200 * mm)))
    scan.draw.line((25 * mm, 195 * mm, 185 * mm, 195 * mm), fill=ink, width=max(1, round(0.2 * mm)))
    return scan


def dirty(image, seed, grain, uneven=0.0, edges=0.0, blur=0.7):
    """Blur, uneven light, dark edges, grain: what a scanner adds."""
    random = np.random.RandomState(seed)
    pels = np.asarray(image.filter(ImageFilter.GaussianBlur(blur)), dtype=np.float32)
    height, width = pels.shape[:2]
    light = 1 - uneven * photos.noise(width, height, seed, 2, 2)
    if edges:
        x = np.minimum(np.arange(width), width - 1 - np.arange(width))[None, :] / (0.03 * width)
        y = np.minimum(np.arange(height), height - 1 - np.arange(height))[:, None] / (0.02 * height)
        light = light * (1 - edges * np.exp(-(np.minimum(x, y) ** 2)))
    if pels.ndim == 3:
        light = light[..., None]
    pels = pels * light + random.normal(0, grain, pels.shape)
    return Image.fromarray(np.clip(pels, 0, 255).astype(np.uint8), image.mode)


def grey_scan(name, dots, seed, ink, ground, turn, mode="L", photo=False, through=0.0, whole=False, **dirt):
    @page(name)
    def _():
        scan = letter(dots, ink, ground, mode, photos.still_life(1200, 800) if photo else None).turned(turn, ground)
        image = scan.image
        if whole:
            scan.whole()
        if through:
            # The back of the sheet, seen through it.
            back = letter(dots, ink, ground, mode).image.transpose(Image.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur(3))
            pale = Image.blend(Image.new(mode, back.size, ground), back, through)
            image = Image.fromarray(np.minimum(np.asarray(image), np.asarray(pale)), mode)
        sheet = Sheet()
        sheet.picture(dirty(image, seed, **dirt), 0, 0, WIDTH, HEIGHT, quality=75, picture=scan)
        if photo:
            sheet.photos.append(((45, 200, 165, 280), photos.still_life(1200, 800).convert("L")))
        return sheet


grey_scan("scan-grey-300", 300, 11, 45, 238, 0.0, grain=6)
grey_scan("scan-grey-turned-shadow", 300, 12, 60, 225, 0.6, grain=8, uneven=0.12, edges=0.6)
grey_scan("scan-grey-200-faint", 200, 13, 150, 235, -0.4, grain=5, uneven=0.08)
grey_scan("scan-colour-yellowed", 200, 14, (60, 50, 90), (232, 214, 170), 0.3, mode="RGB", grain=6, uneven=0.1)
grey_scan("scan-grey-dark-paper", 200, 15, 30, 150, 0.0, grain=7, uneven=0.25)
grey_scan("scan-grey-through", 200, 16, 40, 240, 0.2, through=0.25, grain=5)
grey_scan("scan-grey-with-photo", 200, 17, 40, 240, 0.0, photo=True, grain=5)
grey_scan("scan-grey-askew", 300, 18, 45, 238, 1.5, whole=True, grain=6)
grey_scan("scan-grey-far-askew", 200, 19, 45, 238, -3.0, whole=True, grain=6)


def g4_pdf(*images):
    """A PDF whose pages are 1-bit pictures in the coding of T.6, as scanners make them."""
    TiffImagePlugin.STRIP_SIZE = 1 << 30
    kids = " ".join(f"{3 + 3 * number} 0 R" for number in range(len(images)))
    parts = [b"<</Type/Catalog /Pages 2 0 R>>", f"<</Type/Pages /Kids [{kids}] /Count {len(images)}>>".encode()]
    content = f"{WIDTH * MM:.3f} 0 0 {HEIGHT * MM:.3f} 0 0 cm /I Do".encode()
    for image in images:
        file = io.BytesIO()
        image.save(file, "TIFF", compression="group4")
        tiff = Image.open(file)
        (start,), (length,) = tiff.tag_v2[273], tiff.tag_v2[279]
        code = file.getvalue()[start:start + length]
        # What is coded black is black, in PDF as in this PhotometricInterpretation, unless said otherwise.
        black = "true" if tiff.tag_v2[262] == 1 else "false"
        here = len(parts) + 1
        parts.append(f"<</Type/Page /Parent 2 0 R /MediaBox [0 0 {WIDTH * MM:.3f} {HEIGHT * MM:.3f}] /Contents {here + 1} 0 R "
                     f"/Resources <</XObject <</I {here + 2} 0 R>>>>>>".encode())
        parts.append(b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content))
        parts.append((f"<</Type/XObject /Subtype/Image /Width {image.width} /Height {image.height} /BitsPerComponent 1 "
                      f"/ColorSpace/DeviceGray /Filter/CCITTFaxDecode /DecodeParms <</K -1 /Columns {image.width} /Rows {image.height} "
                      f"/BlackIs1 {black}>> /Length {len(code)}>>\nstream\n").encode() + code + b"\nendstream")
    pdf, table = b"%PDF-1.5\n", f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n"
    for number, part in enumerate(parts, 1):
        table += f"{len(pdf):010} 00000 n \n"
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    return pdf + f"{table}trailer <</Size {len(parts) + 1} /Root 1 0 R>>\nstartxref\n{len(pdf)}\n%%EOF\n".encode()


def two_tone_scan(name, dots, seed, turn, specks, whole=False):
    @page(name)
    def _():
        scan = letter(dots, 40, 240).turned(turn, 240)
        if whole:
            scan.whole()
        pels = np.asarray(dirty(scan.image, seed, 14, uneven=0.05)) > 135
        random = np.random.RandomState(seed)
        pels = pels ^ (random.rand(*pels.shape) < specks)
        sheet = Sheet()
        sheet.raw = g4_pdf(Image.fromarray(pels))
        scan.give(sheet, 0, 0, WIDTH, HEIGHT)
        return sheet


two_tone_scan("scan-1bit-300", 300, 21, 0.0, 0.0002)
two_tone_scan("scan-1bit-300-turned", 300, 22, 0.6, 0.001)
two_tone_scan("scan-1bit-200", 200, 23, -0.3, 0.0005)
two_tone_scan("scan-1bit-askew", 300, 24, 1.5, 0.0002, whole=True)
two_tone_scan("scan-1bit-far-askew", 300, 25, -3.0, 0.0002, whole=True)


def receipt(name, ink, ground, seed, uneven, grain, turn):
    """A till receipt, 80 mm wide, photographed or scanned at 200 dots an inch."""
    @page(name)
    def _():
        slip = Picture(630, 1500, ground, "L")
        y = 30
        with slip.block():
            slip.text(315, y, "NORTHPORT HARBOUR SHOP", "Mono", 34, ink, anchor="ma")
        y += 60
        for item in GOODS[:9]:
            with slip.block():
                slip.text(30, y, item[1][:24], "Mono", 27, ink)
                y += 34
                slip.text(60, y, f"{item[2]} x {item[3]}", "Mono", 27, ink)
                slip.text(600, y, item[4], "Mono", 27, ink, anchor="ra")
            y += 52
        slip.draw.line((30, y, 600, y), fill=ink, width=2)
        with slip.block():
            slip.text(30, y + 20, "TOTAL", "Mono", 44, ink)
            slip.text(600, y + 20, "7344.50", "Mono", 44, ink, anchor="ra")
        slip = slip.turned(turn, ground)
        sheet = Sheet()
        sheet.picture(dirty(slip.image, seed, grain, uneven, blur=0.9), 60, 20, 80, 80 * 1500 / 630, quality=75, picture=slip)
        return sheet


receipt("receipt-thermal", 105, 225, 31, 0.1, 6, 0.8)
receipt("receipt-faded", 165, 218, 32, 0.12, 4, -0.5)
receipt("receipt-dark-photo", 60, 165, 33, 0.4, 7, 1.2)


def qr_image(value, cell):
    symbol = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    symbol.addData(value)
    symbol.make()
    side = symbol.getModuleCount()
    pels = np.array([[symbol.isDark(row, column) for column in range(side)] for row in range(side)])
    return np.kron(np.pad(pels, 4), np.ones((cell, cell), bool))


def bars_image(value, cell, height):
    symbol = Code128(value)
    symbol.validate()
    symbol.encode()
    symbol.decompose()
    pels, dark = [], True
    for element in symbol.decomposed:
        # A letter for the width; capitals are bars.
        pels += [element.isupper()] * (cell * (ord(element.lower()) - ord("a") + 1))
    return np.tile(np.pad(np.array(pels), 10 * cell), (height, 1))


def labels(name, ink, ground, mode="RGB", resized=1.0, quality=None):
    """Codes that are pictures in the document, soft at their edges as after a careless resize."""
    @page(name)
    def _():
        sheet = Sheet()
        y = 25
        for value, pels, wide in (("PARCEL 4021 0088120", bars_image("PARCEL 4021 0088120", 3, 120), 120),
                                  ("https://example.com/p/4021-0088120", qr_image("https://example.com/p/4021-0088120", 6), 42),
                                  ("SEAL0417", bars_image("SEAL0417", 4, 120), 80)):
            # Ink is a place in the colour's own terms.
            colours = np.array([ground, ink], dtype=np.uint8)
            image = Image.fromarray(colours[pels.astype(int)], mode)
            if resized != 1:
                image = image.resize((round(image.width * resized), round(image.height * resized)), Image.BICUBIC)
            high = wide * image.height / image.width
            sheet.picture(image, 25, y, wide, high, quality=quality)
            sheet.code(value)
            y += high + 8
        sheet.prose(25, y + 5, 160, PROSE[0], "Sans", 9)
        return sheet


labels("codes-picture-black", (0, 0, 0), (255, 255, 255))
labels("codes-picture-soft-jpeg", (20, 20, 40), (240, 238, 230), resized=0.83, quality=70)
labels("codes-picture-red", (190, 30, 40), (255, 255, 255), resized=1.3)
