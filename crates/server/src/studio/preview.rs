//! A fax as one recipient would get it, without a call.

use std::borrow::Cow;
use std::sync::Arc;

use ferrofax_api::job::{Content, Violation};
use ferrofax_api::stationery::{Notice, PreviewPage};
use ferrofax_api::warning::Warning;
use ferrofax_fax::page::StoredPage;
use ferrofax_fax::t30::estimate::page_seconds;
use ferrofax_template::header::Header;
use jiff::tz::TimeZone;

use super::{Studio, StudioError};
use crate::compose::{Composed, Cover, Fax, FaxFacts};
use crate::jobs::NewJob;
use crate::prepare::layout::{LayoutError, Overlay};
use crate::prepare::worker::RenderError;
use crate::prepare::{Finish, NotPrepared, Sheet};
use crate::stationery::is_of_mails;
use crate::store::{Prepared, StoreError};

/// Pages, and what is to be said of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preview {
    /// The cover page first.
    pub pages: Vec<StoredPage>,
    pub cover_pages: u32,
    pub warnings: Vec<Warning>,
}

impl Preview {
    /// Warnings of documents count their pages from the documents' first.
    pub(super) fn of(composed: Composed, of_documents: Vec<Warning>) -> Preview {
        let Composed { pages, cover_pages, mut warnings } = composed;
        warnings.extend(of_documents.into_iter().map(|warning| warning.after(cover_pages)));
        Preview { pages: pages.into_iter().map(Arc::unwrap_or_clone).collect(), cover_pages, warnings }
    }

    /// The same in the API's words, without the pels.
    pub fn told(&self) -> ferrofax_api::stationery::Preview {
        let tenths = |seconds: f64| (seconds * 10.0).round() / 10.0;
        let pages = self.pages.iter().zip(1..).map(|(page, number)| PreviewPage {
            number,
            rows: page.rows,
            bytes: page.code.len() as u64,
            seconds_at_14400: tenths(page_seconds(page, 14_400)),
            seconds_at_9600: tenths(page_seconds(page, 9_600)),
        });
        ferrofax_api::stationery::Preview {
            pages: pages.collect(),
            cover_pages: self.cover_pages,
            warnings: self.warnings.iter().map(Notice::from).collect(),
        }
    }
}

impl Studio {
    /// The fax that a recipient (from 0) of this job would get, were it called now.
    pub async fn preview(&self, job: NewJob, recipient: usize) -> Result<Preview, StudioError> {
        let refused = |member: String, message: &str| StudioError::Refused(Violation::new(member, message));
        let order = &job.order;
        let (Some(to), Some(delivery)) = (order.recipients.get(recipient), job.deliveries.get(recipient)) else {
            return Err(refused("recipient".to_owned(), "there is no such recipient"));
        };
        let customer = &job.customer;
        let account = self.store.customer(customer).await?.ok_or(StoreError::UnknownCustomer)?.account;
        let stationery = self.store.stationery(customer).await?;
        let rendering = &order.rendering;
        let sheet =
            Sheet::new(rendering.paper.unwrap_or(account.paper), rendering.resolution.unwrap_or(account.resolution));
        let header = rendering.header.as_deref().map(Header::parse).transpose();
        let header = header.map_err(|wrong| refused("renderingOptions.header".to_owned(), &wrong.to_string()))?;
        let overlay = match &rendering.overlay {
            None => None,
            Some(overlay) => {
                let pages = self.store.overlay_pages(&stationery, &overlay.name, sheet.paper).await?;
                if pages.is_empty() {
                    return Err(StoreError::UnknownOverlay.into());
                }
                Some(Overlay { mode: overlay.mode, pages })
            }
        };
        let sources = self.store.template_sources_at(&stationery).await?;
        if rendering.cover.as_ref().is_some_and(|cover| is_of_mails(cover) || !sources.contains_key(cover)) {
            return Err(StoreError::UnknownTemplate.into());
        }

        let finish = Finish {
            blank_pages: account.blank_pages,
            overlay: overlay.clone(),
            header_lines: header.as_ref().map_or(0, Header::lines),
            cover: rendering.cover.is_some(),
        };
        let documents = order.documents.iter().map(|document| {
            let bytes = async move {
                match &document.content {
                    Content::Data(bytes) => Ok(Cow::Borrowed(&**bytes)),
                    Content::Url(url) => self.fetcher.get(url).await.map(Cow::Owned),
                }
            };
            ((document.kind, document.charset), bytes)
        });
        let prepared = self.renderer.documents(documents.collect(), sheet, finish).await;
        let Prepared { pages, warnings } = prepared.map_err(|error| match error {
            NotPrepared::Bytes { number, error } => {
                refused(format!("documents[{number}].reference"), &error.to_string())
            }
            NotPrepared::Document { error: RenderError::Ours(error), .. } => StudioError::Ours(error.to_string()),
            NotPrepared::Document { number, error } => refused(format!("documents[{number}]"), &error.to_string()),
            NotPrepared::Layout(error @ LayoutError::Overlay { .. }) => {
                refused("renderingOptions.overlay".to_owned(), &error.to_string())
            }
            NotPrepared::Layout(error) => StudioError::Ours(error.to_string()),
            NotPrepared::CutOff(error) => StudioError::Ours(error.to_string()),
        })?;
        let cover = rendering.cover.clone().map(|template| Cover {
            template,
            sources,
            properties: to.properties.clone(),
            texts: Cover::texts(
                &job.id,
                order.customer_reference.as_deref(),
                order.reference.customer_defined_id.as_deref(),
            ),
            paper: sheet.paper,
            resolution: sheet.resolution,
            dated: job.accepted_at,
            pages: None,
        });
        let composed = self.composer.compose(Fax {
            cover,
            document_pages: u32::try_from(pages.len()).unwrap_or(u32::MAX),
            documents: pages.into_iter().map(Arc::new).collect(),
            first_page: 0,
            repeated: 0,
            header,
            overlay,
            facts: FaxFacts {
                now: job.accepted_at,
                zone: TimeZone::get(&account.zone).unwrap_or(TimeZone::UTC),
                number: delivery.dial.clone(),
                csid: order.transport.csid.clone().or(account.csid).unwrap_or_default(),
            },
        });
        Ok(Preview::of(composed.await?, warnings))
    }
}
