//! Where a long drawing is cut into pages: never through a line of text or a picture, nor, if it can be avoided, through a row of
//! a table or what asks to be kept whole. A page that begins among the rows of a table has the table's head above them.
//!
//! Heights and places are in CSS pixels from the top of the drawing.

use hayro::kurbo::Rect;

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
    /// Heads of tables.
    pub(super) heads: Vec<Head>,
}

/// The head of a table that has more rows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Head {
    /// With the lines above and below it.
    pub(super) bounds: Rect,
    /// Where the last row ends.
    pub(super) rows_end: f64,
}

/// What a page shows: heads of tables, seen again, and a part of the drawing below them.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Page {
    pub(super) part: Span,
    /// How far below the top of the page that part begins.
    pub(super) top: f64,
    pub(super) heads: Vec<Again>,
}

/// A head that is seen again so far below the top of a page.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Again {
    pub(super) bounds: Rect,
    pub(super) top: f64,
}

impl Again {
    fn bottom(&self) -> f64 {
        self.top + self.bounds.height()
    }
}

/// A page that would be emptier than this for the sake of a whole row is not.
const FILLED_MIN: f64 = 0.5;
/// Heads are not seen again where they would take more of a page than this.
const HEADS_MAX: f64 = 0.5;

impl Spans {
    /// The pages of a drawing so high, each at most `page` high. At most `most` and one more are given.
    pub(super) fn pages(mut self, height: f64, page: f64, most: usize) -> Vec<Page> {
        let top = |span: &Span| span.top;
        self.solid.sort_by(|a, b| top(a).total_cmp(&top(b)));
        self.whole.sort_by(|a, b| top(a).total_cmp(&top(b)));
        self.forced.sort_by(f64::total_cmp);
        self.heads.sort_by(|a, b| a.bounds.y0.total_cmp(&b.bounds.y0));
        let highest = |spans: &[Span]| spans.iter().map(|span| span.bottom - span.top).fold(0.0, f64::max);
        let (highest_solid, highest_whole) = (highest(&self.solid), highest(&self.whole));
        let mut pages = Vec::new();
        let mut start = 0.0;
        while start < height && pages.len() <= most {
            let end = self.forced.iter().copied().find(|&at| at > start + 1.0).unwrap_or(height).min(height);
            let (heads, top) = self.heads_at(start, page);
            let room = page - top;
            let limit = start + room;
            let end = if end <= limit + 0.5 {
                end
            } else {
                let solid = above(&self.solid, highest_solid, start, limit, room);
                let whole = above_both(&self.solid, &self.whole, (highest_solid, highest_whole), start, limit, room);
                let cut = if whole - start >= room * FILLED_MIN { whole } else { solid };
                // One line higher than a page: there is nothing for it.
                if cut <= start + 1.0 { limit } else { cut }
            };
            pages.push(Page { part: Span { top: start, bottom: end }, top, heads });
            start = end;
        }
        pages
    }

    /// The heads of the tables among whose rows a page begins, and how high they are. The head of a table in another stands below
    /// that one's, heads of tables side by side stand side by side.
    fn heads_at(&self, start: f64, page: f64) -> (Vec<Again>, f64) {
        let mut seen: Vec<Again> = Vec::new();
        let begin = self.heads.partition_point(|head| head.bounds.y0 < start);
        for head in self.heads.get(..begin).unwrap_or_default() {
            if head.bounds.y1 > start + 0.5 || head.rows_end < start + 1.0 {
                continue;
            }
            let above =
                seen.iter().filter(|other| other.bounds.x0 < head.bounds.x1 && head.bounds.x0 < other.bounds.x1);
            let again = Again { bounds: head.bounds, top: above.map(Again::bottom).fold(0.0, f64::max) };
            if again.bottom() <= page * HEADS_MAX {
                seen.push(again);
            }
        }
        let bottom = seen.iter().map(Again::bottom).fold(0.0, f64::max);
        (seen, bottom)
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
        spans.pages(height, 100.0, 1000).iter().map(|page| page.part.bottom).collect()
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

    /// A table from `top` on: a head of 20 and ten rows of 20, with a column of its own if `left` is not that of another.
    fn table(left: f64, top: f64) -> Spans {
        let solid = (0..11).map(|row| span(top + f64::from(row) * 20.0, top + f64::from(row) * 20.0 + 20.0)).collect();
        let head = Head { bounds: Rect::new(left, top, left + 50.0, top + 20.0), rows_end: top + 220.0 };
        Spans { solid, heads: vec![head], ..Spans::default() }
    }

    fn heads(spans: Spans, height: f64) -> Vec<(f64, Vec<f64>)> {
        let page = |page: &Page| (page.top, page.heads.iter().map(|head| head.top).collect());
        spans.pages(height, 100.0, 1000).iter().map(page).collect()
    }

    #[test]
    fn a_page_that_begins_among_rows_has_less_room_by_their_head() {
        // Four rows a page, and what follows the table.
        assert_eq!(cuts(table(0.0, 0.0), 260.0), [100.0, 180.0, 260.0]);
        assert_eq!(heads(table(0.0, 0.0), 260.0), [(0.0, vec![]), (20.0, vec![0.0]), (20.0, vec![0.0])]);
        // A page that begins where the rows end, or with the head itself, has none.
        let after = Spans { forced: vec![220.0], ..table(0.0, 0.0) };
        assert_eq!(heads(after, 260.0)[2..], [(20.0, vec![0.0]), (0.0, vec![])]);
        let before = Spans { forced: vec![50.0], ..table(0.0, 50.0) };
        assert_eq!(heads(before, 130.0), [(0.0, vec![]), (0.0, vec![])]);
    }

    #[test]
    fn heads_stand_below_or_beside_each_other() {
        for (left, room, places) in [(10.0, 40.0, [0.0, 20.0]), (60.0, 20.0, [0.0, 0.0])] {
            let mut spans = table(0.0, 0.0);
            spans.heads.extend(table(left, 20.0).heads);
            assert_eq!(heads(spans, 150.0), [(0.0, vec![]), (room, places.to_vec())]);
        }
    }

    #[test]
    fn a_head_higher_than_half_a_page_is_seen_once() {
        let mut spans = table(0.0, 0.0);
        spans.heads[0].bounds.y1 = 60.0;
        assert_eq!(heads(spans, 150.0), [(0.0, vec![]), (0.0, vec![])]);
    }
}
