//! What a call carries: one fax, or several of one customer to the same number, one after the other.
//!
//! A call stops at every page until the store has on disk what just became true (architecture decision 12): first that the page is
//! in doubt, then that it is confirmed.

use ferrofax_fax::t30::Event;
use jiff::Timestamp;

use crate::failpoint;
use crate::line::{GiveUp, Observer, Story};
use crate::store::{DeliveryClaim, Store, StoreError};

/// A fax of the call.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) claim: DeliveryClaim,
    /// Of the call's pages, from 0, its first one.
    pub(super) first: u32,
    /// How many of them are its own, with those of a cover page that goes out once more.
    pub(super) pages: u32,
}

impl Load {
    /// The page of the fax, from 0, that the call's page is. None: it is one of a cover page that was confirmed before; what
    /// becomes of it changes nothing.
    fn page_of_fax(&self, page: u32) -> Option<u32> {
        Some(self.claim.first_page + page.checked_sub(self.first)?.checked_sub(self.claim.repeated)?)
    }

    /// What became of it in a call of which so many pages were confirmed.
    pub(super) fn fate(&self, confirmed: u32) -> Fate {
        if confirmed >= self.first + self.pages {
            Fate::Arrived
        } else if confirmed >= self.first {
            Fate::Called
        } else {
            Fate::Unbegun
        }
    }
}

/// What became of a fax of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// Every page was confirmed.
    Arrived,
    /// It ended as the call did.
    Called,
    /// The call ended before its first page.
    Unbegun,
}

/// Commits each page's state before the call goes on.
pub(super) struct Commits<'a> {
    store: &'a Store,
    loads: &'a [Load],
    /// Pages of the call that were confirmed.
    pub(super) confirmed: u32,
}

impl<'a> Commits<'a> {
    pub(super) fn new(store: &'a Store, loads: &'a [Load]) -> Commits<'a> {
        Commits { store, loads, confirmed: 0 }
    }

    /// The claim and page a page of the call belongs to.
    fn find(&self, page: u32) -> Option<(&'a DeliveryClaim, u32)> {
        let load = self.loads.iter().rev().find(|load| load.first <= page)?;
        Some((&load.claim, load.page_of_fax(page)?))
    }

    async fn commit(&mut self, event: Event, story: &Story) -> Result<(), StoreError> {
        match event {
            // The first word of the far end: answered. A call cut off later still knows when.
            Event::RemoteId(_) => {
                for load in self.loads {
                    self.store.record_answered(&load.claim, Timestamp::now()).await?;
                }
            }
            Event::PageEnding { page } => {
                if let Some((claim, page)) = self.find(page) {
                    self.store.record_page_ending(claim, page).await?;
                }
                failpoint::reach("page-ending");
            }
            Event::PageConfirmed { page } => {
                failpoint::reach("page-heard");
                if let Some((claim, page_of_fax)) = self.find(page) {
                    self.store.record_page_confirmed(claim, page_of_fax, &story.ladder()).await?;
                }
                self.confirmed = page + 1;
                failpoint::reach("page-confirmed");
            }
            _ => {}
        }
        Ok(())
    }
}

impl Observer for Commits<'_> {
    async fn observe(&mut self, event: Event, story: &Story) -> Result<(), GiveUp> {
        self.commit(event, story).await.map_err(|error| {
            let error = &error as &dyn std::error::Error;
            let job = self.loads.first().map(|load| load.claim.job.to_string()).unwrap_or_default();
            tracing::error!(job.id = %job, error, "a page of job {job} could not be recorded");
            GiveUp
        })
    }
}
