//! The pages of a recipient exactly as they were sent: cover page, documents, header lines.
//!
//! They are not kept but composed once more, by the same children from the same facts: a cover page is dated when the first call
//! began, and a header line tells when that call began which brought its page over. Pages that no call brought over are those of
//! the last call, as it had them ready.

use std::sync::Arc;

use ferrofax_fax::page::StoredPage;
use ferrofax_template::header::{Header, HeaderError};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::compose::{ComposeError, Composer, Fax, FaxFacts};
use crate::jobs::JobId;
use crate::send::{GatherError, own};
use crate::store::{SentCall, SentFax, Store, StoreError};

/// A recipient's pages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SentPages {
    pub pages: Vec<Arc<StoredPage>>,
    /// With cover page and header lines, as a call had them; else there was no call, and these are the documents alone.
    pub as_sent: bool,
}

/// Why pages can't be had.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Gather(#[from] GatherError),
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error("there is no such recipient")]
    NoRecipient,
}

/// The pages of a recipient, from 0.
pub async fn sent_pages(store: &Store, composer: &Composer, job: &JobId, recipient: u32) -> Result<SentPages, NotSent> {
    let fax = store.sent_fax(job, recipient).await?.ok_or(NotSent::NoRecipient)?;
    let documents: Vec<_> = store.job_pages(job).await?.into_iter().map(Arc::new).collect();
    let Some(last) = fax.calls.last() else { return Ok(SentPages { pages: documents, as_sent: false }) };
    let count = |pages: usize| u32::try_from(pages).unwrap_or(u32::MAX);
    let document_pages = count(documents.len());
    let SentFax { composition, cover_pages, .. } = &fax;
    let (cover, overlay) = own(store, job, composition, *cover_pages).await?;
    // A first call that was cut off before it had its cover page.
    let spans = if cover.is_some() && *cover_pages == 0 {
        vec![Span { from: 0, to: u32::MAX, started_at: last.started_at }]
    } else {
        spans(&fax.calls, cover_pages.saturating_add(document_pages))
    };
    let mut pages = Vec::new();
    for span in spans {
        let first = usize::try_from(span.from.saturating_sub(*cover_pages)).unwrap_or(usize::MAX);
        let last = usize::try_from(span.to.saturating_sub(*cover_pages)).unwrap_or(usize::MAX).min(documents.len());
        let composed = composer.compose(Fax {
            cover: cover.clone(),
            documents: documents.get(first..last).unwrap_or_default().to_vec(),
            document_pages,
            first_page: span.from,
            repeated: 0,
            header: composition.rendering.header.as_deref().map(Header::parse).transpose()?,
            overlay: overlay.clone(),
            facts: FaxFacts {
                now: span.started_at,
                zone: TimeZone::get(&composition.zone).unwrap_or(TimeZone::UTC),
                number: fax.dial.clone(),
                csid: fax.csid.clone().unwrap_or_default(),
            },
        });
        let length = usize::try_from(span.to - span.from).unwrap_or(usize::MAX);
        pages.extend(composed.await?.pages.into_iter().take(length));
    }
    Ok(SentPages { pages, as_sent: true })
}

/// Pages that one call brought over, or had ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    from: u32,
    /// Not included.
    to: u32,
    started_at: Timestamp,
}

fn spans(calls: &[SentCall], total: u32) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut from = 0;
    for call in calls {
        let to = call.first_page.saturating_add(call.pages_confirmed).min(total);
        if call.first_page <= from && to > from {
            spans.push(Span { from, to, started_at: call.started_at });
            from = to;
        }
    }
    if let Some(last) = calls.last().filter(|_| from < total) {
        spans.push(Span { from, to: total, started_at: last.started_at });
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_of_the_call_that_brought_it_over() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let call =
            |second, first_page, pages_confirmed| SentCall { started_at: at(second), first_page, pages_confirmed };
        let of = |calls: &[SentCall], total| -> Vec<(u32, u32, i64)> {
            spans(calls, total).iter().map(|span| (span.from, span.to, span.started_at.as_second())).collect()
        };
        assert_eq!(of(&[call(1, 0, 3)], 3), [(0, 3, 1)]);
        assert_eq!(of(&[call(1, 0, 0), call(2, 0, 2), call(3, 2, 0), call(4, 2, 1)], 3), [(0, 2, 2), (2, 3, 4)]);
        assert_eq!(
            of(&[call(1, 0, 1), call(2, 1, 0)], 3),
            [(0, 1, 1), (1, 3, 2)],
            "the rest was ready for the last call"
        );
        assert_eq!(of(&[call(1, 0, 0)], 2), [(0, 2, 1)]);
        assert_eq!(of(&[], 2), []);
    }
}
