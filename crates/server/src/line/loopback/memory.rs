//! How often a number was called, for numbers that behave differently from call to call.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A number that was not called for so long starts anew.
const KEPT: Duration = Duration::from_secs(3600);
/// Numbers kept; the one not called for the longest goes first.
const NUMBERS_MAX: usize = 1000;

#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<String, Seen>>);

struct Seen {
    calls: usize,
    last: Instant,
}

impl Memory {
    /// Notes a call; how many there were before it.
    pub(super) fn call(&self, number: &str) -> usize {
        self.call_at(number, Instant::now())
    }

    fn call_at(&self, number: &str, now: Instant) -> usize {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.retain(|_, seen| now.saturating_duration_since(seen.last) < KEPT);
        if !numbers.contains_key(number)
            && numbers.len() >= NUMBERS_MAX
            && let Some(oldest) = numbers.iter().min_by_key(|(_, seen)| seen.last).map(|(number, _)| number.clone())
        {
            numbers.remove(&oldest);
        }
        let seen = numbers.entry(number.to_owned()).or_insert(Seen { calls: 0, last: now });
        seen.last = now;
        seen.calls = seen.calls.wrapping_add(1);
        seen.calls.wrapping_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_for_each_number_and_forgotten_after_a_while() {
        let (memory, now) = (Memory::default(), Instant::now());
        assert_eq!([memory.call_at("1", now), memory.call_at("1", now), memory.call_at("2", now)], [0, 1, 0]);
        assert_eq!(memory.call_at("1", now + KEPT / 2), 2);
        assert_eq!(memory.call_at("2", now + KEPT), 0);
        assert_eq!(memory.call_at("1", now + KEPT), 3);
    }

    #[test]
    fn no_more_numbers_are_kept_than_allowed() {
        let (memory, now) = (Memory::default(), Instant::now());
        for number in 0..=NUMBERS_MAX as u32 {
            memory.call_at(&number.to_string(), now + Duration::from_millis(u64::from(number)));
        }
        let later = now + Duration::from_secs(10);
        assert_eq!(memory.call_at("5", later), 1);
        assert_eq!(memory.call_at("0", later), 0, "the oldest went");
    }
}
