//! T.30, both sides, over the in-memory carrier: whole calls as ladders, far ends as scripts, and whatever comes.

mod bounds;
mod calls;
mod faults;
pub mod kit;
mod script;
mod scripts;
