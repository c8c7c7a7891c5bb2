//! The two little languages customers write: FreeMarker templates for cover pages and mails ([`freemarker`]), and header lines
//! ([`header`]). Text in, text out: nothing here draws, reads a file or a clock, and everything has a budget.

#![warn(missing_docs)]

pub mod freemarker;
pub mod header;
pub mod locale;
