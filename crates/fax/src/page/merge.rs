//! Two pages as one: black where either is.

use super::{PageSource, Resolution, Row};

/// Lays `under` beneath `page`, top to top and left to left: black where either is. What of `under` is wider or goes on below the
/// end of `page` is left out; where it ends sooner, `page` goes on alone.
pub fn merge<P: PageSource, U: PageSource>(page: P, under: U) -> Merged<P, U> {
    Merged { page, under, upper: Row::default(), lower: Row::default() }
}

/// Two pages as one; see [`merge`].
#[derive(Clone, Debug)]
pub struct Merged<P, U> {
    page: P,
    under: U,
    upper: Row,
    lower: Row,
}

impl<P: PageSource, U: PageSource> PageSource for Merged<P, U> {
    fn width(&self) -> u16 {
        self.page.width()
    }

    fn resolution(&self) -> Resolution {
        self.page.resolution()
    }

    fn next_row(&mut self, row: &mut Row) -> bool {
        if !self.page.next_row(&mut self.upper) {
            return false;
        }
        if !self.under.next_row(&mut self.lower) {
            self.lower.changes.clear();
        }
        join(&self.upper.changes, &self.lower.changes, &mut row.changes);
        let width = self.width();
        row.changes.truncate(row.changes.partition_point(|&change| change < width));
        true
    }
}

/// Black where `a` or `b` is: walks both lists from left to right, and notes where the joined colour changes.
pub(super) fn join(a: &[u16], b: &[u16], joined: &mut Vec<u16>) {
    joined.clear();
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    let (mut a_black, mut b_black) = (false, false);
    loop {
        let column = match (a.peek(), b.peek()) {
            (Some(&x), Some(&y)) => x.min(y),
            (Some(&x), None) => x,
            (None, Some(&y)) => y,
            (None, None) => return,
        };
        let was_black = a_black || b_black;
        if a.next_if_eq(&column).is_some() {
            a_black = !a_black;
        }
        if b.next_if_eq(&column).is_some() {
            b_black = !b_black;
        }
        if was_black != (a_black || b_black) {
            joined.push(column);
        }
    }
}
