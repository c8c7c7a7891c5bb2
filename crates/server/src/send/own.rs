//! What a delivery's own pages are composed of, gathered from the store.

use ferrofax_template::header::{Header, HeaderError};
use jiff::tz::TimeZone;

use crate::compose::{Cover, Fax, FaxFacts};
use crate::jobs::JobId;
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

/// Everything for the call that begins now. Its header lines tell when the attempt began as it is on record, so that the same pages
/// can be composed again.
pub async fn gather(store: &Store, claim: &DeliveryClaim) -> Result<Fax, GatherError> {
    let (cover, overlay) = own(store, &claim.job, &claim.composition, claim.cover_pages).await?;
    let Composition { rendering, zone, .. } = &claim.composition;
    Ok(Fax {
        cover,
        documents: store.pages(claim).await?,
        document_pages: claim.pages.saturating_sub(claim.cover_pages),
        first_page: claim.first_page,
        repeated: claim.repeated,
        header: rendering.header.as_deref().map(Header::parse).transpose()?,
        overlay,
        facts: FaxFacts {
            now: claim.started_at,
            zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC),
            number: claim.dial.clone(),
            csid: claim.csid.clone().unwrap_or_default(),
        },
    })
}

/// The cover page of a recipient, of so many pages if it was composed before, and the overlay that lies beneath it.
pub async fn own(
    store: &Store,
    job: &JobId,
    composition: &Composition,
    cover_pages: u32,
) -> Result<(Option<Cover>, Option<Overlay>), GatherError> {
    let Composition {
        rendering, paper, resolution, stationery, properties, reference, customer_reference, dated, ..
    } = composition.clone();
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
            texts: Cover::texts(job, customer_reference.as_deref(), reference.customer_defined_id.as_deref()),
            paper: sheet.paper,
            resolution: sheet.resolution,
            dated,
            pages: Some(cover_pages).filter(|pages| *pages > 0),
        });
    }
    Ok((cover, overlay))
}
