//! Pages as PDF: each is its T.6 code as it is stored, put on a sheet of the page's true size.

use ferrofax_fax::page::StoredPage;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref};

use super::PELS_PER_METRE;

/// PDF's unit: 1/72 inch.
const POINTS_PER_METRE: f32 = 72.0 / 0.0254;
const PICTURE: Name<'static> = Name(b"P");

pub(super) fn encode(pages: &[StoredPage]) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let mut number = 0;
    let mut next = || {
        number += 1;
        Ref::new(number)
    };
    let (catalogue, tree) = (next(), next());
    let sheets: Vec<(Ref, Ref, Ref)> = pages.iter().map(|_| (next(), next(), next())).collect();
    pdf.catalog(catalogue).pages(tree);
    // A fax of so many pages that they can't be counted does not exist: `rendering.pages_max`.
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(sheets.iter().map(|sheet| sheet.0)).count(count);
    for (page, &(sheet, picture, content)) in pages.iter().zip(&sheets) {
        let width = f32::from(page.width) / PELS_PER_METRE as f32 * POINTS_PER_METRE;
        let height = page.rows as f32 / page.resolution.lines_per_metre() as f32 * POINTS_PER_METRE;
        let mut out = pdf.page(sheet);
        out.parent(tree).media_box(Rect::new(0.0, 0.0, width, height)).contents(content);
        out.resources().x_objects().pair(PICTURE, picture);
        out.finish();

        let (columns, rows) = (i32::from(page.width), i32::try_from(page.rows).unwrap_or(i32::MAX));
        let mut image = pdf.image_xobject(picture, &page.code);
        image.width(columns).height(rows).bits_per_component(1).filter(Filter::CcittFaxDecode);
        image.color_space().device_gray();
        // K below 0 is T.6 (PDF 32000-1, 7.4.6).
        image.decode_parms().k(-1).columns(columns).rows(rows);
        image.finish();

        let mut draw = Content::new();
        draw.transform([width, 0.0, 0.0, height, 0.0, 0.0]).x_object(PICTURE);
        pdf.stream(content, &draw.finish());
    }
    pdf.finish()
}
