//! The parsers of the SIP line, by themselves: built with all of the service they would take long.
#![expect(dead_code, reason = "each target checks one claim of a few modules")]

#[path = "../crates/server/src/line/claims.rs"]
pub mod claims;
#[path = "../crates/server/src/line/number.rs"]
mod number;
#[path = "../crates/server/src/line/rtp.rs"]
mod rtp;
#[path = "../crates/server/src/line/sdp/mod.rs"]
mod sdp;
#[path = "../crates/server/src/line/verdict.rs"]
mod verdict;
