//! A fax engine: black-and-white pages to signals and back.
//!
//! Nothing in here does I/O, reads a clock, spawns or logs. Every machine is told the time, given one input, and then
//! asked for output until it answers `Wait` (see [`call`]).
//!
//! The modules stand in order: each may use only those before it (`tests/it/layers.rs` checks).

#![warn(missing_docs)]

pub mod time;

pub mod outcome;

pub mod ladder;

pub mod page;

pub mod t4;

pub mod t6;

pub mod tiff;

pub mod carrier;

pub mod audio;

pub mod t38;

pub mod t30;

pub mod call;
