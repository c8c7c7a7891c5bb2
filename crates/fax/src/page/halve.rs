//! Half the lines: a fine page for a machine that has standard resolution only (architecture, decision 8).
//!
//! Row pairs are joined by OR, so a thin line or a dot that stood in one row only is kept.

use super::{PageSource, Resolution, Row};

/// Reads `source` at half its lines per length: each pair of rows becomes one that is black where either was; an odd last row
/// stands alone. A page of standard resolution has no step below and keeps the name.
pub fn halve<S: PageSource>(source: S) -> Halved<S> {
    Halved { source, upper: Row::default(), lower: Row::default() }
}

/// A page at half its lines; see [`halve`].
#[derive(Clone, Debug)]
pub struct Halved<S> {
    source: S,
    upper: Row,
    lower: Row,
}

impl<S: PageSource> PageSource for Halved<S> {
    fn width(&self) -> u16 {
        self.source.width()
    }

    fn resolution(&self) -> Resolution {
        let full = self.source.resolution();
        full.step_down().unwrap_or(full)
    }

    fn next_row(&mut self, row: &mut Row) -> bool {
        if !self.source.next_row(&mut self.upper) {
            return false;
        }
        if !self.source.next_row(&mut self.lower) {
            self.lower.changes.clear();
        }
        join(&self.upper.changes, &self.lower.changes, &mut row.changes);
        true
    }
}

/// Black where `a` or `b` is: walks both lists from left to right, and notes where the joined colour changes.
fn join(a: &[u16], b: &[u16], joined: &mut Vec<u16>) {
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
