//! Documents made for tests, and how pages are looked at.

use std::fmt::Write as _;

use ferrofax_fax::page::{Bitmap, StoredPage};
use ferrofax_render::{Kind, Options, RenderError, Summary, render};

/// Renders; the pages as pels.
pub fn pages(
    document: impl Into<Vec<u8>>,
    kind: Kind,
    options: &Options,
) -> Result<(Vec<Bitmap>, Summary), RenderError> {
    let mut pages = Vec::new();
    let summary = render(document.into(), kind, options, &mut |page: StoredPage| {
        page.check().map_err(std::io::Error::other)?;
        assert_eq!((page.width, page.resolution), (1728, options.resolution));
        pages.push(Bitmap::from_source(&mut page.source()));
        Ok(())
    })?;
    assert_eq!(summary.pages as usize, pages.len());
    Ok((pages, summary))
}

/// Renders to exactly one page.
pub fn one_page(document: impl Into<Vec<u8>>, kind: Kind, options: &Options) -> Bitmap {
    let (mut pages, _) = pages(document, kind, options).unwrap();
    assert_eq!(pages.len(), 1);
    pages.remove(0)
}

/// A PDF of pages given as a dictionary's members and a content stream.
pub fn pdf(pages: &[(&str, &str)]) -> Vec<u8> {
    let kids: String = (0..pages.len()).map(|page| format!("{} 0 R ", page * 2 + 4)).collect();
    let mut objects = vec![
        "<</Type/Catalog /Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages /Kids [{kids}] /Count {}>>", pages.len()),
        "<</Type/Font /Subtype/Type1 /BaseFont/Helvetica>>".to_owned(),
    ];
    for (members, content) in pages {
        let contents = objects.len() + 2;
        objects.push(format!(
            "<</Type/Page /Parent 2 0 R /Contents {contents} 0 R /Resources <</Font <</F 3 0 R>>>> {members}>>"
        ));
        objects.push(format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()));
    }
    pdf_of(&objects)
}

/// A PDF of objects numbered from 1, the first of them the catalog.
pub fn pdf_of(objects: &[String]) -> Vec<u8> {
    let mut file = String::from("%PDF-1.7\n");
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
        write!(file, "{} 0 obj\n{object}\nendobj\n", number + 1).unwrap();
    }
    let start = file.len();
    write!(table, "trailer <</Size {} /Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).unwrap();
    (file + &table).into_bytes()
}

/// Millimetres as PDF points.
pub fn points(mm: f64) -> f64 {
    mm * 72.0 / 25.4
}

/// A member list for a page of this size in millimetres.
pub fn sized(width_mm: f64, height_mm: f64) -> String {
    format!("/MediaBox [0 0 {} {}]", points(width_mm), points(height_mm))
}

/// Content: a filled rectangle, in millimetres from the top left corner of a page so high.
pub fn rectangle(page_height_mm: f64, [left, top, width, height]: [f64; 4]) -> String {
    let bottom = page_height_mm - top - height;
    format!("{} {} {} {} re f\n", points(left), points(bottom), points(width), points(height))
}

/// What is black: first and last column, first and last row, the ends included.
pub fn extent(page: &Bitmap) -> Option<(u16, u16, u32, u32)> {
    let mut extent: Option<(u16, u16, u32, u32)> = None;
    for y in 0..page.rows() {
        for x in 0..page.width() {
            if page.is_black(x, y) {
                let (left, right, top, _) = extent.unwrap_or((x, x, y, y));
                extent = Some((left.min(x), right.max(x), top, y));
            }
        }
    }
    extent
}

/// Black pels within columns and rows, the ends not included.
pub fn ink(page: &Bitmap, columns: std::ops::Range<u16>, rows: std::ops::Range<u32>) -> usize {
    rows.map(|y| columns.clone().filter(|&x| page.is_black(x, y)).count()).sum()
}
