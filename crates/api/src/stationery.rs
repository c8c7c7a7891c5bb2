//! The words of our own API, `/api/v1`: stationery (templates and overlays) and previews.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::job::{Paper, Property, Resolution};
use crate::warning::Warning;

/// The customer's own templates.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Templates {
    pub templates: Vec<Template>,
}

/// A template but for its source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    #[schema(examples("coverpage-default.ftl.html"))]
    pub name: String,
    /// Grows with everything installed.
    pub version: i64,
    /// Of its source.
    pub bytes: u64,
    /// When this version was installed.
    pub created_ts: String,
}

/// The customer's overlays.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Overlays {
    pub overlays: Vec<OverlayEntry>,
}

/// An overlay but for its picture.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OverlayEntry {
    /// As `renderingOptions.overlay.name` has it.
    #[schema(examples("LetterHead"))]
    pub name: String,
    /// Grows with everything installed.
    pub version: i64,
    /// What it was given as: pdf, png or tiff.
    #[schema(examples("pdf"))]
    pub kind: String,
    /// As it was given.
    pub bytes: u64,
    /// When this version was installed.
    pub created_ts: String,
}

/// The versions of a template or overlay, the newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Versions {
    pub name: String,
    pub versions: Vec<Version>,
}

/// A version but for its content.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    pub version: i64,
    /// What an overlay was given as: pdf, png or tiff. Templates have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Of what was given.
    pub bytes: u64,
    /// Of the same, in hexadecimal.
    #[schema(examples("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"))]
    pub sha256: String,
    /// When it was installed.
    pub created_ts: String,
    /// It is in force.
    pub current: bool,
}

/// A template or overlay is in force for jobs accepted from now on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Installed {
    pub name: String,
    pub version: i64,
    pub warnings: Vec<Notice>,
}

/// A template or overlay is not in force any more; jobs accepted so far keep it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Removed {
    pub name: String,
    /// Always true.
    pub removed: bool,
}

/// A warning as it is told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// Stable.
    #[schema(examples("small_text"))]
    pub code: String,
    /// For people.
    #[schema(examples("page 2 has text too small for this resolution"))]
    pub message: String,
}

impl From<&Warning> for Notice {
    fn from(warning: &Warning) -> Notice {
        Notice { code: warning.code().to_owned(), message: warning.to_string() }
    }
}

/// What to fill a template with, to see it. Everything may be left out.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Trial {
    pub properties: Vec<Property>,
    pub paper_format: Paper,
    pub resolution: Resolution,
}

/// A fax as a recipient would get it, told without its pels.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// In order, the cover page first.
    pub pages: Vec<PreviewPage>,
    /// How many of them are the cover page.
    pub cover_pages: u32,
    pub warnings: Vec<Notice>,
}

/// A page of a preview.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewPage {
    /// From 1.
    pub number: u32,
    /// Lines; each has 1728 pels.
    pub rows: u32,
    /// In T.6.
    pub bytes: u64,
    /// Time on the line with error correction at 14,400 bit/s, without ringing and the opening of the call.
    #[serde(rename = "secondsAt14400")]
    pub seconds_at_14400: f64,
    /// The same at 9,600 bit/s.
    #[serde(rename = "secondsAt9600")]
    pub seconds_at_9600: f64,
}
