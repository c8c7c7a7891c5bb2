//! Header bands: the lines at the top of a page that say who sent it, as a page of few rows.
//!
//! A line has three parts: left, middle, right; they never overlap. Where they don't fit side by side, all of them are set
//! narrower, at the same height, which costs least of what can be read; where that is not enough, the longest part is cut and ends in
//! "…", so a short page number or date stays whole. The middle part gives way to its neighbours before anything is cut.
//! A tab leads to the next of the stops that stand every 20 mm from where the part begins.
//!
//! Text keeps 4 mm from the edges of A4 paper, which many machines can't print. See `glyph` for how letters meet the grid.

mod glyph;
mod set;

use ferrofax_fax::page::{Bitmap, Resolution, WIDTH_PELS};
use ferrofax_fax::t6;
use ferrofax_template::header::{Line, band_rows};

use crate::{RenderError, Sink, Summary};
use glyph::Grid;
use set::{Part, Setter};

/// 1728 pels in 215 mm.
const PELS_PER_METRE: f32 = 1728.0 / 0.215;
/// White at both sides of a line: A4 paper is 2.5 mm narrower than the line on each side, and 4 mm of it are often not printed.
const MARGIN_PELS: u16 = 52;
/// Between two parts of a line at least: 2 mm.
const GAP_PELS: u16 = 16;

/// The least of its width that a line is set in before it is cut, in twentieths.
const NARROWED_MIN: f32 = 14.0;

/// Draws each band and hands it out, as high as [`band_rows`] says; its last row is white.
pub fn render(bands: &[Vec<Line>], resolution: Resolution, sink: Sink<'_>) -> Result<Summary, RenderError> {
    set::with_setter(|setter| {
        let mut summary = Summary::default();
        for lines in bands {
            let page = draw(lines, resolution, setter);
            sink(t6::store(&mut page.source(resolution)))?;
            summary.pages += 1;
        }
        summary.missing_glyphs = setter.take_missing_glyphs();
        Ok(summary)
    })
}

/// Rows of an em, and rows of a line above its base line.
fn type_rows(resolution: Resolution) -> (u16, u32) {
    // Capitals are 9 rows at low resolution: three more for their marks, three for tails.
    match resolution {
        Resolution::Standard => (12, 12),
        Resolution::Fine => (25, 24),
        Resolution::Superfine => (50, 48),
    }
}

fn draw(lines: &[Line], resolution: Resolution, setter: &mut Setter) -> Bitmap {
    let rows_per_metre = resolution.lines_per_metre();
    let (em_rows, above) = type_rows(resolution);
    let em_pels = f32::from(em_rows) * PELS_PER_METRE / rows_per_metre as f32;
    let mut band = Bitmap::new(WIDTH_PELS, band_rows(lines.len() as u32, rows_per_metre));
    for (number, line) in (0..).zip(lines) {
        let base = band_rows(number, rows_per_metre) - 1 + above;
        let (parts, narrowed) = fit(line, em_pels, setter);
        let grid = Grid { em_rows, em_pels_16: (em_pels * narrowed * 16.0).round() as u16 };
        for (part, begin) in parts.iter().zip(places(&parts, narrowed)) {
            setter.draw(part, &mut band, begin, base, narrowed, grid);
        }
    }
    // Tails of the last line may reach into it, in a font that was not made for so little room.
    if let Some(last) = band.rows().checked_sub(1).and_then(|last| band.row_mut(last)) {
        last.fill(0);
    }
    band
}

/// The parts of a line, and how much of their width they are to have so that there is room for all.
fn fit(line: &Line, em: f32, setter: &mut Setter) -> ([Part; 3], f32) {
    let texts = [&line.left, &line.centre, &line.right];
    let mut parts = texts.map(|text| setter.set(text, em));
    let printed = parts.iter().filter(|part| part.width > 0.0).count();
    let room = f32::from(WIDTH_PELS - 2 * MARGIN_PELS) - f32::from(GAP_PELS) * printed.saturating_sub(1) as f32;
    let wanted: f32 = parts.iter().map(|part| part.width).sum();
    if wanted <= room {
        return (parts, 1.0);
    }
    let narrowed = (room / wanted * 20.0).floor().max(NARROWED_MIN) / 20.0;
    let room = room / narrowed;
    // Parts up to a limit stay, longer ones are cut to it. Shorter ones leave them more than an even share.
    let (mut left, mut limit) = (room, f32::INFINITY);
    let mut widths = parts.each_ref().map(|part| part.width);
    widths.sort_by(f32::total_cmp);
    for (at, width) in widths.into_iter().enumerate() {
        let share = left / (3 - at) as f32;
        if width > share {
            limit = share;
            break;
        }
        left -= width;
    }
    for (part, text) in parts.iter_mut().zip(texts) {
        if part.width > limit {
            *part = setter.cut(text, em, limit);
        }
    }
    (parts, narrowed)
}

/// Where the parts begin, in pels.
fn places(parts: &[Part; 3], narrowed: f32) -> [f32; 3] {
    let [left, centre, right] = parts.each_ref().map(|part| part.width * narrowed);
    let gap = |width: f32| if width > 0.0 { width + f32::from(GAP_PELS) } else { 0.0 };
    let (begin, end) = (f32::from(MARGIN_PELS), f32::from(WIDTH_PELS - MARGIN_PELS));
    let middle = (f32::from(WIDTH_PELS) - centre) / 2.0;
    let middle = middle.min(end - gap(right) - centre).max(begin + gap(left));
    [begin, middle, end - right]
}

#[cfg(test)]
mod tests;
