//! TIFF. One bit a pel in the fax codings is read by our own reader, everything else by the crate `tiff` ([`foreign`]).
//!
//! A ready-made fax page (1728 pels, the resolutions of T.4) goes through bit by bit, or by whole rows where only its lines per
//! length differ. All others are pictures ([`crate::picture`]) in their true size on the sheet, by what the file says of its
//! resolution, or a guess.

mod foreign;

use ferrofax_fax::page::{PageSource, Resolution, Rows, WIDTH_PELS, halve};
use ferrofax_fax::tiff::{Tiff, TiffError, TiffPage};

use crate::geometry::lines_per_mm;
use crate::picture::{self, Pels, Sheet};
use crate::{Output, RenderError};
use foreign::{Foreign, Picture};

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
                match picture {
                    Picture::Bits(page) => fax_page(&page, out)?,
                    Picture::Grey(sheet) => picture::sheet(&sheet, out)?,
                    Picture::Auxiliary => {}
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
    let dpi = (page.x_dpi, page.y_dpi);
    picture::sheet(&Sheet { pels: Pels::Runs(&page.rows), dpi, orientation: page.orientation }, out)
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
