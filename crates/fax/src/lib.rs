//! A fax engine: black-and-white pages to signals and back.
//!
//! Nothing in here does I/O, reads a clock, spawns or logs. Every machine is told the time, given one input, and then
//! asked for output until it answers `Wait` (see [`call`]).
//!
//! The modules stand in order: each may use only those before it (`tests/it/layers.rs` checks).
//!
//! Supported: T.4 (MH, MR) and T.6 (MMR) at standard, fine and superfine resolution; TIFF class F; T.30 as sender, receiver and in
//! polling, with error correction (Annex A) and without; rates up to V.17's 14 400 bit/s; T.38 over UDPTL with redundancy and FEC.
//!
//! Not supported: audio modems (a call that can't leave audio ends), V.34 and V.8, colour and grey, T.38 over TCP or RTP,
//! voice requests, non-standard facilities. Each module's header names what it leaves out.

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
