//! What must hold whatever a target demands in `WWW-Authenticate`. The fuzz target checks the same.

use super::challenge::challenges;

/// No more is found than was there.
pub fn demand(value: &[u8]) {
    let found = challenges(value);
    assert!(found.len() <= 16, "{} challenges", found.len());
    for challenge in &found {
        let Some(realm) = challenge.get("realm") else { continue };
        // A byte that is no UTF-8 becomes a sign of three.
        assert!(realm.len() <= 3 * value.len(), "{} bytes of {}", realm.len(), value.len());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_demand_is_read(value in prop::collection::vec(any::<u8>(), 0..300)) {
            demand(&value);
        }

        #[test]
        fn nearly_good_demands_are_read(value in "((Digest|Basic|[a-z]{1,5}) ?([a-z]{1,6} ?= ?(\"[^\"]{0,9}\"?|[a-z\\\\,=]{0,6}),? ?){0,4}){0,20}") {
            demand(value.as_bytes());
        }
    }
}
