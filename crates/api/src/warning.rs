//! What a sender may want to know of a fax that goes out all the same.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something about the fax that may surprise. Names no content, save hosts that the document refers to: not for logs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Warning {
    /// Characters that no font at hand can show; a lower bound.
    MissingGlyphs { count: u32 },
    /// More of the page is black than machines like to print, and it takes long.
    TooDark { page: u32 },
    /// Some of the page's text is too small to be read at this resolution.
    SmallText { page: u32 },
    /// The page was larger than the sheet and was shrunk to so many per cent.
    Shrunk { page: u32, percent: u32 },
    /// There is something within the margin that far machines may not print.
    NearEdge { page: u32 },
    /// A picture or photograph of the page was made coarser to keep the fax short.
    Coarsened { page: u32 },
    /// The cover page's template asks for keys that the recipient has no properties for; they are left empty.
    EmptyKeys { count: u32 },
    /// Something the document refers to was left out: it is neither in the document nor was it fetched.
    LeftOut { count: u32 },
    /// A number of the recipient is not a valid one in its country's plan, as far as we know: 1 is `number`, 2 the first of
    /// `alternativeNumbers`. It is called all the same.
    DoubtfulNumber { number: u32 },
    /// Why something that lies at this host was left out. The rest of the address may hold secrets.
    NotFetched { host: String, reason: String },
}

impl Warning {
    /// Stable; part of the API.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingGlyphs { .. } => "missing_glyphs",
            Self::TooDark { .. } => "too_dark",
            Self::SmallText { .. } => "small_text",
            Self::Shrunk { .. } => "shrunk",
            Self::NearEdge { .. } => "near_edge",
            Self::Coarsened { .. } => "coarsened",
            Self::EmptyKeys { .. } => "empty_keys",
            Self::LeftOut { .. } => "left_out",
            Self::DoubtfulNumber { .. } => "doubtful_number",
            Self::NotFetched { .. } => "not_fetched",
        }
    }

    /// The same, when the pages of what it is about begin after so many others.
    pub fn after(mut self, pages: u32) -> Warning {
        match &mut self {
            Self::TooDark { page }
            | Self::SmallText { page }
            | Self::Shrunk { page, .. }
            | Self::NearEdge { page }
            | Self::Coarsened { page } => *page = page.saturating_add(pages),
            Self::MissingGlyphs { .. }
            | Self::EmptyKeys { .. }
            | Self::LeftOut { .. }
            | Self::NotFetched { .. }
            | Self::DoubtfulNumber { .. } => {}
        }
        self
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingGlyphs { count } => write!(f, "{count} characters that no font here can show"),
            Self::TooDark { page } => write!(f, "page {page} is very dark and takes long to send"),
            Self::SmallText { page } => write!(f, "page {page} has text too small for this resolution"),
            Self::Shrunk { page, percent } => write!(f, "page {page} was shrunk to {percent} %"),
            Self::NearEdge { page } => write!(f, "page {page} has content at its edge, which far machines may cut off"),
            Self::Coarsened { page } => write!(f, "pictures on page {page} were made coarser to keep the fax short"),
            Self::EmptyKeys { count } => write!(f, "{count} keys of the cover page have no value"),
            Self::LeftOut { count } => write!(f, "{count} things that the document refers to were left out"),
            Self::DoubtfulNumber { number: 1 } => {
                write!(f, "the recipient's number is not a valid number in its country's plan")
            }
            Self::DoubtfulNumber { number } => {
                let alternative = number.saturating_sub(1);
                write!(f, "alternative number {alternative} is not a valid number in its country's plan")
            }
            Self::NotFetched { host, reason } => write!(f, "something at {host} was left out: {reason}"),
        }
    }
}
