//! Pictures in a PDF: decoded by the library, checked here for what it does not tell, and drawn by `picture`.
//!
//! The library draws a picture whose data ends early as a lower one; that is seen by its height. Samples of less than 8 bits it
//! fills up instead, so for them the data is measured. What is damaged within DCT, JPX, CCITT and JBIG2 data and decodes all the
//! same is not seen. What is plainly black and white is read by [`bilevel`].

use ferrofax_fax::page::{Bitmap, Resolution, Rows, WIDTH_PELS};
use hayro::hayro_interpret::{FillRule, ImageData, LumaData, Paint, RasterImage, StencilImage};
use hayro::hayro_syntax::object::Stream;
use hayro::kurbo::{Affine, Rect, Shape};

use super::bilevel;
use super::device::{Findings, Tools};
use super::raster::{Bounds, Cover, Ink, Raster, choose};
use super::region::Region;
use crate::picture::{self, Frame};

/// Pixels of a picture, as it claims to have them: a plan of A0 at 400 dpi. More would not fit into a process.
const PIXELS_MAX: u64 = 300_000_000;

/// A picture that is in its place.
pub(super) struct Picture {
    pub(super) region: Region,
    /// How light it is, on the whole.
    pub(super) luma: u8,
    /// All of it is: a fill, and not put anywhere.
    pub(super) plain: bool,
    /// What it was made from, if that may be the scan of a page.
    pub(super) scan: Option<Scan>,
}

/// A picture in many tones that covers much of a page.
pub(super) struct Scan {
    raster: picture::Raster,
    transform: [f64; 6],
    frame: Frame,
}

impl Scan {
    /// None if it covers less than half of the page either way.
    fn new(raster: picture::Raster, transform: Affine, region: &Region, page_rows: u32) -> Option<Scan> {
        let (columns, rows) = (region.columns(), region.rows());
        let is_large = columns.1 - columns.0 >= WIDTH_PELS / 2 && rows.end - rows.start >= page_rows / 2;
        let frame = Frame { columns: (columns.0.into(), columns.1.into()), rows: (rows.start, rows.end) };
        (is_large && region.is_rectangle()).then(|| Scan { raster, transform: transform.as_coeffs(), frame })
    }

    /// See [`picture::straightened`].
    pub(super) fn straightened(&self, resolution: Resolution, page: &Bitmap) -> Option<Bitmap> {
        picture::straightened(&self.raster, self.transform, resolution, self.frame, page)
    }
}

/// Puts a picture in black and white where it belongs, unless it is plain; what part of the page it covers.
pub(super) fn raster(
    image: &RasterImage<'_>,
    transform: Affine,
    resolution: Resolution,
    tools: &Tools,
    target: &mut Bitmap,
    findings: &mut Findings,
) -> Option<Picture> {
    let (width, height) = (image.width(), image.height());
    if is_huge(width, height, findings) {
        return None;
    }
    if !tools.transfer_functions
        && let Some(runs) = bilevel::runs(image.stream(), width, height)
    {
        findings.coarsened |= picture::place_runs(&runs, transform.as_coeffs(), resolution, target).coarsened;
        return Some(Picture {
            region: whole(transform, width, height, target.rows()),
            luma: lightness(&runs),
            plain: false,
            scan: None,
        });
    }
    if is_short(image.stream(), width, height) {
        findings.short_picture = true;
        return None;
    }
    let mut drawn = None;
    let wanted = size_on_page(transform, width, height);
    image.with_rgba(
        |data, alpha| {
            let (scale_x, scale_y) = data.scale_factors();
            let transform = transform * Affine::scale_non_uniform(scale_x.into(), scale_y.into());
            let seen_height = f64::from(data.height()) * f64::from(scale_y);
            findings.short_picture |= lacks(seen_height, height);
            let (width, height) = (data.width(), data.height());
            let mut raster = match data {
                ImageData::Luma(luma) => picture::Raster::grey(luma.width, luma.height, luma.data),
                ImageData::Rgb(rgb) => picture::Raster::rgb(rgb.width, rgb.height, &rgb.data),
            };
            let sum: u64 = raster.luma.iter().step_by(97).map(|&luma| u64::from(luma)).sum();
            let luma = (sum / (raster.luma.len() as u64 / 97 + 1)).min(255) as u8;
            let region = match &alpha {
                Some(alpha) => region_of(alpha, transform, (width, height), target.rows()),
                None => whole(transform, width, height, target.rows()),
            };
            if alpha.is_none()
                && let Some((&luma, rest)) = raster.luma.split_first()
                && rest.iter().all(|other| *other == luma)
            {
                drawn = Some(Picture { region, luma, plain: true, scan: None });
                return;
            }
            if let Some(alpha) = alpha {
                raster.alpha = Some(fitted(alpha, width, height));
            }
            let placed = picture::place(&raster, transform.as_coeffs(), resolution, target, None);
            findings.coarsened |= placed.coarsened;
            let may_be_scan = !placed.tone && raster.alpha.is_none();
            let scan = may_be_scan.then(|| Scan::new(raster, transform, &region, target.rows())).flatten();
            drawn = Some(Picture { region, luma, plain: false, scan });
        },
        Some(wanted),
    );
    drawn
}

/// A picture of one colour: where it is opaque, and its paint.
pub(super) fn stencil<'a>(
    image: &StencilImage<'a, '_>,
    transform: Affine,
    (rows, resolution): (u32, Resolution),
    findings: &mut Findings,
) -> Option<(Region, Paint<'a>)> {
    let (width, height) = (image.width(), image.height());
    if is_huge(width, height, findings) {
        return None;
    }
    let mut drawn = None;
    image.with_stencil(
        |mask, paint| {
            let (scale_x, scale_y) = mask.scale_factors;
            let transform = transform * Affine::scale_non_uniform(scale_x.into(), scale_y.into());
            findings.short_picture |= lacks(f64::from(mask.height) * f64::from(scale_y), height);
            let size = (mask.width, mask.height);
            let region = if mask.data.iter().all(|&value| value == 255) {
                whole(transform, size.0, size.1, rows)
            } else {
                let scan = scan(&mask, transform, (rows, resolution));
                scan.unwrap_or_else(|| region_of(&mask, transform, size, rows))
            };
            drawn = Some((region, paint.clone()));
        },
        Some(size_on_page(transform, width, height)),
    );
    drawn
}

/// Pixels of a mask that may be the scan of a page.
const SCAN: usize = 500_000;

/// Where strokes are in a large mask.
fn scan(mask: &LumaData, transform: Affine, (rows, resolution): (u32, Resolution)) -> Option<Region> {
    let runs = (mask.data.len() >= SCAN).then(|| bilevel::runs_of_mask(mask))??;
    let mut page = Bitmap::new(WIDTH_PELS, rows);
    picture::place_strokes(&runs, transform.as_coeffs(), resolution, &mut page).then(|| Region::of_bitmap(&page))
}

/// How light a picture of runs is, on the whole.
fn lightness(runs: &Rows) -> u8 {
    let width = u64::from(runs.width());
    let black = |row: &[u16]| -> u64 {
        row.chunks(2)
            .map(|run| run.get(1).map_or(width, |&end| end.into()) - run.first().map_or(0, |&at| at.into()))
            .sum()
    };
    let pixels = (width * u64::from(runs.len())).max(1);
    // At most 255.
    (255 - runs.iter().map(black).sum::<u64>() * 255 / pixels) as u8
}

/// Whether a picture is too large, before any of it is decoded.
fn is_huge(width: u32, height: u32, findings: &mut Findings) -> bool {
    let huge = u64::from(width) * u64::from(height) > PIXELS_MAX;
    findings.huge_picture |= huge;
    huge
}

/// More than one row in fifty is not there.
fn lacks(seen: f64, stated: u32) -> bool {
    seen < f64::from(stated) * 0.98 - 1.0
}

/// How many pels a picture is wide and high.
fn size_on_page(transform: Affine, width: u32, height: u32) -> (u32, u32) {
    let [a, b, c, d, _, _] = transform.as_coeffs();
    // Casts saturate.
    let across = (a.hypot(b) * f64::from(width)).ceil() as u32;
    let down = (c.hypot(d) * f64::from(height)).ceil() as u32;
    (across.max(1), down.max(1))
}

/// Samples of less than 8 bits, not all of which are there.
fn is_short(stream: &Stream<'_>, width: u32, height: u32) -> bool {
    let dict = stream.dict();
    let bits = dict.get::<u8>("BPC").or_else(|| dict.get::<u8>("BitsPerComponent")).unwrap_or(8);
    let ready_made = |name: &[u8]| {
        matches!(name, b"DCTDecode" | b"DCT" | b"JPXDecode" | b"CCITTFaxDecode" | b"CCF" | b"JBIG2Decode")
    };
    if bits >= 8 || filters(stream).iter().any(|name| ready_made(name)) {
        return false;
    }
    let row = (u64::from(width) * u64::from(bits)).div_ceil(8);
    // One component, at least.
    stream.decoded_data().is_ok_and(|data| {
        let rows = data.len() as u64 / row.max(1);
        lacks(rows as f64, height)
    })
}

pub(super) fn filters(stream: &Stream<'_>) -> Vec<Vec<u8>> {
    use hayro::hayro_syntax::object::{Array, Name};
    let dict = stream.dict();
    for key in ["Filter", "F"] {
        if let Some(name) = dict.get::<Name<'_>>(key) {
            return vec![name.to_vec()];
        }
        if let Some(names) = dict.get::<Array<'_>>(key) {
            return names.iter::<Name<'_>>().map(|name| name.to_vec()).collect();
        }
    }
    Vec::new()
}

/// An opaque picture's place.
fn whole(transform: Affine, width: u32, height: u32, rows: u32) -> Region {
    let pixels = Rect::new(0.0, 0.0, width.into(), height.into());
    let [a, b, c, d, _, _] = transform.as_coeffs();
    let seen = transform.transform_rect_bbox(pixels);
    let askew = (b * f64::from(width)).abs().max((c * f64::from(height)).abs());
    let unturned = (a * f64::from(width)).abs().max((d * f64::from(height)).abs());
    if askew.min(unturned) < 0.34 {
        let edge = |from: f64, to: f64, end: f64| {
            let (from, to) = (from.round(), to.round().max(from.round() + 1.0));
            (from.clamp(0.0, end), to.clamp(0.0, end))
        };
        let (left, right) = edge(seen.x0, seen.x1, WIDTH_PELS.into());
        let (top, bottom) = edge(seen.y0, seen.y1, rows.into());
        return Region::rectangle((left as u16, right as u16), (top as u32, bottom as u32));
    }
    let page = Bounds { columns: (0, WIDTH_PELS.into()), rows: (0, i32::try_from(rows).unwrap_or(0)) };
    let path = pixels.to_path(0.1);
    Raster::default().fill(path.iter().map(|element| transform * element), FillRule::NonZero, page)
}

/// Where a mask is opaque, at least half.
fn region_of(mask: &LumaData, transform: Affine, (width, height): (u32, u32), rows: u32) -> Region {
    // The mask's own pixels lie in the place of the picture's.
    let to_picture =
        Affine::scale_non_uniform(f64::from(width) / f64::from(mask.width), f64::from(height) / f64::from(mask.height));
    let light: Vec<u8> = mask.data.iter().map(|value| 255 - value).collect();
    let raster = picture::Raster::grey(mask.width, mask.height, light);
    let Some(grid) = picture::on_grid(&raster, (transform * to_picture).as_coeffs(), WIDTH_PELS, rows) else {
        return Region::rectangle((0, 0), (0, 0));
    };
    let cover: Vec<u8> = grid.luma.iter().map(|value| 255 - value).collect();
    // Within the page.
    let bounds = Bounds {
        columns: (grid.left as i32, (grid.left + grid.width) as i32),
        rows: (grid.top as i32, (grid.top + grid.height) as i32),
    };
    choose(&Cover { bounds, pels: &cover }, Ink::SHAPE)
}

/// A mask in the picture's own size.
fn fitted(mask: LumaData, width: u32, height: u32) -> Vec<u8> {
    if (mask.width, mask.height) == (width, height) {
        return mask.data;
    }
    let mut fitted = Vec::with_capacity(width as usize * height as usize);
    for y in 0..u64::from(height) {
        let from = y * u64::from(mask.height) / u64::from(height.max(1)) * u64::from(mask.width);
        for x in 0..u64::from(width) {
            let at = from + x * u64::from(mask.width) / u64::from(width.max(1));
            fitted.push(usize::try_from(at).ok().and_then(|at| mask.data.get(at)).copied().unwrap_or(255));
        }
    }
    fitted
}
