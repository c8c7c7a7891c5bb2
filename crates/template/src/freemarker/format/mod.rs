//! How values become text: escapes, number and date patterns.

pub mod date;
pub mod escape;
pub mod number;
