//! The two little languages customers write: FreeMarker templates for cover pages and mails ([`freemarker`]), and header lines
//! ([`header`]). Text in, text out: nothing here draws, reads a file or a clock, and everything has a budget.

#![warn(missing_docs)]

pub mod freemarker;
pub mod header;
pub mod locale;

/// The name of the cover page that every customer has.
pub const DEFAULT_COVER: &str = "coverpage-default.ftl.html";
/// Its source.
pub const DEFAULT_COVER_SOURCE: &str = include_str!("../templates/coverpage-default.ftl.html");
