//! Ids of jobs and deliveries: `FJ` or `FN`, Unix milliseconds, node, serial; 22 characters of upper-case base 36.
//!
//! So ids of one kind sort by time, and no two nodes make the same one. Within a node the pair of millisecond and serial only
//! ever grows, also when the clock is set back; each new millisecond begins at a random serial, so that a restart on a clock
//! set back does not repeat what was given out before it.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Serials of one millisecond: four digits.
const SERIALS: u32 = 36u32.pow(4);
/// A millisecond begins in the lower half, so that at least the upper half is left for its ids.
const FIRST_SERIALS: u32 = SERIALS / 2;

/// A node's id is not 8 characters of `0-9A-Z`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a node id has 8 characters of 0-9 and A-Z")]
pub struct NotANodeId;

/// Gives out the ids of one node.
#[derive(Debug)]
pub struct Ids {
    node: String,
    /// The millisecond and serial given out last.
    last: Mutex<(u64, u32)>,
}

impl Ids {
    pub fn new(node: &str) -> Result<Ids, NotANodeId> {
        let fits = node.len() == 8 && node.bytes().all(|byte| DIGITS.contains(&byte));
        if fits { Ok(Ids { node: node.to_owned(), last: Mutex::new((0, 0)) }) } else { Err(NotANodeId) }
    }

    /// A node id for a node that has none yet.
    pub fn random_node() -> String {
        digits(rand::random_range(0..36u64.pow(8)), 8)
    }

    /// The next id with this prefix, two letters.
    pub fn next(&self, prefix: &str, now: Timestamp) -> String {
        let now = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let (millisecond, serial) = {
            // Nothing in here panics half-way; a poisoned lock still holds a good pair.
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let (millisecond, serial) = *last;
            *last = if now > millisecond {
                (now, rand::random_range(0..FIRST_SERIALS))
            } else if serial + 1 < SERIALS {
                (millisecond, serial + 1)
            } else {
                // Used up: borrow from the next millisecond.
                (millisecond + 1, rand::random_range(0..FIRST_SERIALS))
            };
            *last
        };
        format!("{prefix}{}{}{}", digits(millisecond, 8), self.node, digits(u64::from(serial), 4))
    }
}

/// The last `count` base 36 digits of `value`.
fn digits(mut value: u64, count: usize) -> String {
    let mut text = vec![b'0'; count];
    for digit in text.iter_mut().rev() {
        *digit = DIGITS[(value % 36) as usize];
        value /= 36;
    }
    text.into_iter().map(char::from).collect()
}

/// Whether this can be the id of a job at all.
pub fn is_job_id(text: &str) -> bool {
    text.len() == 22 && text.starts_with("FJ") && text.bytes().all(|byte| DIGITS.contains(&byte))
}
