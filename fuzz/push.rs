//! What a push's target demands, by itself: built with all of the service it would take long.
#![expect(dead_code, reason = "the target asks for less than the service does")]

#[path = "../crates/server/src/report/push/challenge.rs"]
mod challenge;
#[path = "../crates/server/src/report/push/claims.rs"]
pub mod claims;
