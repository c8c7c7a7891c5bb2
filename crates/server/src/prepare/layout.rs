//! What is done to rendered pages before anybody's own things are added: overlay beneath, room for the header line at the top.
//!
//! Pure, and takes a few milliseconds a page: not for the threads that drive the calls' sockets.

use std::sync::Arc;

use ferrofax_api::job::OverlayMode;
use ferrofax_fax::page::{Resolution, Rows, StoredPage, halve};
use ferrofax_fax::t6::{self, StoredPageError};
use ferrofax_template::header::band_rows;

use crate::jobs::{Makeup, overlaid};

/// A page with a header line is at least so many times as long as the line's band. Only scraps are shorter, and on them there would
/// be no room but by making their content illegible.
const SHORTEST_BANDS: u32 = 4;

/// What lies under a fax's pages.
#[derive(Clone, Debug)]
pub struct Overlay {
    pub mode: OverlayMode,
    /// One for each resolution.
    pub pages: Arc<[StoredPage]>,
}

/// Why pages can't be laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LayoutError {
    /// For the customer to mend.
    #[error("the overlay can't lie under page {page}, which has another width or resolution")]
    Overlay {
        /// In the fax, from 1.
        page: u32,
    },
    /// A fault of ours.
    #[error("a page can't be laid out")]
    Page(#[from] StoredPageError),
}

/// Lays out pages of a fax that follow each other, the first of them having the number `first` (from 0) in it.
///
/// `header_lines`: 0 for none. White rows at the top then are
/// [`band_rows`] high on every page.
pub fn lay_out(
    pages: Vec<StoredPage>,
    first: u32,
    fax: Makeup,
    overlay: Option<&Overlay>,
    header_lines: u32,
) -> Result<Vec<StoredPage>, LayoutError> {
    let laid = (first..).zip(pages).map(|(number, mut page)| {
        let under = overlay.filter(|overlay| overlaid(overlay.mode, number, fax)).map(|overlay| &overlay.pages);
        // Ready-made pages may be finer than anything else here is made.
        if page.resolution == Resolution::Superfine && (under.is_some() || header_lines > 0) {
            page = t6::store(&mut halve(page.source()));
        }
        if let Some(under) = under {
            let under = under.iter().find(|under| under.resolution == page.resolution);
            let merged = under.map_or(Err(StoredPageError::Unlike), |under| t6::merge(&page, under));
            page = merged.map_err(|error| match error {
                StoredPageError::Unlike => LayoutError::Overlay { page: number.saturating_add(1) },
                error => error.into(),
            })?;
        }
        if header_lines > 0 {
            let band = band_rows(header_lines, page.resolution.lines_per_metre());
            page = t6::make_room(&at_least(page, band.saturating_mul(SHORTEST_BANDS)), band)?;
        }
        Ok(page)
    });
    laid.collect()
}

/// The page with white rows below, if it has fewer rows than this.
fn at_least(page: StoredPage, rows: u32) -> StoredPage {
    if page.rows >= rows {
        return page;
    }
    let mut longer = Rows::from_source(&mut page.source());
    while longer.len() < rows {
        longer.push(&[]);
    }
    t6::store(&mut longer.source(page.resolution))
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

#[cfg(test)]
mod tests {
    use ferrofax_fax::page::WIDTH_PELS;

    use super::*;

    /// A page with ink in these rows, from pel `x` on.
    fn page(rows: u32, resolution: Resolution, ink: &[u32], x: u16) -> StoredPage {
        let mut page = Rows::new(WIDTH_PELS);
        let black = [x, x + 100];
        (0..rows).for_each(|row| page.push(if ink.contains(&row) { &black } else { &[] }));
        t6::store(&mut page.source(resolution))
    }

    fn rows(page: &StoredPage) -> Rows {
        page.check().unwrap();
        Rows::from_source(&mut page.source())
    }

    fn fax(documents: u32) -> Makeup {
        Makeup { cover: 0, documents, first_file: documents }
    }

    #[test]
    fn an_overlay_lies_beneath_the_pages_it_is_meant_for_at_their_resolution() {
        let fine = page(200, Resolution::Fine, &[150], 500);
        let standard = page(100, Resolution::Standard, &[75], 500);
        let pages =
            vec![page(200, Resolution::Fine, &[20], 0), page(100, Resolution::Standard, &[10], 0), fine.clone()];
        let overlay = Overlay { mode: OverlayMode::AllButLastPage, pages: Arc::new([fine, standard]) };
        let laid = lay_out(pages.clone(), 0, fax(3), Some(&overlay), 0).unwrap();
        assert_eq!((rows(&laid[0]).row(20), rows(&laid[0]).row(150)), (Some(&[0, 100][..]), Some(&[500, 600][..])));
        assert_eq!((rows(&laid[1]).row(10), rows(&laid[1]).row(75)), (Some(&[0, 100][..]), Some(&[500, 600][..])));
        assert_eq!(laid[2], pages[2]);
        assert_eq!(lay_out(pages.clone(), 0, fax(3), None, 0).unwrap(), pages);
    }

    #[test]
    fn an_overlay_of_another_resolution_or_width_is_the_customers_to_mend() {
        let fine = page(200, Resolution::Fine, &[150], 500);
        let wide = StoredPage { width: 2048, ..fine.clone() };
        let standard = page(100, Resolution::Standard, &[75], 500);
        for under in [standard, wide] {
            let overlay = Overlay { mode: OverlayMode::AllButFirstPage, pages: Arc::new([under]) };
            let laid = lay_out(vec![fine.clone(), fine.clone()], 0, fax(2), Some(&overlay), 0);
            assert_eq!(laid, Err(LayoutError::Overlay { page: 2 }));
        }
    }

    #[test]
    fn a_superfine_page_steps_down_only_where_something_is_added_to_it() {
        let superfine = page(400, Resolution::Superfine, &[200], 0);
        let laid = lay_out(vec![superfine.clone()], 0, fax(1), None, 0).unwrap();
        assert_eq!(laid, std::slice::from_ref(&superfine));
        let laid = lay_out(vec![superfine], 0, fax(1), None, 1).unwrap();
        assert_eq!((laid[0].resolution, laid[0].rows), (Resolution::Fine, 200));
        assert_eq!(rows(&laid[0]).row(100), Some(&[0, 100][..]));
    }

    #[test]
    fn the_top_is_free_for_the_header_line_and_nothing_is_lost() {
        for lines in 1..=4 {
            let band = band_rows(lines, Resolution::Fine.lines_per_metre());
            for (height, ink) in [(2287, vec![0, 1000]), (2287, (0..2287).step_by(2).collect()), (30, vec![0, 29])] {
                let laid = lay_out(vec![page(height, Resolution::Fine, &ink, 7)], 0, fax(1), None, lines).unwrap();
                let laid = rows(&laid[0]);
                assert_eq!(laid.len(), height.max(band * SHORTEST_BANDS));
                assert!((0..band).all(|row| laid.row(row) == Some(&[])), "{lines} lines, {height} rows");
                assert!(laid.iter().any(|row| row == [7, 107]));
            }
        }
    }

    #[test]
    fn blank_pages_are_left_out_but_not_all_of_them() {
        let blank = || page(100, Resolution::Standard, &[], 0);
        let full = || page(100, Resolution::Standard, &[5], 0);
        let kept = without_blank(vec![vec![blank(), full(), blank()], vec![blank()], vec![full()]]);
        assert_eq!(kept, [vec![full()], vec![], vec![full()]]);
        assert_eq!(without_blank(vec![vec![blank(), blank()], vec![blank()]]), [vec![blank()]]);
        assert_eq!(without_blank(vec![]), Vec::<Vec<StoredPage>>::new());
    }
}
