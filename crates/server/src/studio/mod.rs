//! The studio: where a customer's stationery is proved before it is installed, and a fax is looked at before it is sent.
//!
//! Everything is made as for a call, by the same children and in the same order, and shown instead of sent. The API
//! (`/api/v1`) and the command line come here.

mod preview;
mod versions;

use std::collections::BTreeMap;
use std::sync::Arc;

use ferrofax_api::job::{Charset, DocumentKind, Paper, Property, Resolution, Violation};
use ferrofax_api::warning::Warning;
use ferrofax_fax::page::StoredPage;
use ferrofax_template::freemarker::Set;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::compose::{ComposeError, Composer, Cover, Fax, FaxFacts};
use crate::fetch::Fetcher;
use crate::jobs::JobId;
use crate::prepare::protocol::Refusal;
use crate::prepare::worker::RenderError;
use crate::prepare::{Renderer, Sheet};
use crate::report::mail::letter;
use crate::stationery::{
    OVERLAY_BYTES_MAX, OverlayName, REPORT_HTML, REPORT_SUBJECT, REPORT_TEXT, TEMPLATES_BYTES_MAX, TemplateName,
};
use crate::store::{NewOverlay, Store, StoreError};

pub use preview::Preview;

/// Pages that a mail may take when it is looked at.
const MAIL_PAGES_MAX: u32 = 20;

/// Proves, installs and shows.
#[derive(Clone, Debug)]
pub struct Studio {
    pub store: Store,
    pub renderer: Arc<Renderer>,
    pub composer: Arc<Composer>,
    /// For documents by URL, as jobs have them.
    pub fetcher: Fetcher,
}

/// Why it is not done.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    /// For the customer to mend.
    #[error("{0}")]
    Refused(Violation),
    /// There is no such thing.
    #[error("no such {0}")]
    Unknown(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fault of ours.
    #[error("{0}")]
    Ours(String),
}

fn refused(member: &str, message: impl Into<String>) -> StudioError {
    StudioError::Refused(Violation::new(member, message))
}

impl From<ComposeError> for StudioError {
    fn from(error: ComposeError) -> StudioError {
        match error.refusal() {
            Some(message) => refused("coverpageTemplate", message),
            None => StudioError::Ours(error.to_string()),
        }
    }
}

/// What was installed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Installed {
    pub name: String,
    pub version: i64,
    pub warnings: Vec<Warning>,
}

impl Studio {
    /// Installs a template. It is read as a whole with those it may include: what would fail in a fax fails here, with name,
    /// line and column.
    pub async fn install_template(
        &self,
        customer: &str,
        name: &str,
        source: &[u8],
        now: Timestamp,
    ) -> Result<Installed, StudioError> {
        let (name, source) = template(name, source)?;
        let mut sources = self.store.template_sources(customer).await?;
        sources.insert(name.to_string(), source.clone());
        prove(sources, name.as_str()).await?;
        let version = self.store.install_template(customer, &name, &source, now).await?;
        Ok(Installed { name: name.to_string(), version, warnings: Vec::new() })
    }

    /// Removes a template that no other template in force includes.
    pub async fn remove_template(&self, customer: &str, name: &str) -> Result<(), StudioError> {
        let name = TemplateName::parse(name).map_err(|_| StudioError::Unknown("template"))?;
        let mut sources = self.store.template_sources(customer).await?;
        match crate::stationery::built_in(name.as_str()) {
            Some(built_in) => sources.insert(name.to_string(), built_in.to_owned()),
            None => sources.remove(name.as_str()),
        };
        if let Err(StudioError::Refused(wrong)) = prove(sources, "").await {
            return Err(refused("name", format!("other templates need it: {}", wrong.message)));
        }
        match self.store.remove_template(customer, &name).await? {
            true => Ok(()),
            false => Err(StudioError::Unknown("template")),
        }
    }

    /// The source of a template in force, built-in ones included.
    pub async fn template_source(&self, customer: &str, name: &str) -> Result<String, StudioError> {
        let mut sources = self.store.template_sources(customer).await?;
        sources.remove(name).ok_or(StudioError::Unknown("template"))
    }

    /// A template's cover page, filled with these properties; a mail's, filled with a sample, as pages. With a `source`, as if that
    /// were installed under its name.
    pub async fn try_template(
        &self,
        customer: &str,
        (name, source): (&str, Option<&[u8]>),
        properties: Vec<Property>,
        (paper, resolution): (Paper, Resolution),
        now: Timestamp,
    ) -> Result<Preview, StudioError> {
        let mut sources = self.store.template_sources(customer).await?;
        if let Some(source) = source {
            let (name, source) = template(name, source)?;
            sources.insert(name.to_string(), source);
            prove(sources.clone(), name.as_str()).await?;
        }
        if !sources.contains_key(name) {
            return Err(StudioError::Unknown("template"));
        }
        let account = self.store.customer(customer).await?.ok_or(StoreError::UnknownCustomer)?.account;
        let sheet = Sheet::new(paper, resolution);
        let written = Set::parse(&sources).map_err(|wrong| refused("body", wrong.to_string()))?;
        if let Some(mail) = letter::sample(&written, name, &account, now) {
            let (kind, text) = mail.map_err(|wrong| refused("body", wrong.to_string()))?;
            let rendered = self.renderer.document((kind, Charset::Utf8), text.as_bytes(), sheet, MAIL_PAGES_MAX).await;
            let rendered = rendered.map_err(|error| refused("body", error.to_string()))?;
            return Ok(Preview { pages: rendered.pages, cover_pages: 0, warnings: rendered.warnings });
        }
        let composed = self.composer.compose(Fax {
            cover: Some(Cover {
                template: name.to_owned(),
                sources: Arc::new(sources),
                properties,
                texts: Cover::texts(&JobId("FJ0000000000000000000".to_owned()), None, None),
                paper: sheet.paper,
                resolution: sheet.resolution,
                dated: now,
                pages: None,
            }),
            documents: Vec::new(),
            document_pages: 0,
            first_page: 0,
            repeated: 0,
            header: None,
            overlay: None,
            facts: FaxFacts {
                now,
                zone: TimeZone::get(&account.zone).unwrap_or(TimeZone::UTC),
                number: "00".to_owned(),
                csid: account.csid.unwrap_or_default(),
            },
        });
        Ok(Preview::of(composed.await?, Vec::new()))
    }

    /// Installs an overlay: a page of PDF, PNG or TIFF, made into pages of one bit for every sheet.
    pub async fn install_overlay(
        &self,
        customer: &str,
        name: &str,
        original: Vec<u8>,
        now: Timestamp,
    ) -> Result<Installed, StudioError> {
        let name = OverlayName::parse(name).map_err(|wrong| refused("name", wrong.to_string()))?;
        if original.len() > OVERLAY_BYTES_MAX {
            return Err(refused("body", format!("has more than {OVERLAY_BYTES_MAX} bytes")));
        }
        let kind = picture_kind(&original).ok_or_else(|| refused("body", "must be PDF, PNG or TIFF"))?;
        let (mut pages, mut warnings) = (Vec::new(), Vec::new());
        for paper in [Paper::A4, Paper::Letter] {
            for resolution in [Resolution::Low, Resolution::High] {
                let sheet = Sheet::new(paper, resolution);
                let rendered = self.renderer.document((kind, Charset::Utf8), &original, sheet, 1).await;
                let rendered = rendered.map_err(|error| match error {
                    RenderError::Ours(error) => StudioError::Ours(error.to_string()),
                    RenderError::Refused(Refusal::TooManyPages { .. }) => refused("body", "has more than one page"),
                    error => refused("body", error.to_string()),
                })?;
                pages.extend(rendered.pages.into_iter().map(|page| (paper, page)));
                warnings = rendered.warnings;
            }
        }
        let version =
            self.store.install_overlay(customer, NewOverlay { name: name.clone(), kind, original, pages }, now);
        Ok(Installed { name: name.to_string(), version: version.await?, warnings })
    }

    /// Removes an overlay.
    pub async fn remove_overlay(&self, customer: &str, name: &str) -> Result<(), StudioError> {
        let name = OverlayName::parse(name).map_err(|_| StudioError::Unknown("overlay"))?;
        match self.store.remove_overlay(customer, &name).await? {
            true => Ok(()),
            false => Err(StudioError::Unknown("overlay")),
        }
    }

    /// An overlay, or an earlier version of it, as it lies under pages.
    pub async fn overlay_page(
        &self,
        customer: &str,
        (name, version): (&str, Option<i64>),
        (paper, resolution): (Paper, Resolution),
    ) -> Result<StoredPage, StudioError> {
        let wanted = Sheet::new(paper, resolution).resolution;
        if let Some(version) = version {
            let mut pages = self.overlay_version(customer, name, version).await?.pages.into_iter();
            let page = pages.find(|(of, page)| *of == paper && page.resolution == wanted);
            return page.map(|(_, page)| page).ok_or(StudioError::Unknown("version"));
        }
        let name = OverlayName::parse(name).map_err(|_| StudioError::Unknown("overlay"))?;
        let stationery = self.store.stationery(customer).await?;
        let pages = self.store.overlay_pages(&stationery, name.as_str(), paper).await?;
        let page = pages.iter().find(|page| page.resolution == wanted);
        page.cloned().ok_or(StudioError::Unknown("overlay"))
    }

    /// An overlay as it was given, and what that is.
    pub async fn overlay_original(&self, customer: &str, name: &str) -> Result<(DocumentKind, Vec<u8>), StudioError> {
        let name = OverlayName::parse(name).map_err(|_| StudioError::Unknown("overlay"))?;
        let original = self.store.overlay_original(customer, &name).await?;
        original.ok_or(StudioError::Unknown("overlay"))
    }
}

fn template(name: &str, source: &[u8]) -> Result<(TemplateName, String), StudioError> {
    let name = TemplateName::parse(name).map_err(|wrong| refused("name", wrong.to_string()))?;
    if source.len() > TEMPLATES_BYTES_MAX as usize {
        return Err(refused("body", format!("has more than {TEMPLATES_BYTES_MAX} bytes")));
    }
    let source = source.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(source);
    match std::str::from_utf8(source) {
        Ok(source) => Ok((name, source.to_owned())),
        Err(_) => Err(refused("body", "is not UTF-8")),
    }
}

/// Reads all templates together, off the threads that drive the calls' sockets. If this one makes mails, or is part of what does,
/// they are written for some samples too.
async fn prove(sources: BTreeMap<String, String>, name: &str) -> Result<(), StudioError> {
    let name = name.to_owned();
    let proved = move || {
        let set = Set::parse(&sources)?;
        let mails = [REPORT_SUBJECT, REPORT_TEXT, REPORT_HTML];
        match name.ends_with(".html") && name != REPORT_HTML {
            true => Ok(()),
            false => mails.iter().try_for_each(|mail| letter::prove(&set, mail)),
        }
    };
    let proved = tokio::task::spawn_blocking(proved).await;
    let proved = proved.map_err(|error| StudioError::Ours(error.to_string()))?;
    proved.map_err(|wrong| refused("body", wrong.to_string()))
}

/// What an overlay is, by its first bytes.
fn picture_kind(bytes: &[u8]) -> Option<DocumentKind> {
    match bytes {
        [b'%', b'P', b'D', b'F', ..] => Some(DocumentKind::Pdf),
        [0x89, b'P', b'N', b'G', ..] => Some(DocumentKind::Png),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some(DocumentKind::Tiff),
        _ => None,
    }
}
