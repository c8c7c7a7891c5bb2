//! What a delivery's own pages are composed of, gathered from the store.

use ferrofax_template::header::{Header, HeaderError};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::compose::{Cover, Fax, FaxFacts};
use crate::prepare::Sheet;
use crate::prepare::layout::Overlay;
use crate::store::{Composition, DeliveryClaim, Store, StoreError};

/// Why there is nothing to compose. Both are ours.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was right when the job was accepted.
    #[error("the header line {0}")]
    Header(#[from] HeaderError),
    #[error("a job with a cover page is bound to no stationery")]
    Unbound,
}

/// Everything for the call that begins now.
pub async fn gather(store: &Store, claim: &DeliveryClaim, now: Timestamp) -> Result<Fax, GatherError> {
    let Composition {
        rendering,
        paper,
        resolution,
        stationery,
        zone,
        properties,
        reference,
        customer_reference,
        dated,
    } = claim.composition.clone();
    let sheet = Sheet::new(paper, resolution);
    let mut cover = None;
    let mut overlay = None;
    // The documents lie on the overlay already.
    if let Some(template) = rendering.cover {
        let stationery = stationery.ok_or(GatherError::Unbound)?;
        if let Some(ordered) = rendering.overlay {
            let pages = store.overlay_pages(&stationery, &ordered.name, paper).await?;
            overlay = Some(Overlay { mode: ordered.mode, pages });
        }
        cover = Some(Cover {
            template,
            sources: store.template_sources_at(&stationery).await?,
            properties,
            texts: Cover::texts(&claim.job, customer_reference.as_deref(), reference.customer_defined_id.as_deref()),
            paper: sheet.paper,
            resolution: sheet.resolution,
            dated,
            pages: Some(claim.cover_pages).filter(|pages| *pages > 0),
        });
    }
    Ok(Fax {
        cover,
        documents: store.pages(claim).await?,
        document_pages: claim.pages.saturating_sub(claim.cover_pages),
        first_page: claim.first_page,
        repeated: claim.repeated,
        header: rendering.header.as_deref().map(Header::parse).transpose()?,
        overlay,
        facts: FaxFacts {
            now,
            zone: TimeZone::get(&zone).unwrap_or(TimeZone::UTC),
            number: claim.dial.clone(),
            csid: claim.csid.clone().unwrap_or_default(),
        },
    })
}
