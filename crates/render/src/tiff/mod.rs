//! TIFF. One bit a pel in the fax codings is read by our own reader, everything else by the crate `tiff` ([`foreign`]).
//!
//! A ready-made fax page (1728 pels, the resolutions of T.4) goes through bit by bit, or by whole rows where only its lines per
//! length differ. All other pictures are scaled by area ([`scale`]) to their true size on the sheet, by what the file says of its
//! resolution, or a guess.

mod foreign;
mod scale;

use ferrofax_fax::page::{PageSource, Resolution, Rows, WIDTH_PELS, halve};
use ferrofax_fax::tiff::{Tiff, TiffError, TiffPage};

use crate::geometry::{Placement, lines_per_mm};
use crate::two_tone::{Area, Grey, two_tone};
use crate::{Output, Paper, RenderError};
use foreign::Foreign;
use scale::scale;

const MM_PER_INCH: f64 = 25.4;
/// A ready-made page longer than this is fitted to the sheet instead: A4 and the few millimetres that scanners add.
const READY_MM_MAX: f64 = 312.0;
/// A page with more rows mended than one in so many is refused.
const ROWS_PER_BAD_ROW: u32 = 100;

pub(crate) fn render(document: &[u8], out: &mut Output<'_>) -> Result<(), RenderError> {
    let mut foreign = None;
    let ours = match Tiff::parse(document) {
        Ok(ours) => Some(ours),
        Err(TiffError::Unsupported { .. }) => None,
        Err(error) => return Err(refusal(error, None)),
    };
    for number in 0.. {
        match ours.as_ref().map(|ours| (ours.pages(), ours.page(number))) {
            Some((pages, _)) if number >= pages => break,
            Some((_, Ok(page))) => fax_page(&page, out)?,
            Some((_, Err(TiffError::Unsupported { .. }))) | None => {
                let foreign = match &mut foreign {
                    Some(foreign) => foreign,
                    none => none.insert(Foreign::open(document, &out.options.limits)?),
                };
                let number_out = out.page();
                let Some(picture) = crate::guarded(Some(number_out), || foreign.page(number, number_out))?? else {
                    break;
                };
                if !picture.auxiliary {
                    let (size, pels) = ((picture.luma.width, picture.luma.height), &picture.luma.pels);
                    let shape = Shape { size, dpi: picture.dpi, orientation: picture.orientation, tone: picture.tone };
                    place(&shape, out, |y, row| {
                        if let Some(from) = pels.get(y * size.0..(y + 1) * size.0) {
                            row.copy_from_slice(from);
                        }
                    })?;
                }
            }
            Some((_, Err(error))) => return Err(refusal(error, Some(out.page()))),
        }
    }
    Ok(())
}

fn refusal(error: TiffError, page: Option<u32>) -> RenderError {
    match error {
        TiffError::Damaged { what } => RenderError::Damaged { page, what },
        TiffError::Unsupported { what } => RenderError::Unsupported { what },
        TiffError::TooBig { of, .. } => RenderError::TooBig { what: of },
    }
}

/// Resolution as a file states it, across and down, in dots per inch.
type Dpi = (Option<f64>, Option<f64>);

fn fax_page(page: &TiffPage, out: &mut Output<'_>) -> Result<(), RenderError> {
    if page.auxiliary {
        return Ok(());
    }
    if page.bad_rows > page.rows.len() / ROWS_PER_BAD_ROW {
        return Err(RenderError::Damaged { page: Some(out.page()), what: "its code" });
    }
    if let Some(resolution) = ready_made(page) {
        return pass(&page.rows, resolution, out);
    }
    let width = usize::from(page.rows.width());
    let shape = Shape {
        size: (width, page.rows.len() as usize),
        dpi: (page.x_dpi, page.y_dpi),
        orientation: page.orientation,
        tone: false,
    };
    place(&shape, out, |y, row| {
        row.fill(255);
        for run in page.rows.row(y as u32).unwrap_or_default().chunks(2) {
            let from = run.first().map_or(width, |&at| usize::from(at));
            let to = run.get(1).map_or(width, |&at| usize::from(at));
            if let Some(black) = row.get_mut(from..to) {
                black.fill(0);
            }
        }
    })
}

/// The resolution of a page that is a fax page already. 200 dpi and its multiples count as the metric resolutions they stand
/// for: rows that arrive as they were scanned are worth more than 2 % of size.
fn ready_made(page: &TiffPage) -> Option<Resolution> {
    if page.rows.width() != WIDTH_PELS || page.orientation != 1 {
        return None;
    }
    let rows = page.rows.len();
    let resolution = match (page.x_dpi, page.y_dpi) {
        (Some(x), Some(y)) => {
            if !(199.0..=206.0).contains(&x) {
                return None;
            }
            match y {
                97.0..=101.0 => Resolution::Standard,
                194.0..=202.0 => Resolution::Fine,
                388.0..=402.0 => Resolution::Superfine,
                _ => return None,
            }
        }
        // By the sheet it would fill.
        _ => match rows {
            ..=1250 => Resolution::Standard,
            1251..=2500 => Resolution::Fine,
            _ => Resolution::Superfine,
        },
    };
    (f64::from(rows) / lines_per_mm(resolution) <= READY_MM_MAX).then_some(resolution)
}

/// Hands out ready-made rows, joined or doubled where only the lines per length differ.
fn pass(rows: &Rows, from: Resolution, out: &mut Output<'_>) -> Result<(), RenderError> {
    let to = out.options.resolution;
    let mut source: Box<dyn PageSource + '_> = Box::new(rows.source(from));
    while source.resolution().lines_per_metre() > to.lines_per_metre() {
        source = Box::new(halve(source));
    }
    let times = to.lines_per_metre() / source.resolution().lines_per_metre();
    if times == 1 {
        return out.push(&mut *source);
    }
    let mut doubled = Rows::new(rows.width());
    for row in Rows::from_source(&mut *source).iter() {
        for _ in 0..times {
            doubled.push(row);
        }
    }
    out.push(&mut doubled.source(to))
}

/// What is known of a picture but its pels.
struct Shape {
    size: (usize, usize),
    dpi: Dpi,
    /// TIFF 6.0, field Orientation.
    orientation: u8,
    /// It may hold continuous tone.
    tone: bool,
}

/// Scales a picture onto the sheet. `row` writes the luma of one of its rows.
fn place(shape: &Shape, out: &mut Output<'_>, row: impl FnMut(usize, &mut [u8])) -> Result<(), RenderError> {
    let (width, height) = shape.size;
    let options = out.options;
    let dpi = plausible(shape.dpi).unwrap_or_else(|| guessed(shape, options.paper));
    let mut seen = (width as f64 / dpi.0 * MM_PER_INCH, height as f64 / dpi.1 * MM_PER_INCH);
    // What brings the rows as stored into view: mirrored first, then turned by so many quarters counter-clockwise.
    let (mirrored, quarters) = match shape.orientation {
        2 => (true, 0),
        3 => (false, 2),
        4 => (true, 2),
        5 => (true, 1),
        6 => (false, 3),
        7 => (true, 3),
        8 => (false, 1),
        _ => (false, 0),
    };
    if quarters % 2 == 1 {
        seen = (seen.1, seen.0);
    }
    let place = Placement::new(seen.0, seen.1, options.paper, options.resolution);
    let quarters = quarters + u8::from(place.turned);
    // Within the sheet but for rounding; the casts saturate.
    let across = (place.width.round() as usize).clamp(1, usize::from(WIDTH_PELS));
    let down = (place.height.round() as usize).clamp(1, place.rows as usize);
    let before_turning = if quarters % 2 == 1 { (down, across) } else { (across, down) };
    let mut scaled = scale(shape.size, before_turning, row);
    if mirrored {
        scaled = scaled.mirrored();
    }
    let scaled = scaled.turned(quarters);

    let mut grey = Grey::new(place.rows, options.resolution);
    let left = (usize::from(WIDTH_PELS) - across) / 2;
    let lines = grey.pels_mut().chunks_exact_mut(usize::from(WIDTH_PELS));
    for (to, from) in lines.zip(scaled.pels.chunks_exact(across)) {
        if let Some(to) = to.get_mut(left..left + across) {
            to.copy_from_slice(from);
        }
    }
    let picture = Area { columns: (left, left + across), rows: (0, down) };
    let pictures = if shape.tone { std::slice::from_ref(&picture) } else { &[] };
    out.push(&mut two_tone(&grey, pictures).source(options.resolution))
}

/// Stated resolutions outside of what scanners and printers have are slips.
fn plausible(stated: Dpi) -> Option<(f64, f64)> {
    let sane = |dpi: &f64| (30.0..=4800.0).contains(dpi);
    match (stated.0.filter(sane), stated.1.filter(sane)) {
        (Some(x), Some(y)) => Some((x, y)),
        (Some(dpi), None) | (None, Some(dpi)) => Some((dpi, dpi)),
        (None, None) => None,
    }
}

/// The coarsest usual resolution at which the picture fits the sheet, upright or turned.
fn guessed(shape: &Shape, paper: Paper) -> (f64, f64) {
    const LINE_ART: [f64; 4] = [200.0, 300.0, 400.0, 600.0];
    const TONE: [f64; 6] = [96.0, 150.0, 200.0, 300.0, 400.0, 600.0];
    let (area_width, area_height) = paper.area_mm();
    let (width, height) = (shape.size.0 as f64 * MM_PER_INCH, shape.size.1 as f64 * MM_PER_INCH);
    let fits = |dpi: f64| {
        // Scanners take the whole glass: a few millimetres more are no reason to go finer.
        let (width, height) = (width / dpi / 1.03, height / dpi / 1.03);
        (width <= area_width && height <= area_height) || (height <= area_width && width <= area_height)
    };
    let usual = if shape.tone { &TONE[..] } else { &LINE_ART[..] };
    let dpi = usual.iter().copied().find(|&dpi| fits(dpi)).unwrap_or(600.0);
    (dpi, dpi)
}
