//! Where a long drawing is cut into pages: never through a line of text or a picture, nor, if it can be avoided, through a row of
//! a table or what asks to be kept whole.
//!
//! Heights and places are in CSS pixels from the top of the drawing.

/// Something that has a top and a bottom.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Span {
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// What is known about places to cut.
#[derive(Default, Debug)]
pub(super) struct Spans {
    /// Lines of text, pictures: cut only if one is higher than a page.
    pub(super) solid: Vec<Span>,
    /// Rows, blocks that ask for it, a heading with what follows: cut if one is higher than a page, or nearly.
    pub(super) whole: Vec<Span>,
    /// A page must end here.
    pub(super) forced: Vec<f64>,
}

/// A page that would be emptier than this for the sake of a whole row is not.
const FILLED_MIN: f64 = 0.5;

impl Spans {
    /// The pages of a drawing so high, each at most `page` high. At most `most` and one more are given.
    pub(super) fn pages(mut self, height: f64, page: f64, most: usize) -> Vec<Span> {
        let top = |span: &Span| span.top;
        self.solid.sort_by(|a, b| top(a).total_cmp(&top(b)));
        self.whole.sort_by(|a, b| top(a).total_cmp(&top(b)));
        self.forced.sort_by(f64::total_cmp);
        let highest = |spans: &[Span]| spans.iter().map(|span| span.bottom - span.top).fold(0.0, f64::max);
        let (highest_solid, highest_whole) = (highest(&self.solid), highest(&self.whole));
        let mut pages = Vec::new();
        let mut start = 0.0;
        while start < height && pages.len() <= most {
            let end = self.forced.iter().copied().find(|&at| at > start + 1.0).unwrap_or(height).min(height);
            let limit = start + page;
            let end = if end <= limit + 0.5 {
                end
            } else {
                let solid = above(&self.solid, highest_solid, start, limit, page);
                let whole = above_both(&self.solid, &self.whole, (highest_solid, highest_whole), start, limit, page);
                let cut = if whole - start >= page * FILLED_MIN { whole } else { solid };
                // One line higher than a page: there is nothing for it.
                if cut <= start + 1.0 { limit } else { cut }
            };
            pages.push(Span { top: start, bottom: end });
            start = end;
        }
        pages
    }
}

/// The lowest place not under `limit` that goes through none of these spans that could stand on a page by themselves.
fn above(spans: &[Span], highest: f64, start: f64, limit: f64, page: f64) -> f64 {
    let mut cut = limit;
    // Spans that begin above the limit, the lowest first; those further up than the highest is high end above the cut.
    let begin = spans.partition_point(|span| span.top < limit);
    for span in spans.get(..begin).unwrap_or_default().iter().rev() {
        if span.top + highest.min(page) <= cut {
            break;
        }
        let fits = span.bottom - span.top <= page;
        if fits && span.top < cut - 0.01 && span.bottom > cut + 0.01 {
            cut = span.top;
        }
    }
    cut.max(start)
}

fn above_both(
    solid: &[Span],
    whole: &[Span],
    (highest_solid, highest_whole): (f64, f64),
    start: f64,
    limit: f64,
    page: f64,
) -> f64 {
    let mut cut = limit;
    // Each pass moves the cut up or ends; nested rows need a few.
    for _ in 0..32 {
        let next = above(whole, highest_whole, start, above(solid, highest_solid, start, cut, page), page);
        if next >= cut - 0.01 {
            break;
        }
        cut = next;
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(top: f64, bottom: f64) -> Span {
        Span { top, bottom }
    }

    fn cuts(spans: Spans, height: f64) -> Vec<f64> {
        spans.pages(height, 100.0, 1000).iter().map(|page| page.bottom).collect()
    }

    #[test]
    fn lines_are_not_cut() {
        let solid = (0..30).map(|line| span(f64::from(line) * 15.0, f64::from(line) * 15.0 + 15.0)).collect();
        assert_eq!(cuts(Spans { solid, ..Spans::default() }, 450.0), [90.0, 180.0, 270.0, 360.0, 450.0]);
    }

    #[test]
    fn lines_beside_each_other_are_not_cut() {
        let solid = vec![span(0.0, 75.0), span(90.0, 105.0), span(80.0, 92.0)];
        assert_eq!(cuts(Spans { solid, ..Spans::default() }, 110.0), [80.0, 110.0]);
    }

    #[test]
    fn rows_are_kept_whole_if_that_leaves_no_page_half_empty() {
        let solid = vec![span(0.0, 15.0), span(70.0, 85.0), span(85.0, 100.0), span(100.0, 115.0)];
        let whole = vec![span(65.0, 120.0)];
        assert_eq!(cuts(Spans { solid: solid.clone(), whole, ..Spans::default() }, 120.0), [65.0, 120.0]);
        let whole = vec![span(20.0, 118.0)];
        assert_eq!(cuts(Spans { solid, whole, ..Spans::default() }, 120.0), [100.0, 120.0]);
    }

    #[test]
    fn what_is_higher_than_a_page_is_cut() {
        let solid = vec![span(10.0, 250.0)];
        assert_eq!(cuts(Spans { solid, ..Spans::default() }, 250.0), [100.0, 200.0, 250.0]);
    }

    #[test]
    fn pages_end_where_they_must() {
        let forced = vec![40.0, 0.0, 180.0];
        assert_eq!(cuts(Spans { forced, ..Spans::default() }, 200.0), [40.0, 140.0, 180.0, 200.0]);
    }

    #[test]
    fn no_more_pages_are_made_than_asked_for() {
        assert_eq!(Spans::default().pages(1e9, 100.0, 3).len(), 4);
        assert_eq!(Spans::default().pages(0.0, 100.0, 3).len(), 0);
    }
}
