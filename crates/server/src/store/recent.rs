//! What was read last and never changes: a customer's stationery at a revision. All recipients of a job ask for the same.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A template set may have a megabyte.
const KEPT: usize = 8;

/// A few values by their keys; what was not asked for longest goes first. `Debug` says nothing of them.
pub(super) struct Recent<K, V> {
    kept: Arc<Mutex<VecDeque<(K, V)>>>,
}

impl<K, V> fmt::Debug for Recent<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recent(…)")
    }
}

impl<K, V> Clone for Recent<K, V> {
    fn clone(&self) -> Self {
        Recent { kept: Arc::clone(&self.kept) }
    }
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Recent { kept: Arc::default() }
    }
}

impl<K: PartialEq, V: Clone> Recent<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<V> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == key)?;
        let found = kept.remove(at)?;
        let value = found.1.clone();
        kept.push_front(found);
        Some(value)
    }

    pub(super) fn put(&self, key: K, value: V) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| *known != key);
        kept.push_front((key, value));
        kept.truncate(KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays() {
        let recent = Recent::default();
        for key in 0..20 {
            recent.put(key, key * 10);
            assert_eq!(recent.get(&0), Some(0));
        }
        assert_eq!((recent.get(&13), recent.get(&12)), (Some(130), None), "seven beside the first");
    }
}
