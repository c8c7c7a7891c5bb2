//! What is done to rendered pages before anybody's own things are added: overlay beneath, room for the header line at the top.
//!
//! Pure, and takes a few milliseconds a page: not for the threads that drive the calls' sockets.

use ferrofax_api::job::OverlayMode;
use ferrofax_fax::page::{Resolution, StoredPage, halve};
use ferrofax_fax::t6::{self, StoredPageError};
use ferrofax_template::header::band_rows;

use crate::jobs::{Makeup, overlaid};

/// Lays out pages of a fax that follow each other, the first of them having the number `first` (from 0) in it.
///
/// `overlay`: the mode, and its page for each resolution. `header_lines`: 0 for none. White rows at the top then are
/// [`band_rows`] high on every page.
pub fn lay_out(
    pages: Vec<StoredPage>,
    first: u32,
    fax: Makeup,
    overlay: Option<(OverlayMode, &[StoredPage])>,
    header_lines: u32,
) -> Result<Vec<StoredPage>, StoredPageError> {
    let laid = (first..).zip(pages).map(|(number, mut page)| {
        let under = overlay.filter(|(mode, _)| overlaid(*mode, number, fax)).map(|(_, under)| under);
        // Ready-made pages may be finer than anything else here is made.
        if page.resolution == Resolution::Superfine && (under.is_some() || header_lines > 0) {
            page = t6::store(&mut halve(page.source()));
        }
        if let Some(under) = under {
            let under = under.iter().find(|under| under.resolution == page.resolution);
            page = t6::merge(&page, under.ok_or(StoredPageError::Unlike)?)?;
        }
        if header_lines > 0 {
            page = t6::make_room(&page, band_rows(header_lines, page.resolution.lines_per_metre()))?;
        }
        Ok(page)
    });
    laid.collect()
}

/// The pages of each document without those that are blank. A fax that would be left without any keeps its first.
pub fn without_blank(documents: Vec<Vec<StoredPage>>) -> Vec<Vec<StoredPage>> {
    let blank = |page: &StoredPage| page.is_blank();
    if documents.iter().flatten().all(blank) {
        let mut first = documents.into_iter().flatten().take(1);
        return first.next().map(|page| vec![vec![page]]).unwrap_or_default();
    }
    let kept = documents.into_iter().map(|pages| pages.into_iter().filter(|page| !blank(page)).collect());
    kept.collect()
}
