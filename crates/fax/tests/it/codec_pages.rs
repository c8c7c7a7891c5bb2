//! Pages drawn from a seed, the same each time: what faxes look like, and what codes find hard.

use ferrofax_fax::page::{Bitmap, Resolution};

/// A page and what it is.
pub struct Drawn {
    pub name: String,
    pub resolution: Resolution,
    pub bitmap: Bitmap,
}

/// Pages of every kind and of many widths.
pub fn all() -> Vec<Drawn> {
    let mut pages = Vec::new();
    let mut add = |name: &str, resolution, bitmap: Bitmap| {
        pages.push(Drawn { name: format!("{name}, {} pels", bitmap.width()), resolution, bitmap });
    };
    add("letter", Resolution::Fine, letter());
    for width in [1728, 2048, 2432] {
        add("blank", Resolution::Fine, Bitmap::new(width, 50));
        add("black", Resolution::Fine, filled(width, 50, |_, _| true));
        add("one pel", Resolution::Standard, filled(width, 9, |x, y| (x, y) == (width / 2, 4)));
        add("rules", Resolution::Fine, rules(width, 400));
        add("text", Resolution::Fine, text(width, 600));
        add("text", Resolution::Standard, text(width, 301));
        add("dither", Resolution::Fine, dither(width, 100));
        add("noise", Resolution::Standard, noise(width, 40, 2));
        add("thin noise", Resolution::Fine, noise(width, 100, 100));
        add("columns", Resolution::Fine, filled(width, 11, |x, _| x % 2 == 1));
        add("checks", Resolution::Fine, filled(width, 11, |x, y| (u32::from(x) + y).is_multiple_of(2)));
        add("slope", Resolution::Fine, filled(width, 200, |x, y| (u32::from(x) + 2 * y) % 97 < 30));
    }
    for width in (1..=66).chain([127, 128, 129, 864, 1215, 1216, 2431, 2623, 2624, 5200, 7000]) {
        add("noise", Resolution::Fine, noise(width, 12, 3));
        add("thin noise", Resolution::Standard, noise(width, 12, 700));
        add("black", Resolution::Standard, filled(width, 3, |_, _| true));
    }
    pages
}

/// A letter: lines of words, a heading, a ruled table, as dense as the ITU charts are on average.
pub fn letter() -> Bitmap {
    let mut page = text(1728, 2376);
    let table = rules(1728, 500);
    for y in 0..500 {
        let Some(from) = table.row(y) else { continue };
        if let Some(to) = page.row_mut(y + 1500) {
            to.copy_from_slice(from);
        }
    }
    page
}

/// Pels by rule.
pub fn filled(width: u16, rows: u32, black: impl Fn(u16, u32) -> bool) -> Bitmap {
    let mut bitmap = Bitmap::new(width, rows);
    for y in 0..rows {
        (0..width).filter(|&x| black(x, y)).for_each(|x| bitmap.set_black(x, y));
    }
    bitmap
}

/// A grey ramp, ordered dither: the worst for run codes.
pub fn dither(width: u16, rows: u32) -> Bitmap {
    const THRESHOLDS: [[u32; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];
    filled(width, rows, |x, y| {
        THRESHOLDS[y as usize % 4][usize::from(x) % 4] < (u32::from(x) + y) * 17 / (u32::from(width) + rows)
    })
}

/// Every so many pels a black one.
fn noise(width: u16, rows: u32, one_of: u32) -> Bitmap {
    let mut seed = Seed(u64::from(width) << 32 | u64::from(one_of) | 1);
    let mut bitmap = Bitmap::new(width, rows);
    for y in 0..rows {
        (0..width).for_each(|x| {
            if seed.below(one_of) == 0 {
                bitmap.set_black(x, y);
            }
        });
    }
    bitmap
}

/// Boxes in boxes, and lines of one to four pels.
fn rules(width: u16, rows: u32) -> Bitmap {
    filled(width, rows, |x, y| {
        let (dx, dy) = (u32::from(x.min(width - 1 - x)), y.min(rows - 1 - y));
        let edge = dx.min(dy);
        (edge < 160 && edge % 40 < edge / 40 + 1) || (dy > 170 && dx > 170 && (y % 50 < 2 || u32::from(x) % 300 < 3))
    })
}

/// Lines of words of letters made of strokes.
fn text(width: u16, rows: u32) -> Bitmap {
    let mut seed = Seed(0x5eed);
    let mut bitmap = Bitmap::new(width, rows);
    let letters: Vec<[u32; 32]> = (0..40).map(|_| glyph(&mut seed)).collect();
    for line in (100..rows.saturating_sub(60)).step_by(52) {
        // Some lines are short, some are empty.
        let end = [width - 120, width - 120, width / 2, 0][seed.below(4) as usize];
        let mut x = 120;
        while x + 30 < end {
            if seed.below(6) == 0 {
                x += 20;
                continue;
            }
            let letter = letters[seed.below(40) as usize];
            for (y, row) in (line..).zip(letter) {
                (0..20).filter(|bit| row >> bit & 1 != 0).for_each(|bit| bitmap.set_black(x + bit, y));
            }
            x += 22;
        }
    }
    bitmap
}

/// A letter of 20 × 32 pels: some stems, bars and slopes, three or four pels thick.
fn glyph(seed: &mut Seed) -> [u32; 32] {
    let mut rows = [0u32; 32];
    for _ in 0..1 + seed.below(3) {
        let (at, thick) = (seed.below(16), 3 + seed.below(2));
        let stroke = (1u32 << thick) - 1;
        match seed.below(3) {
            0 => rows[4..28].iter_mut().for_each(|row| *row |= stroke << at),
            1 => rows[4 + at as usize..][..thick as usize].iter_mut().for_each(|row| *row |= 0x3fff << 2),
            _ => (0..24).for_each(|y| rows[y + 4] |= stroke << ((at + y as u32 / 2) % 16)),
        }
    }
    rows
}

struct Seed(u64);

impl Seed {
    /// Xorshift.
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 32) % u64::from(limit)) as u32
    }
}
