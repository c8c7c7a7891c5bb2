//! Fonts inside PDFs: a built-in one cut down to the letters that are used, and one without any outlines for text that lies
//! invisibly beneath a picture.
//!
//! Both are TrueType (ISO/IEC 14496-22) with glyphs numbered anew from 1; in the PDF they are composite fonts whose codes are those
//! numbers (PDF 32000-1, 9.7), with a map back to Unicode, so that text can be searched and copied.
//!
//! The reader trusts its font no further than to find tables in it: those compiled in are the only ones it meets.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Finish, Name, Pdf, Rect, Ref, Str};

/// Tables that hinting needs, kept as they are.
const HINTS: [&[u8; 4]; 3] = [b"cvt ", b"fpgm", b"prep"];
/// Of the font without outlines.
const EMPTY_UNITS: u16 = 1000;
pub const EMPTY_ADVANCE: u16 = 500;
pub const EMPTY_ASCENT: i16 = 800;
pub const EMPTY_DESCENT: i16 = -200;

/// A font that is compiled in.
#[derive(Clone, Copy, Debug)]
pub struct Face {
    bytes: &'static [u8],
}

impl Face {
    pub const fn new(bytes: &'static [u8]) -> Face {
        Face { bytes }
    }

    fn table(&self, tag: &[u8; 4]) -> &'static [u8] {
        let count = usize::from(u16_at(self.bytes, 4));
        let mut entries = (0..count).map(|n| 12 + n * 16);
        let entry = entries.find(|at| self.bytes.get(*at..at + 4) == Some(tag));
        let Some(entry) = entry else { return &[] };
        let (at, length) = (u32_at(self.bytes, entry + 8) as usize, u32_at(self.bytes, entry + 12) as usize);
        self.bytes.get(at..at.saturating_add(length)).unwrap_or_default()
    }

    pub fn units(&self) -> u16 {
        u16_at(self.table(b"head"), 18).max(1)
    }

    fn ascent(&self) -> i16 {
        u16_at(self.table(b"hhea"), 4).cast_signed()
    }

    fn descent(&self) -> i16 {
        u16_at(self.table(b"hhea"), 6).cast_signed()
    }

    /// By the map for Unicode's first plane (format 4); 0 where the font does not have it.
    fn glyph(&self, letter: char) -> u16 {
        let Ok(code) = u16::try_from(u32::from(letter)) else { return 0 };
        let cmap = self.table(b"cmap");
        let mut maps = (0..usize::from(u16_at(cmap, 2))).map(|n| 4 + n * 8);
        let map = maps.find(|at| (u16_at(cmap, *at), u16_at(cmap, at + 2)) == (3, 1));
        let Some(map) = map.and_then(|at| cmap.get(u32_at(cmap, at + 4) as usize..)) else { return 0 };
        if u16_at(map, 0) != 4 {
            return 0;
        }
        let twice = usize::from(u16_at(map, 6));
        for segment in (0..twice).step_by(2) {
            let (end, start) = (u16_at(map, 14 + segment), u16_at(map, 16 + twice + segment));
            if code > end {
                continue;
            }
            if code < start {
                return 0;
            }
            let delta = u16_at(map, 16 + 2 * twice + segment);
            let place = 16 + 3 * twice + segment;
            return match u16_at(map, place) {
                0 => code.wrapping_add(delta),
                offset => match u16_at(map, place + usize::from(offset) + 2 * usize::from(code - start)) {
                    0 => 0,
                    glyph => glyph.wrapping_add(delta),
                },
            };
        }
        0
    }

    fn advance(&self, glyph: u16) -> u16 {
        let full = u16_at(self.table(b"hhea"), 34).max(1);
        u16_at(self.table(b"hmtx"), 4 * usize::from(glyph.min(full - 1)))
    }

    fn bearing(&self, glyph: u16) -> u16 {
        let full = u16_at(self.table(b"hhea"), 34).max(1);
        let hmtx = self.table(b"hmtx");
        match glyph < full {
            true => u16_at(hmtx, 4 * usize::from(glyph) + 2),
            false => u16_at(hmtx, 4 * usize::from(full) + 2 * usize::from(glyph - full)),
        }
    }

    fn outline(&self, glyph: u16) -> &'static [u8] {
        let loca = self.table(b"loca");
        let place = |n: usize| match u16_at(self.table(b"head"), 50) {
            0 => 2 * usize::from(u16_at(loca, 2 * n)),
            _ => u32_at(loca, 4 * n) as usize,
        };
        let (from, to) = (place(glyph.into()), place(usize::from(glyph) + 1));
        self.table(b"glyf").get(from..to).unwrap_or_default()
    }
}

/// Where the numbers of parts stand in a glyph that is put together of others.
fn parts(outline: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    if u16_at(outline, 0).cast_signed() >= 0 {
        return places;
    }
    let mut at = 10;
    while at + 4 <= outline.len() {
        let flags = u16_at(outline, at);
        places.push(at + 2);
        let arguments = if flags & 1 != 0 { 4 } else { 2 };
        let scale = match flags {
            flags if flags & 0x08 != 0 => 2,
            flags if flags & 0x40 != 0 => 4,
            flags if flags & 0x80 != 0 => 8,
            _ => 0,
        };
        at += 4 + arguments + scale;
        if flags & 0x20 == 0 {
            break;
        }
    }
    places
}

/// A font in the making: letters get numbers as they come.
#[derive(Debug)]
pub struct Letters {
    /// None: without outlines.
    face: Option<Face>,
    codes: BTreeMap<char, u16>,
    /// The face's glyph of each code, from 0.
    glyphs: Vec<u16>,
}

impl Letters {
    /// Of a font that is compiled in.
    pub fn of(face: Face) -> Letters {
        Letters { face: Some(face), codes: BTreeMap::new(), glyphs: vec![0] }
    }

    /// Without outlines: whatever letters there are, nothing is seen.
    pub fn unseen() -> Letters {
        Letters { face: None, codes: BTreeMap::new(), glyphs: vec![0] }
    }

    pub fn is_unused(&self) -> bool {
        self.codes.is_empty()
    }

    /// A text in the font's codes, two bytes each.
    pub fn encode(&mut self, text: &str) -> Vec<u8> {
        text.chars().flat_map(|letter| self.code(letter).to_be_bytes()).collect()
    }

    fn code(&mut self, letter: char) -> u16 {
        if let Some(code) = self.codes.get(&letter) {
            return *code;
        }
        let glyph = match &self.face {
            None => 0,
            Some(face) => match face.glyph(letter) {
                0 => face.glyph('?'),
                glyph => glyph,
            },
        };
        // No text of ours has so many letters; then they are all the missing one.
        let Some(code) = u16::try_from(self.glyphs.len()).ok().filter(|code| *code < u16::MAX) else { return 0 };
        self.glyphs.push(glyph);
        self.codes.insert(letter, code);
        code
    }

    /// How wide a text is, for a size of 1.
    pub fn width(&mut self, text: &str) -> f32 {
        let units = f32::from(self.face.map_or(EMPTY_UNITS, |face| face.units()));
        text.chars().map(|letter| f32::from(self.advance_of(letter)) / units).sum()
    }

    fn advance_of(&mut self, letter: char) -> u16 {
        let code = self.code(letter);
        let glyph = self.glyphs.get(usize::from(code)).copied().unwrap_or(0);
        self.face.map_or(EMPTY_ADVANCE, |face| face.advance(glyph))
    }

    /// Writes the font; `next` gives it numbers of objects.
    pub fn write(&self, pdf: &mut Pdf, font: Ref, name: &str, next: &mut impl FnMut() -> Ref) {
        let (descendant, descriptor, file, map) = (next(), next(), next(), next());
        // Six letters and a plus: a part of a font.
        let name = format!("FXFAXA+{name}");
        let name = Name(name.as_bytes());
        let system = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
        pdf.type0_font(font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(map);

        let units = f32::from(self.face.map_or(EMPTY_UNITS, |face| face.units()));
        let thousandth = |value: f32| value * 1000.0 / units;
        let mut cid = pdf.cid_font(descendant);
        cid.subtype(CidFontType::Type2).base_font(name).system_info(system).font_descriptor(descriptor);
        cid.default_width(thousandth(EMPTY_ADVANCE.into())).cid_to_gid_map_predefined(Name(b"Identity"));
        if let Some(face) = self.face {
            let widths = self.glyphs.iter().map(|glyph| thousandth(face.advance(*glyph).into()));
            cid.widths().consecutive(0, widths);
        }
        cid.finish();

        let (ascent, descent) = self.face.map_or((EMPTY_ASCENT, EMPTY_DESCENT), |face| (face.ascent(), face.descent()));
        let (ascent, descent) = (thousandth(ascent.into()), thousandth(descent.into()));
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(-200.0, descent, 1200.0, ascent))
            .italic_angle(0.0)
            .ascent(ascent)
            .descent(descent)
            .cap_height(ascent)
            .stem_v(80.0)
            .font_file2(file);

        let program = self.program();
        let length = i32::try_from(program.len()).unwrap_or(i32::MAX);
        pdf.stream(file, &program).pair(Name(b"Length1"), length);

        let mut unicode = UnicodeCmap::<u16>::new(Name(b"Ferrofax"), system);
        let mut letters: Vec<_> = self.codes.iter().map(|(letter, code)| (*code, *letter)).collect();
        letters.sort_unstable();
        for (code, letter) in letters {
            unicode.pair(code, letter);
        }
        pdf.cmap(map, &unicode.finish());
    }

    /// The font as TrueType.
    fn program(&self) -> Vec<u8> {
        let Some(face) = self.face else { return self.empty_program() };
        // Parts come behind the glyphs that have codes.
        let mut glyphs = self.glyphs.clone();
        let mut outlines = Vec::new();
        let mut index = 0;
        while let Some(&glyph) = glyphs.get(index) {
            let mut outline = face.outline(glyph).to_vec();
            for place in parts(&outline) {
                let part = u16_at(&outline, place);
                let number = glyphs.iter().skip(1).position(|known| *known == part).map(|found| found + 1);
                let number = number.unwrap_or_else(|| {
                    glyphs.push(part);
                    glyphs.len() - 1
                });
                let number = u16::try_from(number).unwrap_or(0).to_be_bytes();
                if let Some(room) = outline.get_mut(place..place + 2) {
                    room.copy_from_slice(&number);
                }
            }
            outlines.push(outline);
            index += 1;
        }
        let metrics = glyphs.iter().map(|glyph| (face.advance(*glyph), face.bearing(*glyph)));
        let (head, hhea) = (face.table(b"head").to_vec(), face.table(b"hhea").to_vec());
        let mut tables = own_tables(head, hhea, face.table(b"maxp").to_vec(), &outlines, metrics);
        tables.extend(
            HINTS.map(|tag| (*tag, face.table(tag).to_vec())).into_iter().filter(|(_, table)| !table.is_empty()),
        );
        assemble(tables)
    }

    fn empty_program(&self) -> Vec<u8> {
        let mut head = vec![0; 54];
        put(&mut head, 0, &[0, 1, 0, 0, 0, 1, 0, 0]);
        put(&mut head, 12, &[0x5f, 0x0f, 0x3c, 0xf5, 0, 0]);
        put(&mut head, 18, &EMPTY_UNITS.to_be_bytes());
        put(&mut head, 42, &EMPTY_ASCENT.to_be_bytes());
        put(&mut head, 46, &[0, 8, 0, 2]);
        let mut hhea = vec![0; 36];
        put(&mut hhea, 0, &[0, 1, 0, 0]);
        put(&mut hhea, 4, &EMPTY_ASCENT.to_be_bytes());
        put(&mut hhea, 6, &EMPTY_DESCENT.to_be_bytes());
        put(&mut hhea, 10, &EMPTY_ADVANCE.to_be_bytes());
        let mut maxp = vec![0; 32];
        put(&mut maxp, 0, &[0, 1, 0, 0]);
        put(&mut maxp, 14, &[0, 2]);
        let outlines = vec![Vec::new(); self.glyphs.len()];
        assemble(own_tables(head, hhea, maxp, &outlines, self.glyphs.iter().map(|_| (EMPTY_ADVANCE, 0))))
    }
}

type Table = ([u8; 4], Vec<u8>);

/// The tables that name or number glyphs.
fn own_tables(
    mut head: Vec<u8>,
    mut hhea: Vec<u8>,
    mut maxp: Vec<u8>,
    outlines: &[Vec<u8>],
    metrics: impl Iterator<Item = (u16, u16)>,
) -> Vec<Table> {
    let count = u16::try_from(outlines.len()).unwrap_or(u16::MAX);
    // Long offsets; the sum over all of the file is left out, as readers of PDF do without.
    put(&mut head, 50, &[0, 1]);
    put(&mut head, 8, &[0; 4]);
    put(&mut hhea, 34, &count.to_be_bytes());
    put(&mut maxp, 4, &count.to_be_bytes());
    let (mut glyf, mut loca) = (Vec::<u8>::new(), Vec::new());
    for outline in outlines {
        loca.extend(length(&glyf).to_be_bytes());
        glyf.extend(outline);
        glyf.resize(glyf.len().next_multiple_of(4), 0);
    }
    loca.extend(length(&glyf).to_be_bytes());
    // An empty table would be taken for a missing one.
    glyf.resize(glyf.len().max(4), 0);
    let hmtx =
        metrics.flat_map(|(advance, bearing)| [advance.to_be_bytes(), bearing.to_be_bytes()]).flatten().collect();
    vec![(*b"glyf", glyf), (*b"head", head), (*b"hhea", hhea), (*b"hmtx", hmtx), (*b"loca", loca), (*b"maxp", maxp)]
}

fn assemble(mut tables: Vec<Table>) -> Vec<u8> {
    tables.sort_unstable_by_key(|(tag, _)| *tag);
    let count = u16::try_from(tables.len()).unwrap_or(0).max(1);
    let power = 1_u16 << count.ilog2();
    let mut out = vec![0, 1, 0, 0];
    for field in [count, 16 * power, u16::try_from(count.ilog2()).unwrap_or(0), 16 * (count - power)] {
        out.extend(field.to_be_bytes());
    }
    let mut at = 12 + 16 * tables.len();
    for (tag, table) in &tables {
        let words = table.chunks(4).map(|word| {
            let mut whole = [0; 4];
            whole.iter_mut().zip(word).for_each(|(to, from)| *to = *from);
            u32::from_be_bytes(whole)
        });
        let sum = words.fold(0_u32, u32::wrapping_add);
        out.extend(tag);
        out.extend(sum.to_be_bytes());
        out.extend(u32::try_from(at).unwrap_or(0).to_be_bytes());
        out.extend(length(table).to_be_bytes());
        at += table.len().next_multiple_of(4);
    }
    for (_, table) in tables {
        out.extend(table);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}

fn length(table: &[u8]) -> u32 {
    u32::try_from(table.len()).unwrap_or(u32::MAX)
}

fn put(table: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(room) = table.get_mut(at..at + bytes.len()) {
        room.copy_from_slice(bytes);
    }
}

/// 0 beyond the end.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|two| two.try_into().ok()).map_or(0, u16::from_be_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
}
