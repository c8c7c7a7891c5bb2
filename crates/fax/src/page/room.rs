//! Room at the top of a page for its header line, at the same height and without losing anything (architecture, decision 7).
//!
//! What a page can spare costs it nothing: first the white rows at its top and bottom, which only moves it. If they are not
//! enough, rows that repeat the one above are taken out: the white between lines of text, the inside of a box, the length of a
//! bar code's bars. No stretch of them loses more than half, and the longest give first; so letters keep their shape, which scaling
//! all of it would not leave them. Only what is still missing then is scaled, by OR of the rows that fall together: no stroke
//! vanishes.
//!
//! Only the height changes. A header line is some 1.5 per cent of a page: nobody sees that, while scaling the width as well would
//! cost every stroke its edges, and every dot pattern its evenness.

use super::merge::join;
use super::{Row, Rows};

/// The same page with at least `room` white rows at the top. `None` if it has them, or if it is no higher than that.
pub(crate) fn lay_below(page: &Rows, room: u32) -> Option<Rows> {
    let rows = page.len();
    let top = page.iter().take_while(|row| row.is_empty()).count();
    let top = u32::try_from(top).unwrap_or(u32::MAX);
    if top >= room || room >= rows {
        return None;
    }
    let bottom = page.iter().rev().take_while(|row| row.is_empty()).count();
    // The page has a black pel, or `top` were all its rows; so the white at its ends is less than all of it.
    let content = top..rows - u32::try_from(bottom).unwrap_or(0);
    let mut laid = Rows::new(page.width());
    (0..room).for_each(|_| laid.push(&[]));
    let space = rows - room;
    let height = content.end - content.start;
    if height <= space {
        content.filter_map(|row| page.row(row)).for_each(|row| laid.push(row));
    } else {
        let kept = without_repeats(page, content, height - space);
        squeeze(page, &kept, space, &mut laid);
    }
    while laid.len() < rows {
        laid.push(&[]);
    }
    Some(laid)
}

/// The numbers of the rows in `content` without up to `spare` that repeat the row above.
fn without_repeats(page: &Rows, content: std::ops::Range<u32>, spare: u32) -> Vec<u32> {
    // Stretches of equal rows, as their lengths.
    let mut lengths: Vec<u32> = Vec::new();
    let mut above = None;
    for row in content.clone() {
        let pels = page.row(row);
        match lengths.last_mut() {
            Some(length) if above == pels => *length += 1,
            _ => lengths.push(1),
        }
        above = pels;
    }
    // All stretches longer than a level are cut to it, but none by more than half: the highest level that spares enough.
    let gives = |length: u32, level: u32| length.saturating_sub(level).min(length / 2);
    let (mut enough, mut too_high) = (0, content.end - content.start);
    while enough + 1 < too_high {
        let level = enough.midpoint(too_high);
        let spared: u32 = lengths.iter().map(|&length| gives(length, level)).sum();
        if spared >= spare { enough = level } else { too_high = level }
    }
    // At this level there may be some rows more than asked for: the last stretches keep them.
    let mut left = spare;
    let mut kept = Vec::new();
    let mut start = content.start;
    for length in lengths {
        let given = gives(length, enough).min(left);
        left -= given;
        kept.extend(start..start + length - given);
        start += length;
    }
    kept
}

/// Adds the rows of `page` that `kept` names to `laid`, as `space` rows: where two or more fall together, they are joined by OR.
fn squeeze(page: &Rows, kept: &[u32], space: u32, laid: &mut Rows) {
    let space = usize::try_from(space).unwrap_or(usize::MAX);
    let (mut sum, mut joined) = (Row::default(), Row::default());
    let mut next = kept.iter().filter_map(|&row| page.row(row));
    for place in 1..=space {
        // Rows up to this one, in proportion. At least one more each time, as there are no fewer rows than places.
        let until = place * kept.len() / space;
        let begin = (place - 1) * kept.len() / space;
        sum.changes.clear();
        for row in next.by_ref().take(until - begin) {
            join(&sum.changes, row, &mut joined.changes);
            std::mem::swap(&mut sum, &mut joined);
        }
        laid.push(&sum.changes);
    }
}
