//! The ladder of a call: who said what, when. Kept with every attempt; the answer to "why did it fail".
//!
//! Bounded: a call can't fill memory by talking. Entries hold protocol words, never page content.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// Entries kept at most; later ones are only counted.
pub const ENTRIES_MAX: usize = 5000;

/// Which end of the call an entry belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// The end that dialled.
    Caller,
    /// The end that was dialled.
    Answerer,
    /// Something noticed about the call rather than said by an end.
    Line,
}

/// One line of the ladder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// When, in engine time.
    pub at: Time,
    /// Who said it.
    pub who: Who,
    /// The message's name: `INVITE`, `DIS`, `TCF`, `PPR`.
    pub what: String,
    /// What it said, for a reader: `V.17 14400, MMR, ECM, fine`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// The story of one call.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Ladder {
    entries: Vec<Entry>,
    /// Entries that did not fit.
    #[serde(default)]
    omitted: u32,
}

impl Ladder {
    /// Adds an entry, or counts it when the ladder is full.
    pub fn push(&mut self, entry: Entry) {
        if self.entries.len() < ENTRIES_MAX {
            self.entries.push(entry);
        } else {
            self.omitted = self.omitted.saturating_add(1);
        }
    }

    /// Puts the entries in the order of time, for stories merged from several tellers.
    pub fn sort(&mut self) {
        self.entries.sort_by_key(|entry| entry.at);
    }

    /// The entries so far, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl fmt::Display for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Entry { at, who, what, detail } in &self.entries {
            let who = match who {
                Who::Caller => "caller",
                Who::Answerer => "answerer",
                Who::Line => "line",
            };
            let line = format!("{at:>8}  {who:<8}  {what:<8}  {detail}");
            writeln!(f, "{}", line.trim_end())?;
        }
        if self.omitted > 0 {
            writeln!(f, "          ({} more entries were not kept)", self.omitted)?;
        }
        Ok(())
    }
}
