//! Pictures: documents that are one, and those that stand in other documents.
//!
//! A picture is brought onto the fax grid by area ([`resample`]) and made black and white by what it shows ([`ink`]): strokes by
//! a threshold midway between them and the ground they stand on, grounds flattened to white or black, photographs by a
//! halftone. Pictures of one bit ([`runs`]) are strokes on white ([`strokes`]) unless they are dithered. [`place`] does this for
//! a picture on a page, whoever draws the page. Scans that lie askew ([`skew`]) are then laid [`straight`].

mod areas;
mod codes;
mod decode;
mod ground;
mod ink;
mod resample;
mod runs;
mod skew;
mod specks;
mod straight;
mod strokes;
mod tone;

use ferrofax_fax::page::{Bitmap, Resolution, Rows, WIDTH_PELS};

use crate::geometry::Placement;
use crate::{Note, Output, Paper, RenderError};
use decode::{Decoded, decode};
use resample::OnGrid;
pub(crate) use straight::{Frame, straightened};

const MM_PER_INCH: f64 = 25.4;

/// A picture as it is stored: rows from top to bottom, of pixels from left to right.
#[derive(Clone)]
pub(crate) struct Raster {
    /// Pixels in a row.
    pub(crate) width: u32,
    /// Rows.
    pub(crate) height: u32,
    /// How light each pixel is: 0 is black.
    pub(crate) luma: Vec<u8>,
    /// The lowest of red, green and blue, of pictures with saturated colours: yellow print is light, but no paper.
    pub(crate) least: Option<Vec<u8>>,
    /// How opaque each pixel is; without it all are.
    pub(crate) alpha: Option<Vec<u8>>,
}

impl Raster {
    /// A picture of one value a pixel. Pixels that are missing are white.
    pub(crate) fn grey(width: u32, height: u32, luma: Vec<u8>) -> Raster {
        Raster { width, height, luma, least: None, alpha: None }
    }

    /// A picture of red, green and blue. Pixels that are missing are white.
    pub(crate) fn rgb(width: u32, height: u32, rgb: &[u8]) -> Raster {
        let (pixels, _) = rgb.as_chunks::<3>();
        let luma = pixels.iter().map(|&[red, green, blue]| luma(red, green, blue)).collect();
        let coloured = pixels.iter().any(|&pixel| is_saturated(pixel));
        let least = coloured.then(|| pixels.iter().map(|&[red, green, blue]| red.min(green).min(blue)).collect());
        Raster { width, height, luma, least, alpha: None }
    }
}

/// ITU-R BT.601 luma.
pub(crate) fn luma(red: u8, green: u8, blue: u8) -> u8 {
    ((u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29 + 128) >> 8) as u8
}

/// Far from grey, so that luma alone says too little about it.
fn is_saturated([red, green, blue]: [u8; 3]) -> bool {
    red.max(green).max(blue) - red.min(green).min(blue) > 64
}

/// What came of a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Placed {
    /// A part of it is a photograph and has dots.
    pub(crate) tone: bool,
    /// The dots are coarser than they might be, to keep the page short.
    pub(crate) coarsened: bool,
}

/// Puts a picture into a page, black and white by what it shows. `transform` maps the picture's pixels to pels and rows of the
/// page, as `[a b c d e f]`: `x' = a·x + c·y + e`, `y' = b·x + d·y + f`. With a `clip`, only where that is black is the page changed.
pub(crate) fn place(
    raster: &Raster,
    transform: [f64; 6],
    resolution: Resolution,
    target: &mut Bitmap,
    clip: Option<&Bitmap>,
) -> Placed {
    let Some(mut on_grid) = resample::resample(raster, transform, target.width(), target.rows()) else {
        return Placed::default();
    };
    if is_two_tone(raster) {
        specks::clear(&mut on_grid, transform, resolution);
    }
    ink::paint(&on_grid, resolution, target, clip)
}

/// Black and white, however it is stored.
fn is_two_tone(raster: &Raster) -> bool {
    raster.luma.iter().all(|luma| matches!(luma, 0 | 255))
}

/// A picture on the fax grid, as grey. `None` if nothing of it is on a page of this size.
pub(crate) fn on_grid(raster: &Raster, transform: [f64; 6], columns: u16, rows: u32) -> Option<OnGrid> {
    resample::resample(raster, transform, columns, rows)
}

/// As [`place`], for a picture of one bit a pixel, given as its black runs.
pub(crate) fn place_runs(runs: &Rows, transform: [f64; 6], resolution: Resolution, target: &mut Bitmap) -> Placed {
    let Some(mut on_grid) = runs_on_grid(runs, transform, target) else { return Placed::default() };
    if paint_strokes(&mut on_grid, runs, transform, resolution, target) {
        return Placed::default();
    }
    ink::paint(&on_grid, resolution, target, None)
}

/// As [`place_runs`]; false, and nothing to be seen, for what is dithered.
pub(crate) fn place_strokes(runs: &Rows, transform: [f64; 6], resolution: Resolution, target: &mut Bitmap) -> bool {
    runs_on_grid(runs, transform, target)
        .is_none_or(|mut on_grid| paint_strokes(&mut on_grid, runs, transform, resolution, target))
}

fn runs_on_grid(runs: &Rows, transform: [f64; 6], target: &Bitmap) -> Option<OnGrid> {
    let (columns, rows) = (target.width(), target.rows());
    runs::resample(runs, transform, columns, rows)
        .or_else(|| resample::resample(&runs::widened(runs), transform, columns, rows))
}

/// Without specks; false for what is dithered, whose dots are none.
fn paint_strokes(
    on_grid: &mut OnGrid,
    runs: &Rows,
    transform: [f64; 6],
    resolution: Resolution,
    target: &mut Bitmap,
) -> bool {
    let specks = specks::clear_runs(on_grid, runs, transform, resolution);
    let done = strokes::paint(on_grid, pixel(transform), resolution, target);
    if !done {
        specks.put_back(on_grid);
    }
    done
}

/// How many pels a pixel is wide and rows high.
fn pixel([a, b, c, d, _, _]: [f64; 6]) -> (f64, f64) {
    (a.hypot(c), b.hypot(d))
}

pub(crate) fn render(document: &[u8], out: &mut Output<'_>) -> Result<(), RenderError> {
    let number = out.page();
    let Decoded { raster, dpi, orientation } = crate::guarded(Some(number), || decode(document, &out.options.limits))??;
    sheet(&Sheet { pels: Pels::Grey(raster), dpi, orientation }, out)
}

/// A picture that is a page of a document.
pub(crate) struct Sheet<'a> {
    pub(crate) pels: Pels<'a>,
    pub(crate) dpi: Dpi,
    /// The field Orientation of TIFF 6.0 and EXIF.
    pub(crate) orientation: u8,
}

/// What a picture is made of.
pub(crate) enum Pels<'a> {
    /// Anything.
    Grey(Raster),
    /// Black strokes on white.
    Runs(&'a Rows),
}

/// Hands out a page with one picture on it, centred across the line: in its true size, or what is likely to be that.
pub(crate) fn sheet(picture: &Sheet<'_>, out: &mut Output<'_>) -> Result<(), RenderError> {
    let options = out.options;
    let (width, height, line_art) = match &picture.pels {
        Pels::Grey(raster) => (f64::from(raster.width), f64::from(raster.height), false),
        Pels::Runs(rows) => (f64::from(rows.width()), f64::from(rows.len()), true),
    };
    if width == 0.0 || height == 0.0 {
        return Err(RenderError::Damaged { page: Some(out.page()), what: "its size" });
    }
    let turned = picture.orientation >= 5;
    let (dpi_x, dpi_y) = plausible(picture.dpi).unwrap_or_else(|| guessed((width, height), line_art, options.paper));
    let stored_mm = (width / dpi_x * MM_PER_INCH, height / dpi_y * MM_PER_INCH);
    let seen_mm = if turned { (stored_mm.1, stored_mm.0) } else { stored_mm };
    let on_paper = Placement::new(seen_mm.0, seen_mm.1, options.paper, options.resolution);
    if on_paper.scale < SHRUNK {
        // A percentage below 100.
        out.summary.notes.push((out.page(), Note::Shrunk((on_paper.scale * 100.0).round() as u32)));
    }
    let (mm_x, mm_y) = (MM_PER_INCH / dpi_x, MM_PER_INCH / dpi_y);
    let (mm_x, mm_y) = if turned { (mm_y, mm_x) } else { (mm_x, mm_y) };
    let upright = upright(picture.orientation, width, height);
    let transform = joined(on_paper.coefficients(), joined([mm_x, 0.0, 0.0, mm_y, 0.0, 0.0], upright));
    let mut page = Bitmap::new(WIDTH_PELS, on_paper.rows);
    let placed = match &picture.pels {
        Pels::Grey(raster) => place(raster, transform, options.resolution, &mut page, None),
        Pels::Runs(rows) => place_runs(rows, transform, options.resolution, &mut page),
    };
    let frame = Frame { columns: (0, WIDTH_PELS.into()), rows: (0, on_paper.rows) };
    if let Pels::Grey(raster) = &picture.pels
        && !placed.tone
        && let Some(straight) = straightened(raster, transform, options.resolution, frame, &page)
    {
        page = straight;
    }
    if placed.coarsened {
        out.summary.notes.push((out.page(), Note::Coarsened));
    }
    out.push(&mut page.source(options.resolution))
}

/// Below, a picture counts as shrunk: what scanners add at the edges is not worth a word.
const SHRUNK: f64 = 0.95;

/// `a` after `b`.
fn joined(a: [f64; 6], b: [f64; 6]) -> [f64; 6] {
    let [aa, ab, ac, ad, ae, af] = a;
    let [ba, bb, bc, bd, be, bf] = b;
    [
        aa * ba + ac * bb,
        ab * ba + ad * bb,
        aa * bc + ac * bd,
        ab * bc + ad * bd,
        aa * be + ac * bf + ae,
        ab * be + ad * bf + af,
    ]
}

/// From pixels as stored to pixels as seen, by the field Orientation of TIFF 6.0 and EXIF.
fn upright(orientation: u8, width: f64, height: f64) -> [f64; 6] {
    match orientation {
        2 => [-1.0, 0.0, 0.0, 1.0, width, 0.0],
        3 => [-1.0, 0.0, 0.0, -1.0, width, height],
        4 => [1.0, 0.0, 0.0, -1.0, 0.0, height],
        5 => [0.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        6 => [0.0, 1.0, -1.0, 0.0, height, 0.0],
        7 => [0.0, -1.0, -1.0, 0.0, height, width],
        8 => [0.0, -1.0, 1.0, 0.0, 0.0, width],
        _ => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    }
}

/// Resolution as a file states it, across and down, in dots per inch.
pub(crate) type Dpi = (Option<f64>, Option<f64>);

/// Stated resolutions outside of what scanners and printers have are slips; 72 is what programs write that don't know.
fn plausible(stated: Dpi) -> Option<(f64, f64)> {
    let sane = |dpi: &f64| (73.0..=4800.0).contains(dpi) || (30.0..71.0).contains(dpi);
    match (stated.0.filter(sane), stated.1.filter(sane)) {
        (Some(x), Some(y)) => Some((x, y)),
        (Some(dpi), None) | (None, Some(dpi)) => Some((dpi, dpi)),
        (None, None) => None,
    }
}

/// The coarsest usual resolution at which the picture fits the sheet, upright or turned.
fn guessed((width, height): (f64, f64), line_art: bool, paper: Paper) -> (f64, f64) {
    const USUAL: [f64; 6] = [96.0, 150.0, 200.0, 300.0, 400.0, 600.0];
    let (area_width, area_height) = paper.area_mm();
    let fits = |dpi: f64| {
        // Scanners take the whole glass: a few millimetres more are no reason to go finer.
        let (width, height) = (width * MM_PER_INCH / dpi / 1.03, height * MM_PER_INCH / dpi / 1.03);
        (width <= area_width && height <= area_height) || (height <= area_width && width <= area_height)
    };
    // A scanner's, or a screen's.
    let usual = if line_art { USUAL.get(2..).unwrap_or_default() } else { &USUAL[..] };
    let dpi = usual.iter().copied().find(|&dpi| fits(dpi)).unwrap_or(600.0);
    (dpi, dpi)
}
