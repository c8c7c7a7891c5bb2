//! Half the lines: a fine page for a machine that has standard resolution only (architecture, decision 8).
//!
//! Row pairs are joined by OR, so a thin line or a dot that stood in one row only is kept.

use super::merge::join;
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
