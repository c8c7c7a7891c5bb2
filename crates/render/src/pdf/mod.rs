//! PDF, drawn onto the fax grid in black and white by what its objects are. `hayro` reads and interprets; nothing else in this crate
//! knows that library.
//!
//! A page is interpreted once. Our [`device`] makes a list of it ([`sheet`]): letters as stamps ([`glyphs`]), lines ([`lines`]),
//! fills and pictures ([`ground`], [`pictures`], [`bilevel`]). When all is known, each fill becomes white, black or lined by what stands on it,
//! and everything is drawn in order, straight into the 1-bit page. No grey page is made and nothing but photographs has dots.
//!
//! Refused, not guessed: a page whose content or one of whose pictures can't be decoded, or whose picture ends early.

mod bilevel;
mod device;
mod glyphs;
mod ground;
mod lines;
mod pictures;
mod sheet;
mod substitutes;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use ferrofax_fax::page::{Bitmap, WIDTH_PELS};
use hayro::hayro_interpret::font::FontQuery;
use hayro::hayro_interpret::{
    Context, Device, InterpreterCache, InterpreterSettings, InterpreterWarning, TransformExt, interpret_page,
};
use hayro::hayro_syntax::object::{Array, Stream};
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::kurbo::{Affine, Rect};

use crate::geometry::{Placement, lines_per_mm};
use crate::ink::{raster, region};
use crate::{Note, Output, RenderError, guarded};
use device::{Findings, Recorder, Tools};

/// Millimetres in a unit of PDF's user space.
const MM_PER_POINT: f64 = 25.4 / 72.0;

pub(crate) fn render(document: Vec<u8>, out: &mut Output<'_>) -> Result<(), RenderError> {
    let pdf = guarded(None, || Pdf::new(document))?.map_err(refusal)?;
    let pages = guarded(None, || pdf.pages().iter().collect::<Vec<_>>().len())?;
    if u32::try_from(pages).unwrap_or(u32::MAX) > out.options.limits.pages {
        return Err(out.too_many_pages());
    }
    let notes = Arc::new(Notes::default());
    let settings = settings(&notes);
    let cache = InterpreterCache::new();
    let mut tools = Tools::default();
    for page in pdf.pages().iter() {
        let number = out.page();
        let bitmap = guarded(Some(number), || draw(page, number, &cache, &settings, &notes, &mut tools, out))??;
        note_darkness_and_edges(&bitmap, out);
        out.push(&mut bitmap.source(out.options.resolution))?;
    }
    Ok(())
}

fn refusal(error: LoadPdfError) -> RenderError {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => RenderError::PasswordProtected,
        LoadPdfError::Decryption(DecryptionError::UnsupportedAlgorithm) => {
            RenderError::Unsupported { what: "this encryption" }
        }
        LoadPdfError::Decryption(_) => RenderError::Damaged { page: None, what: "encryption" },
        LoadPdfError::Invalid => RenderError::Damaged { page: None, what: "not a readable PDF" },
    }
}

/// What the library tells while it works.
#[derive(Default)]
struct Notes {
    undecoded: AtomicBool,
    fonts_missing: AtomicU32,
}

fn settings(notes: &Arc<Notes>) -> InterpreterSettings {
    let warned = Arc::clone(notes);
    let asked = Arc::clone(notes);
    InterpreterSettings {
        warning_sink: Arc::new(move |warning| match warning {
            InterpreterWarning::ImageDecodeFailure => warned.undecoded.store(true, Ordering::Relaxed),
            InterpreterWarning::UnsupportedFont => {
                warned.fonts_missing.fetch_add(1, Ordering::Relaxed);
            }
            // An annotation's appearance that could not be found.
            _ => {}
        }),
        font_resolver: Arc::new(move |query| match query {
            FontQuery::Standard(font) => substitutes::standard(*font),
            FontQuery::Fallback(wanted) => {
                let found = substitutes::named(wanted);
                // Then nearly every character of an East Asian font is missing.
                if found.is_none() {
                    asked.fonts_missing.fetch_add(1, Ordering::Relaxed);
                }
                found.or_else(|| Some(wanted.pick_standard_font().get_font_data()))
            }
        }),
        ..InterpreterSettings::default()
    }
}

fn draw<'a>(
    page: &'a Page<'a>,
    number: u32,
    cache: &InterpreterCache<'a>,
    settings: &InterpreterSettings,
    notes: &Notes,
    tools: &mut Tools,
    out: &mut Output<'_>,
) -> Result<Bitmap, RenderError> {
    let damaged = |what| RenderError::Damaged { page: Some(number), what };
    if !content_is_readable(page) {
        return Err(damaged("its content"));
    }
    let (width, height) = page.render_dimensions();
    let unit = page.raw().get::<f32>("UserUnit").filter(|unit| unit.is_finite() && *unit > 0.0).unwrap_or(1.0);
    let mm = MM_PER_POINT * f64::from(unit);
    let (width_mm, height_mm) = (f64::from(width) * mm, f64::from(height) * mm);
    // From a point to ten times the largest sheet the format allows without `UserUnit`.
    if ![width_mm, height_mm].iter().all(|side| (0.3..=50_800.0).contains(side)) {
        return Err(damaged("its size"));
    }
    let options = out.options;
    let place = Placement::new(width_mm, height_mm, options.paper, options.resolution);
    let transform = Affine::new(place.coefficients()) * Affine::scale(mm) * page.initial_transform(true).to_kurbo();

    let target = Rect::new(0.0, 0.0, f64::from(WIDTH_PELS), f64::from(place.rows));
    let mut context = Context::new(transform, target, cache, page.xref(), settings.clone());
    let resources = page.resources();
    tools.transfer_functions =
        bilevel::has_transfer_functions([&resources.ext_g_states, &resources.x_objects, &resources.patterns]);
    let mut recorder = Recorder::new(place.rows, options.resolution, tools);
    let crop_box = page.intersected_crop_box();
    let crop_box = Rect::new(crop_box.x0, crop_box.y0, crop_box.x1, crop_box.y1);
    if !transform.transform_rect_bbox(crop_box).inflate(0.01, 0.01).contains_rect(target) {
        // Placements turn by quarters only.
        recorder.push_clip_rect(&transform.transform_rect_bbox(crop_box));
    }
    interpret_page(page, &mut context, &mut recorder);
    if notes.undecoded.swap(false, Ordering::Relaxed) {
        return Err(damaged("a picture can't be decoded"));
    }
    let findings = recorder.findings;
    if findings.huge_picture {
        return Err(RenderError::TooBig { what: "a picture" });
    }
    if findings.short_picture {
        return Err(damaged("a picture ends early"));
    }
    out.missing(findings.missing_glyphs + notes.fonts_missing.swap(0, Ordering::Relaxed));
    note(findings, &place, number, out);
    Ok(recorder.finish())
}

/// Below, a page counts as shrunk: what a printer's margin or a rounded paper size takes is not worth a word.
const SHRUNK: f64 = 0.95;
/// So much of a page's text must be small to be worth a word.
const SMALL_LETTERS: u32 = 20;

fn note(findings: Findings, place: &Placement, number: u32, out: &mut Output<'_>) {
    let notes = &mut out.summary.notes;
    if place.scale < SHRUNK {
        // A percentage below 100.
        notes.push((number, Note::Shrunk((place.scale * 100.0).round() as u32)));
    }
    if findings.small_letters >= SMALL_LETTERS {
        notes.push((number, Note::SmallText));
    }
    if findings.coarsened {
        notes.push((number, Note::Coarsened));
    }
}

/// More than this share of a page black is dark.
const DARK: f64 = 0.35;
/// What far machines may not print at the sides, above and below, in millimetres.
const MARGIN_MM: f64 = 3.0;

fn note_darkness_and_edges(page: &Bitmap, out: &mut Output<'_>) {
    let number = out.page();
    let (words, rest) = page.as_bytes().as_chunks::<8>();
    let black: u32 =
        words.iter().map(|word| u64::from_ne_bytes(*word)).filter(|word| *word != 0).map(u64::count_ones).sum();
    let black = black + rest.iter().map(|byte| byte.count_ones()).sum::<u32>();
    let pels = f64::from(page.rows()) * f64::from(page.width());
    if f64::from(black) > pels * DARK {
        out.summary.notes.push((number, Note::TooDark));
    }
    let band = (MARGIN_MM * lines_per_mm(out.options.resolution)) as u32;
    // Sides of the paper, which is narrower than the line.
    let (paper_mm, _) = out.options.paper.area_mm();
    let side_mm = (crate::geometry::LINE_MM - paper_mm) / 2.0 + MARGIN_MM;
    let side = (side_mm * crate::geometry::PELS_PER_MM / 8.0) as usize;
    let is_near = |y: u32| {
        let row = page.row(y).unwrap_or_default();
        let ink = |bytes: Option<&[u8]>| bytes.is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0));
        if y < band || y + band >= page.rows() {
            ink(Some(row))
        } else {
            ink(row.get(..side)) || ink(row.get(row.len().saturating_sub(side)..))
        }
    };
    if (0..page.rows()).any(is_near) {
        out.summary.notes.push((number, Note::NearEdge));
    }
}

/// ITU-R BT.601 luma.
pub(crate) fn luma(red: u8, green: u8, blue: u8) -> u8 {
    ((u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114 + 500) / 1000) as u8
}

/// The library shows a page whose content stream can't be decoded as an empty one; we don't.
fn content_is_readable(page: &Page<'_>) -> bool {
    let contents = page.raw();
    if let Some(stream) = contents.get::<Stream<'_>>("Contents") {
        stream.decoded_data().is_ok()
    } else if let Some(streams) = contents.get::<Array<'_>>("Contents") {
        streams.iter::<Stream<'_>>().all(|stream| stream.decoded_data().is_ok())
    } else {
        true
    }
}
