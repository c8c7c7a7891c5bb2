//! What the sender carries from state to state: the pages, the far end's abilities, what was agreed.

use std::sync::Arc;

use crate::carrier::Modem;
use crate::outcome::{Outcome, Phase};
use crate::page::{PageSource, Resolution, StoredPage, halve};
use crate::t4;
use crate::t6;
use crate::t30::context::Context;
use crate::t30::dis::{Dcs, Dis, row_bits};
use crate::t30::frame::{Ending, Post};
use crate::t30::negotiate::{Own, PageShape, ladder, negotiate};
use crate::t30::state::State;
use crate::t30::{Coding, Event};

use super::{AwaitDis, SendPage, SendTraining};

/// The pages, and how far we are.
pub(in crate::t30) struct Pages {
    pages: Vec<Arc<StoredPage>>,
    at: usize,
    /// No faster than this, once the line has proved it.
    rate_bps_max: u32,
}

impl Pages {
    pub(in crate::t30) fn new(pages: Vec<Arc<StoredPage>>) -> Pages {
        Pages { pages, at: 0, rate_bps_max: u32::MAX }
    }

    /// The page's index, as events name it.
    fn number(&self) -> u32 {
        u32::try_from(self.at).unwrap_or(u32::MAX)
    }
}

/// A page to be sent to a far end that is known.
pub(in crate::t30) struct Job {
    pages: Pages,
    page: Arc<StoredPage>,
    far: Dis,
    /// Modems to try, the one in use first.
    modems: Vec<Modem>,
    dcs: Dcs,
    /// So often this page was sent.
    sends: u8,
    /// The application knows that this page's last command leaves.
    in_doubt: bool,
    /// The next fast signal trains at length.
    long: bool,
    /// The far end answered DCS with what answers something else.
    pub(super) heard_nonsense: bool,
}

impl Job {
    /// The next of `pages` for a far end that can do this.
    pub(in crate::t30) fn new(pages: Pages, far: Dis, cx: &Context) -> Result<Box<Job>, Outcome> {
        let page = pages.pages.get(pages.at).cloned().ok_or(Outcome::Internal)?;
        let mut modems = ladder(&far, &cx.modems);
        modems.retain(|modem| modem.rate_bps() <= pages.rate_bps_max);
        let modem = *modems.first().ok_or(Outcome::Incompatible)?;
        let dcs = parameters(&far, &page, modem, cx).ok_or(Outcome::Incompatible)?;
        Ok(Box::new(Job {
            pages,
            page,
            far,
            modems,
            dcs,
            sends: 0,
            in_doubt: false,
            long: false,
            heard_nonsense: false,
        }))
    }

    pub(super) fn dcs(&self) -> &Dcs {
        &self.dcs
    }

    /// The page's index, as events name it.
    pub(super) fn number(&self) -> u32 {
        self.pages.number()
    }

    /// Takes the next slower modem and rate; false when there is none.
    pub(super) fn slower(&mut self, cx: &Context) -> bool {
        let Some(&modem) = self.modems.get(1) else { return false };
        let Some(dcs) = parameters(&self.far, &self.page, modem, cx) else { return false };
        self.modems.remove(0);
        self.dcs = dcs;
        self.pages.rate_bps_max = modem.rate_bps();
        true
    }

    /// The next fast signal trains at length. Answers whether it did so already.
    pub(super) fn train_at_length(&mut self, long: bool) -> bool {
        std::mem::replace(&mut self.long, long)
    }

    /// What follows this page: EOM where the next one needs other parameters; nothing where the call is to end here.
    pub(super) fn post(&self, cx: &Context) -> Post {
        let next = self.pages.pages.get(self.pages.at + 1).filter(|_| !cx.finishing);
        Post::plain(match next.map(|next| parameters(&self.far, next, self.dcs.modem, cx)) {
            None => Ending::Eop,
            Some(dcs) if dcs.as_ref() == Some(&self.dcs) => Ending::Mps,
            Some(_) => Ending::Eom,
        })
    }

    /// The page as it goes on the line, first bit in the most significant place.
    pub(super) fn code(&self) -> Vec<u8> {
        let Dcs { resolution, coding, ecm, modem, scan_ms, .. } = self.dcs;
        if coding == Coding::Mmr && resolution == self.page.resolution {
            return self.page.code.clone();
        }
        let mut source: Box<dyn PageSource + '_> = Box::new(self.page.source());
        while source.resolution() > resolution {
            source = Box::new(halve(source));
        }
        let k = match (coding, resolution) {
            (Coding::Mmr, _) => return t6::encode(&mut *source),
            (Coding::Mh, _) => None,
            (Coding::Mr, Resolution::Standard) => Some(t4::K_STANDARD),
            (Coding::Mr, _) => Some(t4::K_FINE),
        };
        let row_bits_min = if ecm { 0 } else { row_bits(scan_ms, modem.rate_bps()) };
        t4::encode(&mut *source, &t4::Options { k, row_bits_min, return_to_control: true })
    }

    /// The page's last command is about to leave: from here on it is in doubt. Said once each time the page is sent.
    pub(super) fn ending(&mut self, cx: &mut Context) {
        if !std::mem::replace(&mut self.in_doubt, true) {
            cx.event(Event::PageEnding { page: self.number() });
        }
    }

    /// The far end has the page. `retrain`: it asked for training before the next one (RTP).
    pub(super) fn confirmed(mut self: Box<Job>, post: Post, retrain: bool, cx: &mut Context) -> State {
        cx.event(Event::PageConfirmed { page: self.number() });
        if post.ending == Ending::Eop {
            return cx.hang_up(if self.is_at_last() { Outcome::Sent } else { Outcome::Cancelled });
        }
        if cx.finishing {
            return cx.hang_up(Outcome::Cancelled);
        }
        self.pages.at += 1;
        if post.ending == Ending::Eom {
            return AwaitDis::again(self.pages, cx);
        }
        let Some(page) = self.pages.pages.get(self.pages.at).cloned() else { return cx.hang_up(Outcome::Internal) };
        self.page = page;
        self.sends = 0;
        if retrain { SendTraining::begin(self, cx) } else { SendPage::begin(self, cx) }
    }

    /// The far end rejected the page (RTN): it is sent again behind new training, slower if there is a slower rate.
    pub(super) fn rejected(mut self: Box<Job>, cx: &mut Context) -> State {
        if self.sends >= cx.page_sends_max {
            return cx.hang_up(Outcome::PageRejected);
        }
        self.slower(cx);
        SendTraining::begin(self, cx)
    }

    /// The page is sent (once more).
    pub(super) fn count_send(&mut self) {
        self.sends = self.sends.saturating_add(1);
        self.in_doubt = false;
    }

    /// No answer to a page's last command, as often as it was sent.
    pub(super) fn unanswered(&self, post: Post, to: String) -> Outcome {
        if post.ending == Ending::Eop && self.is_at_last() {
            Outcome::EndNotConfirmed
        } else {
            Outcome::NoReply { phase: Phase::D, to }
        }
    }

    fn is_at_last(&self) -> bool {
        self.pages.at + 1 == self.pages.pages.len()
    }

    /// The answer says that an operator is wanted, and nobody is here. T.30 5.3.6.1.7: PIP confirms the page, PIN does not.
    pub(super) fn operator_wanted(self: Box<Job>, post: Post, taken: bool, cx: &mut Context) -> State {
        if taken && post.ending != Ending::Null {
            if post.ending == Ending::Eop {
                return self.confirmed(post, false, cx);
            }
            cx.event(Event::PageConfirmed { page: self.number() });
        }
        cx.hang_up(Outcome::OperatorWanted)
    }
}

fn parameters(far: &Dis, page: &StoredPage, modem: Modem, cx: &Context) -> Option<Dcs> {
    let own = Own { modems: &cx.modems, codings: &cx.codings, ecm: cx.ecm };
    let shape = PageShape { width: page.width, rows: page.rows, resolution: page.resolution };
    negotiate(far, own, shape, modem).ok()
}
