//! Pages as PDF: each is its T.6 code as it is stored, put on a sheet of the page's true size. Where a page's words are known they
//! lie beneath the picture, so that they are found and can be copied.

use ferrofax_fax::page::StoredPage;
use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str};

use super::PELS_PER_METRE;
use super::font::{EMPTY_ASCENT, EMPTY_DESCENT, Letters};

/// PDF's unit: 1/72 inch.
const POINTS_PER_METRE: f32 = 72.0 / 0.0254;
const PICTURE: Name<'static> = Name(b"P");
const FONT: Name<'static> = Name(b"F");

/// A word of a page. Its text never appears in `Debug`.
#[derive(Clone, PartialEq)]
pub struct Word {
    pub text: String,
    /// Left, top, width and height, as parts of the page's.
    pub place: [f32; 4],
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Word({:?})", self.place)
    }
}

/// A page's size on paper, in points.
pub(crate) fn size(page: &StoredPage) -> (f32, f32) {
    let width = f32::from(page.width) / PELS_PER_METRE as f32 * POINTS_PER_METRE;
    (width, page.rows as f32 / page.resolution.lines_per_metre() as f32 * POINTS_PER_METRE)
}

/// A page as a picture of the PDF, one wide and one high.
pub(crate) fn picture(pdf: &mut Pdf, picture: Ref, page: &StoredPage) {
    let (columns, rows) = (i32::from(page.width), i32::try_from(page.rows).unwrap_or(i32::MAX));
    let mut image = pdf.image_xobject(picture, &page.code);
    image.width(columns).height(rows).bits_per_component(1).filter(Filter::CcittFaxDecode);
    image.color_space().device_gray();
    // K below 0 is T.6 (PDF 32000-1, 7.4.6).
    image.decode_parms().k(-1).columns(columns).rows(rows);
    image.finish();
}

/// The words of each page, from the first on, lie beneath it; pages behind them have none.
pub(crate) fn encode(pages: &[StoredPage], words: &[Vec<Word>]) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let mut number = 0;
    let mut next = || {
        number += 1;
        Ref::new(number)
    };
    let (catalogue, tree, font) = (next(), next(), next());
    let sheets: Vec<(Ref, Ref, Ref)> = pages.iter().map(|_| (next(), next(), next())).collect();
    pdf.catalog(catalogue).pages(tree);
    // A fax of so many pages that they can't be counted does not exist: `rendering.pages_max`.
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(sheets.iter().map(|sheet| sheet.0)).count(count);
    let mut letters = Letters::unseen();
    let mut words = words.iter();
    for (page, &(sheet, drawn, content)) in pages.iter().zip(&sheets) {
        let (width, height) = size(page);
        let words = words.next().map(Vec::as_slice).unwrap_or_default();
        let mut out = pdf.page(sheet);
        out.parent(tree).media_box(Rect::new(0.0, 0.0, width, height)).contents(content);
        let mut resources = out.resources();
        resources.x_objects().pair(PICTURE, drawn);
        if !words.is_empty() {
            resources.fonts().pair(FONT, font);
        }
        resources.finish();
        out.finish();
        picture(&mut pdf, drawn, page);

        let mut draw = Content::new();
        beneath(&mut draw, words, &mut letters, (width, height));
        draw.save_state().transform([width, 0.0, 0.0, height, 0.0, 0.0]).x_object(PICTURE).restore_state();
        pdf.stream(content, &draw.finish());
    }
    if !letters.is_unused() {
        letters.write(&mut pdf, font, "Unseen", &mut next);
    }
    pdf.finish()
}

/// Each word as wide as it is in the picture, its letters of one width.
fn beneath(draw: &mut Content, words: &[Word], letters: &mut Letters, (width, height): (f32, f32)) {
    if words.is_empty() {
        return;
    }
    draw.begin_text().set_text_rendering_mode(TextRenderingMode::Invisible);
    for Word { text, place: [left, top, wide, high] } in words {
        let size = high * height;
        let natural = letters.width(text) * size;
        if size <= 0.0 || natural <= 0.0 {
            continue;
        }
        let descent = f32::from(-EMPTY_DESCENT) / f32::from(EMPTY_ASCENT - EMPTY_DESCENT);
        let base = height * (1.0 - top - high) + size * descent;
        draw.set_font(FONT, size).set_horizontal_scaling(100.0 * wide * width / natural);
        draw.set_text_matrix([1.0, 0.0, 0.0, 1.0, left * width, base]);
        // A blank, so that words do not run together when they are copied.
        draw.show(Str(&letters.encode(&format!("{text} "))));
    }
    draw.end_text();
}
