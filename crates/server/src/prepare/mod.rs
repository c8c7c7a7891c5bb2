//! The stage that turns documents into pages.
//!
//! [`worker`] keeps the warm children that do the rendering, [`protocol`] is what is said between them and us.

pub mod protocol;
pub mod worker;
