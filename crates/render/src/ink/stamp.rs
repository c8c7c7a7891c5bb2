//! Letters as black and white stamps, made once per font, size and place within a pel.
//!
//! A letter is fitted to the rows of the page by its font's hints, so that its bars lie on whole rows and its height is the same
//! wherever it stands; across, it may begin at any quarter of a pel. It is made for the resolution at hand: LOW letters are drawn
//! for 98 lines to the inch, not thinned from 196.

use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;
use std::sync::Arc;

use ferrofax_fax::page::{Bitmap, WIDTH_PELS};
use hayro::hayro_interpret::FillRule;
use hayro::kurbo::{Affine, BezPath};

use super::raster::{Bounds, Ink, Raster, each_ink_run};
use super::region::{Region, Run};

/// Places within a pel that are told apart.
const PHASES: f64 = 4.0;
/// Larger letters are shapes, in rows and in pels.
const SIDE_MAX: i32 = 1024;
/// What the stamps of a document may take, in words of 64 pels.
const WORDS_MAX: usize = 2_000_000;
/// A letter's hints are heeded at these sizes, in rows per em.
const HINTED_ROWS: std::ops::RangeInclusive<f64> = 4.0..=200.0;

/// A letter in black and white.
#[derive(Debug)]
pub(crate) struct Stamp {
    /// From the letter's place to the first column and row.
    left: i32,
    top: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
    /// Words in a row.
    stride: usize,
    words: Vec<u64>,
    pub(crate) ink: u32,
    /// The font has no such letter, or an empty one.
    pub(crate) missing: bool,
}

#[derive(PartialEq, Eq, Hash)]
struct Key<G> {
    glyph: G,
    shape: [u32; 4],
    phase: (u8, u8),
}

/// A letter's outline, y upwards, in units of which an em has a fixed number.
pub(crate) struct Outline {
    pub(crate) path: Arc<BezPath>,
    /// Its heights lie on whole rows.
    pub(crate) fitted: bool,
    /// The font has no such letter, or an empty one.
    pub(crate) missing: bool,
}

/// The stamps of a document. `G` names a letter of a font.
pub(crate) struct Stamps<G> {
    stamps: HashMap<Key<G>, Option<Rc<Stamp>>>,
    words: usize,
}

impl<G> Default for Stamps<G> {
    fn default() -> Self {
        Self { stamps: HashMap::new(), words: 0 }
    }
}

impl<G: Eq + Hash> Stamps<G> {
    /// The stamp of a letter and the pel it goes to. `None` if it is too large for one.
    ///
    /// `outline` is asked if there is none yet, with the rows of an em that it is to be fitted to. `transform` maps its units, of
    /// which `em` are an em, to pels.
    pub(crate) fn stamp(
        &mut self,
        glyph: G,
        (transform, em): (Affine, f64),
        hint: bool,
        raster: &mut Raster,
        outline: impl FnOnce(Option<f32>) -> Outline,
    ) -> Option<(Rc<Stamp>, i32, i32)> {
        let [a, b, c, d, e, f] = transform.as_coeffs();
        if ![a, b, c, d, e, f].iter().all(|value| value.is_finite()) || e.abs() > 1e6 || f.abs() > 1e6 {
            return None;
        }
        let rows_per_em = d.abs() * em;
        let hinted = hint && b == 0.0 && HINTED_ROWS.contains(&rows_per_em);
        let (column, phase_x) = place(e, PHASES);
        let (row, phase_y) = if hinted { (f.round(), 0) } else { place(f, PHASES) };
        // Within a million.
        let (column, row) = (column as i32, row as i32);
        let shape = [a, b, c, d].map(|value| (value as f32).to_bits());
        let key = Key { glyph, shape, phase: (phase_x, phase_y) };
        if let Some(stamp) = self.stamps.get(&key) {
            return stamp.clone().map(|stamp| (stamp, column, row));
        }
        if self.words > WORDS_MAX {
            self.stamps.clear();
            self.words = 0;
        }
        let outline = outline(hinted.then_some(rows_per_em as f32));
        // A font without hints stands where it stands.
        let shift = if hinted && !outline.fitted { f - f.round() } else { f64::from(phase_y) / PHASES };
        let transform = Affine::new([a, b, c, d, f64::from(phase_x) / PHASES, shift]);
        let stamp = Stamp::of(&outline, transform, raster).map(Rc::new);
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
pub(crate) enum Stroke<'a> {
    Black,
    White,
    /// Black where this is white and the other way about.
    Against(&'a Bitmap),
}

impl Stamp {
    /// `None` if it is too large.
    fn of(outline: &Outline, transform: Affine, raster: &mut Raster) -> Option<Stamp> {
        let missing = outline.missing;
        let path = outline.path.iter().map(|element| transform * element);
        let within = Bounds { columns: (-SIDE_MAX, SIDE_MAX), rows: (-SIDE_MAX, SIDE_MAX) };
        let Some(cover) = raster.cover(path, FillRule::NonZero, within) else {
            return Some(Stamp { left: 0, top: 0, width: 0, height: 0, stride: 0, words: Vec::new(), ink: 0, missing });
        };
        let Bounds { columns: (left, right), rows: (top, bottom) } = cover.bounds;
        if left == within.columns.0 || right == within.columns.1 || top == within.rows.0 || bottom == within.rows.1 {
            return None;
        }
        let (width, height) = (right - left, bottom - top);
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
        Some(Stamp { left, top, width, height, stride, words, ink, missing })
    }

    /// Columns and rows it covers at a place, whether on the page or not.
    pub(crate) fn extent(&self, x: i32, y: i32) -> ((i32, i32), (i32, i32)) {
        let (left, top) = (x + self.left, y + self.top);
        ((left, left + self.width), (top, top + self.height))
    }

    /// Puts it on the page. What lies beyond the edges is left out.
    pub(crate) fn put(&self, x: i32, y: i32, page: &mut Bitmap, how: &Stroke<'_>) {
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
    pub(crate) fn region(&self, x: i32, y: i32) -> Region {
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
