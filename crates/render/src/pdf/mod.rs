//! PDF, drawn by `hayro` onto the fax grid. Nothing else in this crate knows that library.
//!
//! A page is interpreted twice: first by a device of ours that draws nothing but notes where pictures lie and which characters
//! no font can show ([`survey`]), then by the library's own, which draws the crop box through the affine map of its
//! [`Placement`] straight into 1728 pels × rows of the sheet. So the size of the bitmap never depends on the document.
//!
//! Refused, not guessed: a page whose content or one of whose pictures can't be decoded.

mod survey;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use ferrofax_fax::page::{Bitmap, WIDTH_PELS};
use hayro::hayro_interpret::font::FontQuery;
use hayro::hayro_interpret::{InterpreterSettings, InterpreterWarning, TransformExt};
use hayro::hayro_syntax::object::{Array, Stream};
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::kurbo::Affine;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};

use crate::geometry::Placement;
use crate::two_tone::{Grey, two_tone};
use crate::{Output, RenderError, guarded};

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
    let cache = RenderCache::new();
    for page in pdf.pages().iter() {
        let number = out.page();
        let bitmap = guarded(Some(number), || draw(page, number, &cache, &settings, &notes, out))??;
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
            FontQuery::Standard(font) => Some(font.get_font_data()),
            FontQuery::Fallback(wanted) => {
                // The fonts at hand are Latin; a font by character collection is nearly always an East Asian one.
                if wanted.character_collection.is_some() {
                    asked.fonts_missing.fetch_add(1, Ordering::Relaxed);
                }
                Some(wanted.pick_standard_font().get_font_data())
            }
        }),
        ..InterpreterSettings::default()
    }
}

fn draw<'a>(
    page: &'a Page<'a>,
    number: u32,
    cache: &RenderCache<'a>,
    settings: &InterpreterSettings,
    notes: &Notes,
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

    let survey = survey::survey(page, transform, settings, place.rows);
    // 4574 at most, see `Paper::rows`.
    let rows = place.rows as u16;
    let mut context = RenderContext::new(WIDTH_PELS, rows);
    render_into(page, cache, settings, &RenderSettings::default(), &mut context, transform);
    context.flush();
    let mut pixmap = Pixmap::new(WIDTH_PELS, rows);
    let white = RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..RasterizerSettings::default() };
    context.render_with(&mut pixmap, &mut Resources::default(), white);
    if notes.undecoded.swap(false, Ordering::Relaxed) {
        return Err(damaged("a picture can't be decoded"));
    }
    out.missing(survey.missing_glyphs + notes.fonts_missing.swap(0, Ordering::Relaxed));

    let mut grey = Grey::new(place.rows, options.resolution);
    for (to, from) in grey.pels_mut().iter_mut().zip(pixmap.data()) {
        *to = luma(from.r, from.g, from.b);
    }
    Ok(two_tone(&grey, &survey.pictures))
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
