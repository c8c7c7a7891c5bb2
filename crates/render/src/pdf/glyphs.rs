//! Letters as black and white stamps, made once per font, size and place within a pel.
//!
//! A letter is fitted to the rows of the page by its font's hints, so that its bars lie on whole rows and its height is the same
//! wherever it stands; across, it may begin at any quarter of a pel. It is made for the resolution at hand: LOW letters are drawn
//! for 98 lines to the inch, not thinned from 196.

use std::collections::HashMap;
use std::rc::Rc;

use ferrofax_fax::page::{Bitmap, WIDTH_PELS};
use hayro::hayro_interpret::FillRule;
use hayro::hayro_interpret::font::{GlyphId, HintingCache, OutlineGlyph};
use hayro::kurbo::Affine;

use super::raster::{Bounds, Ink, Raster, each_ink_run};
use super::region::{Region, Run};

/// Places within a pel that are told apart.
const PHASES: f64 = 4.0;
/// Larger letters are shapes, in rows and in pels.
pub(super) const SIDE_MAX: i32 = 1024;
/// What the stamps of a document may take, in words of 64 pels.
const WORDS_MAX: usize = 2_000_000;
/// A letter's hints are heeded at these sizes, in rows per em.
const HINTED_ROWS: std::ops::RangeInclusive<f64> = 4.0..=200.0;

/// A letter in black and white.
#[derive(Debug)]
pub(super) struct Stamp {
    /// From the letter's place to the first column and row.
    left: i32,
    top: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    /// Words in a row.
    stride: usize,
    words: Vec<u64>,
    pub(super) ink: u32,
    /// The font has no such letter, or an empty one.
    pub(super) missing: bool,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    glyph: u128,
    shape: [u32; 4],
    phase: (u8, u8),
}

#[derive(Default)]
pub(super) struct Stamps {
    stamps: HashMap<Key, Option<Rc<Stamp>>>,
    hinting: HintingCache,
    words: usize,
}

impl Stamps {
    /// The stamp of a letter and the pel it goes to. `None` if it is too large for one.
    pub(super) fn stamp(
        &mut self,
        glyph: &OutlineGlyph,
        transform: Affine,
        hint: bool,
        raster: &mut Raster,
    ) -> Option<(Rc<Stamp>, i32, i32)> {
        let [a, b, c, d, e, f] = transform.as_coeffs();
        if ![a, b, c, d, e, f].iter().all(|value| value.is_finite()) || e.abs() > 1e6 || f.abs() > 1e6 {
            return None;
        }
        let rows_per_em = d.abs() * 1000.0;
        let hinted = hint && b == 0.0 && HINTED_ROWS.contains(&rows_per_em);
        let (column, phase_x) = place(e, PHASES);
        let (row, phase_y) = if hinted { (f.round(), 0) } else { place(f, PHASES) };
        // Within a million.
        let (column, row) = (column as i32, row as i32);
        let key = Key {
            glyph: glyph.identifier().cache_key(),
            shape: [a, b, c, d].map(|value| (value as f32).to_bits()),
            phase: (phase_x, phase_y),
        };
        if let Some(stamp) = self.stamps.get(&key) {
            return stamp.clone().map(|stamp| (stamp, column, row));
        }
        if self.words > WORDS_MAX {
            self.stamps.clear();
            self.words = 0;
        }
        let outline = if hinted { glyph.hinted_outline(rows_per_em as f32, &self.hinting) } else { None };
        let fitted = outline.is_some();
        let outline = outline.unwrap_or_else(|| glyph.outline());
        let missing = outline.is_empty() || glyph.glyph_id() == GlyphId::NOTDEF;
        // A font without hints stands where it stands.
        let shift = if hinted && !fitted { f - f.round() } else { f64::from(phase_y) / PHASES };
        let transform = Affine::new([a, b, c, d, f64::from(phase_x) / PHASES, shift]);
        let path = outline.iter().map(|element| transform * element);
        let within = Bounds { columns: (-SIDE_MAX, SIDE_MAX), rows: (-SIDE_MAX, SIDE_MAX) };
        let stamp = match raster.cover(path, FillRule::NonZero, within) {
            None => Some(Stamp { left: 0, top: 0, width: 0, height: 0, stride: 0, words: Vec::new(), ink: 0, missing }),
            Some(cover) => {
                let bounds = cover.bounds;
                let touches = bounds.columns.0 == within.columns.0
                    || bounds.columns.1 == within.columns.1
                    || bounds.rows.0 == within.rows.0
                    || bounds.rows.1 == within.rows.1;
                (!touches).then(|| {
                    let (width, height) = (bounds.columns.1 - bounds.columns.0, bounds.rows.1 - bounds.rows.0);
                    // Positive, and twice `SIDE_MAX` at most.
                    let stride = (width as usize).div_ceil(64);
                    let mut words = vec![0u64; stride * height as usize];
                    let mut ink = 0;
                    each_ink_run(&cover, LETTER, width as usize, |y, from, to| {
                        ink += (to - from) as u32;
                        for x in from..to {
                            if let Some(word) = words.get_mut(y * stride + x / 64) {
                                *word |= 1 << 63 >> (x % 64);
                            }
                        }
                    });
                    Stamp { left: bounds.columns.0, top: bounds.rows.0, width, height, stride, words, ink, missing }
                })
            }
        };
        let stamp = stamp.map(Rc::new);
        self.words += stamp.as_ref().map_or(0, |stamp| stamp.words.len()) + 16;
        self.stamps.insert(key, stamp.clone());
        stamp.map(|stamp| (stamp, column, row))
    }
}

/// What coverage makes ink of a letter.
const LETTER: Ink = Ink { enough: 116, ridge: 40 };

/// The pel a place lies in, and which part of it.
fn place(at: f64, phases: f64) -> (f64, u8) {
    let quantised = (at * phases).round();
    let pel = (quantised / phases).floor();
    // Less than `phases`.
    (pel, (quantised - pel * phases) as u8)
}

/// How a stamp is put on a page.
pub(super) enum Stroke<'a> {
    Black,
    White,
    /// Black where this is white and the other way about.
    Against(&'a Bitmap),
}

impl Stamp {
    /// Columns and rows it covers at a place, whether on the page or not.
    pub(super) fn extent(&self, x: i32, y: i32) -> ((i32, i32), (i32, i32)) {
        let (left, top) = (x + self.left, y + self.top);
        ((left, left + self.width), (top, top + self.height))
    }

    /// Puts it on the page. What lies beyond the edges is left out.
    pub(super) fn put(&self, x: i32, y: i32, page: &mut Bitmap, how: &Stroke<'_>) {
        let left = x + self.left;
        if left >= i32::from(WIDTH_PELS) || left + self.width <= 0 || self.stride == 0 {
            return;
        }
        for (row, words) in (y + self.top..).zip(self.words.chunks_exact(self.stride)) {
            let Ok(row) = u32::try_from(row) else { continue };
            let ground = match how {
                Stroke::Against(ground) => ground.row(row),
                _ => None,
            };
            let Some(to) = page.row_mut(row) else { return };
            let mut start = left;
            for &word in words {
                put_word(to, ground, start, word, how);
                start += 64;
            }
        }
    }

    /// As runs, cut to the page.
    pub(super) fn region(&self, x: i32, y: i32) -> Region {
        let left = x + self.left;
        let mut runs = Vec::new();
        for (row, words) in (y + self.top..).zip(self.words.chunks_exact(self.stride.max(1))) {
            let Ok(row) = u32::try_from(row) else { continue };
            let is_black = |at: i32| {
                let at = at as usize;
                words.get(at / 64).is_some_and(|word| word & (1 << 63 >> (at % 64)) != 0)
            };
            let mut at = 0;
            while at < self.width {
                if !is_black(at) {
                    at += 1;
                    continue;
                }
                let from = at;
                while at < self.width && is_black(at) {
                    at += 1;
                }
                let clamp = |x: i32| u16::try_from(x.clamp(0, i32::from(WIDTH_PELS))).unwrap_or(0);
                let run: Run = (clamp(left + from), clamp(left + at));
                runs.push((row, run));
            }
        }
        Region::of_runs(runs)
    }
}

/// Puts 64 pels that begin at column `start`, which may lie before the page's edge.
fn put_word(row: &mut [u8], ground: Option<&[u8]>, start: i32, word: u64, how: &Stroke<'_>) {
    if word == 0 || start <= -64 {
        return;
    }
    // Shifted into place: eight bytes and one more.
    let wide =
        if start < 0 { u128::from(word << (-start) as u32) << 64 } else { u128::from(word) << 64 >> (start % 8) };
    let first = start.max(0) as usize / 8;
    for (at, bits) in (first..).zip(wide.to_be_bytes().into_iter().take(9)) {
        if bits == 0 {
            continue;
        }
        let Some(to) = row.get_mut(at) else { return };
        match how {
            Stroke::Black => *to |= bits,
            Stroke::White => *to &= !bits,
            Stroke::Against(_) => {
                let under = ground.and_then(|ground| ground.get(at)).copied().unwrap_or(0);
                *to = *to & !bits | bits & !under;
            }
        }
    }
}
