//! A fax as one recipient would get it, without a call.

use std::collections::BTreeMap;
use std::sync::Arc;

use ferrofax_api::job::{Content, Violation};
use ferrofax_api::stationery::{Notice, PreviewPage};
use ferrofax_api::warning::Warning;
use ferrofax_fax::page::StoredPage;
use ferrofax_fax::t30::estimate::page_seconds;
use ferrofax_template::header::Header;
use jiff::tz::TimeZone;

use super::{Studio, StudioError};
use crate::compose::{Composed, Cover, Fax, FaxFacts, Overlay};
use crate::jobs::NewJob;
use crate::prepare::worker::RenderError;
use crate::prepare::{Finish, Sheet};
use crate::store::StoreError;

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
                Some((overlay.mode, pages))
            }
        };
        let sources = self.store.template_sources_at(&stationery).await?;
        if rendering.cover.as_ref().is_some_and(|cover| !sources.contains_key(cover)) {
            return Err(StoreError::UnknownTemplate.into());
        }

        let (mut documents, mut warnings, mut count) = (Vec::new(), Vec::new(), 0);
        for (number, document) in order.documents.iter().enumerate() {
            let Content::Data(bytes) = &document.content else {
                return Err(refused(format!("documents[{number}].reference"), "is not fetched for a preview"));
            };
            let left = self.renderer.pages_max.saturating_sub(count);
            let rendered = self.renderer.document((document.kind, document.charset), bytes, sheet, left).await;
            let rendered = rendered.map_err(|error| match error {
                RenderError::Ours(error) => StudioError::Ours(error.to_string()),
                error => refused(format!("documents[{number}]"), &error.to_string()),
            })?;
            warnings.extend(rendered.warnings.into_iter().map(|warning| warning.after(count)));
            count = count.saturating_add(u32::try_from(rendered.pages.len()).unwrap_or(u32::MAX));
            documents.push(rendered.pages);
        }
        let finish = Finish {
            blank_pages: account.blank_pages,
            overlay: overlay.clone(),
            header_lines: header.as_ref().map_or(0, Header::lines),
            cover: rendering.cover.is_some(),
        };
        let ours = |error: &dyn std::error::Error| StudioError::Ours(error.to_string());
        let pages = tokio::task::spawn_blocking(move || finish.pages(documents)).await;
        let pages = pages.map_err(|error| ours(&error))?.map_err(|error| ours(&error))?;

        let texts = [
            ("job", Some(job.id.to_string())),
            ("customerReference", order.customer_reference.clone()),
            ("customerDefinedId", order.reference.customer_defined_id.clone()),
        ];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?)));
        let cover = rendering.cover.clone().map(|template| Cover {
            template,
            sources,
            properties: to.properties.clone(),
            texts: BTreeMap::from_iter(texts),
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
            header,
            overlay: overlay.map(|(mode, pages)| Overlay { mode, pages }),
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
