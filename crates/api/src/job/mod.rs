//! A fax job as a customer asked for it: parsed once, at the edge, into types that can't be wrong.
//!
//! [`parse`] makes a [`FaxJob`] from the body of a request or says which member is wrong ([`Violation`]).

pub mod limits;
mod parse;
mod window;
mod wire;

#[cfg(test)]
mod tests;

pub use parse::{Violation, parse};
pub use wire::FaxJobRequest;

pub(crate) use parse::read;
pub(crate) use wire::{List, Object, Text};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A job whose every member has been checked.
#[derive(Clone, PartialEq, Debug)]
pub struct FaxJob {
    pub reference: Reference,
    /// At least one.
    pub recipients: Vec<Recipient>,
    /// In the order they are joined.
    pub documents: Vec<Document>,
    pub transport: TransportOptions,
    pub rendering: RenderingOptions,
    pub report: ReportOptions,
    pub customer_reference: Option<String>,
    pub valid: Window,
}

/// The customer's own words about the job; they come back in the report.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Reference {
    pub customer_defined_id: Option<String>,
    pub billing_code: Option<String>,
    pub billing_info: Option<String>,
}

/// One who gets the fax. Neither numbers nor names appear in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// As submitted; echoed so in the report.
    pub number: String,
    pub alternative_numbers: Vec<String>,
    /// For the cover page, in the order given.
    pub properties: Vec<Property>,
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (numbers, properties) = (1 + self.alternative_numbers.len(), self.properties.len());
        write!(f, "Recipient({numbers} numbers, {properties} properties)")
    }
}

/// A key and its value for the cover page.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Property {
    pub key: String,
    pub value: String,
}

/// Without the value, which often is a name.
impl std::fmt::Debug for Property {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Property({:?})", self.key)
    }
}

/// A document to send. Its bytes never appear in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    pub name: String,
    pub kind: DocumentKind,
    /// For text; UTF-8 where the customer named none.
    pub charset: Charset,
    pub content: Content,
}

/// Where a document's bytes are.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// Here.
    Data(Vec<u8>),
    /// To be fetched from this http or https URL after the job has been accepted.
    Url(String),
}

/// Names sizes, never content.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Data(data) => write!(f, "Data({} bytes)", data.len()),
            Self::Url(_) => f.write_str("Url(…)"),
        }
    }
}

impl Document {
    /// The bytes that came with the request; none where they are to be fetched.
    pub fn data(&self) -> &[u8] {
        match &self.content {
            Content::Data(data) => data,
            Content::Url(_) => &[],
        }
    }

    /// Where it is to be fetched from; none where its bytes came with the request.
    pub fn url(&self) -> Option<&str> {
        match &self.content {
            Content::Data(_) => None,
            Content::Url(url) => Some(url),
        }
    }
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Document({:?}, {:?})", self.kind, self.content)
    }
}

/// What a document is, by its name's extension.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentKind {
    Pdf,
    Txt,
    Html,
    Tiff,
    Png,
    Jpeg,
    Gif,
    Bmp,
    Webp,
    Doc,
    Docx,
    Xls,
    Xlsx,
    Ppt,
    Pptx,
    Odt,
    Ods,
    Odp,
    Rtf,
    /// PostScript.
    Ps,
    /// Printer Command Language.
    Pcl,
}

impl DocumentKind {
    /// The kind that a name with this extension promises, in any letter case.
    pub fn of_extension(extension: &str) -> Option<DocumentKind> {
        Some(match extension.to_ascii_lowercase().as_str() {
            "pdf" => Self::Pdf,
            "txt" | "text" => Self::Txt,
            "html" | "htm" | "xhtml" => Self::Html,
            "tif" | "tiff" => Self::Tiff,
            "png" => Self::Png,
            "jpg" | "jpeg" => Self::Jpeg,
            "gif" => Self::Gif,
            "bmp" => Self::Bmp,
            "webp" => Self::Webp,
            "doc" => Self::Doc,
            "docx" => Self::Docx,
            "xls" => Self::Xls,
            "xlsx" => Self::Xlsx,
            "ppt" => Self::Ppt,
            "pptx" => Self::Pptx,
            "odt" => Self::Odt,
            "ods" => Self::Ods,
            "odp" => Self::Odp,
            "rtf" => Self::Rtf,
            "ps" => Self::Ps,
            "pcl" => Self::Pcl,
            _ => return None,
        })
    }

    /// Whether an office program has to make a PDF of it first.
    pub fn is_office(self) -> bool {
        use DocumentKind::{Doc, Docx, Odp, Ods, Odt, Ppt, Pptx, Rtf, Xls, Xlsx};
        matches!(self, Doc | Docx | Xls | Xlsx | Ppt | Pptx | Odt | Ods | Odp | Rtf)
    }
}

/// Character encodings of plain text documents.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
pub enum Charset {
    #[serde(rename = "US-ASCII")]
    UsAscii,
    #[default]
    #[serde(rename = "UTF-8")]
    Utf8,
    #[serde(rename = "UTF-16")]
    Utf16,
    #[serde(rename = "UTF-16BE")]
    Utf16Be,
    #[serde(rename = "UTF-16LE")]
    Utf16Le,
    #[serde(rename = "ISO-8859-1")]
    Iso8859_1,
    #[serde(rename = "Windows-1252")]
    Windows1252,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TransportOptions {
    /// The sender's id; the account's where missing.
    pub csid: Option<String>,
    pub express: bool,
    pub blacklist: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
pub enum Paper {
    #[default]
    A4,
    #[serde(rename = "LETTER")]
    Letter,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Resolution {
    Low,
    #[default]
    High,
}

/// Members the customer left out are the account's to decide.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RenderingOptions {
    pub paper: Option<Paper>,
    pub resolution: Option<Resolution>,
    /// The cover page's template by its name.
    pub cover: Option<String>,
    /// `None`: no overlay; [`OverlayMode::NoOverlay`] is not kept.
    pub overlay: Option<Overlay>,
    /// The header line with its control characters; it has been found right.
    pub header: Option<String>,
}

/// A stationery page under the fax's own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Overlay {
    /// Without path and extension.
    pub name: String,
    pub mode: OverlayMode,
}

/// The pages that get an overlay.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OverlayMode {
    AllPages,
    NoOverlay,
    FirstPage,
    LastPage,
    AllButFirstPage,
    AllButLastPage,
    AllButFirstAndLastPage,
    FirstFile,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReportOptions {
    pub mail: Option<ReportMail>,
    pub push: Option<HttpStatusPush>,
}

/// Addresses never appear in `Debug`.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReportMail {
    pub success_address: Option<String>,
    pub failure_address: Option<String>,
    pub image_mode: ImageMode,
    pub image_format: ImageFormat,
}

impl ReportMail {
    /// Who is told that the job succeeded, or that it did not.
    pub fn address(&self, succeeded: bool) -> Option<&str> {
        let address = if succeeded { &self.success_address } else { &self.failure_address };
        address.as_deref().filter(|address| !address.is_empty())
    }

    /// Whether the fax comes with the mail.
    pub fn attaches(&self, succeeded: bool) -> bool {
        match self.image_mode {
            ImageMode::Never => false,
            ImageMode::SuccessOnly => succeeded,
            ImageMode::FailureOnly => !succeeded,
            ImageMode::Always => true,
        }
    }
}

impl std::fmt::Debug for ReportMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReportMail({:?}, {:?})", self.image_mode, self.image_format)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImageMode {
    #[default]
    Never,
    SuccessOnly,
    FailureOnly,
    Always,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImageFormat {
    #[default]
    Tiff,
    Pdf,
    PdfWithOcr,
}

/// Credentials never appear in `Debug`, and are sealed before they are stored.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpStatusPush {
    pub target_url: String,
    pub auth_method: AuthMethod,
    pub principal: Option<String>,
    pub credentials: Option<String>,
}

impl std::fmt::Debug for HttpStatusPush {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpStatusPush({:?})", self.auth_method)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthMethod {
    #[default]
    None,
    HttpBasic,
    HttpDigest,
    Oauth2,
}

/// When the job may be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Window {
    pub start: Option<Timestamp>,
    pub end: Option<WindowEnd>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WindowEnd {
    At(Timestamp),
    /// From the moment of submission.
    After(SignedDuration),
}
