//! What the receiver carries from state to state, and what each command means to it.

use super::answer::{Next, SendAnswer};
use super::await_dcn::Mute;
use super::await_tcf::AwaitTcf;
use super::paper::Paper;
use crate::carrier::{Content, Fast};
use crate::outcome::{Outcome, Phase};
use crate::t30::context::{Context, page_signal};
use crate::t30::dis::{Dcs, Dis, Length, Rates, ScanTime, Width};
use crate::t30::frame::{Ending, Frame, Post};
use crate::t30::state::State;
use crate::t30::timers::{PAGES_MAX, ROUNDS_MAX};
use crate::t30::{Act, Coding, Event, Moment};

/// Without error correction a page with no more bad rows than this is confirmed (MCF): 5 %. Ours; T.30 leaves it open.
const GOOD_ROWS_PERCENT: u64 = 95;
/// With no more than this it is taken, and training asked for (RTP): 15 %. Worse ones are rejected (RTN). Ours.
const FAIR_ROWS_PERCENT: u64 = 85;

/// A fax being received.
pub(in crate::t30) struct Taking {
    /// What was agreed last.
    pub(super) dcs: Option<Dcs>,
    pub(super) paper: Paper,
    /// A fast signal was heard since our last answer: a command now speaks of something new.
    pub(super) heard: bool,
    /// A fast signal trains at length next (after CTR).
    pub(super) long: bool,
    /// The last command that had an answer, and the answer.
    answered: Option<(Frame, Frame, Next)>,
    /// Whole pages.
    pages: u32,
    /// Answers since something good came.
    rounds: u8,
    /// We poll: DTC instead of DIS.
    pub(super) polling: bool,
    /// Any frame was heard.
    pub(super) met: bool,
}

impl Taking {
    pub(in crate::t30) fn new(polling: bool) -> Box<Taking> {
        Box::new(Taking {
            dcs: None,
            paper: Paper::default(),
            heard: false,
            long: false,
            answered: None,
            pages: 0,
            rounds: 0,
            polling,
            met: false,
        })
    }

    /// What we say we can.
    pub(super) fn abilities(cx: &Context) -> Dis {
        let can = |coding| cx.codings.contains(&coding);
        Dis {
            t38: false,
            can_send: false,
            can_receive: true,
            rates: Rates::of(&cx.modems),
            resolution: cx.resolution_max,
            mr: can(Coding::Mr),
            mmr: can(Coding::Mmr) && cx.ecm,
            ecm: cx.ecm,
            width: Width::A4,
            length: Length::Unlimited,
            scan_time: ScanTime::NONE,
        }
    }

    /// The page's signal to listen for.
    pub(super) fn page_signal(&self) -> Option<(Fast, Content)> {
        let dcs = self.dcs.as_ref()?;
        let content = if dcs.ecm { Content::Ecm } else { Content::Page };
        Some((page_signal(dcs.modem, self.long), content))
    }

    /// Whole pages so far.
    pub(super) fn pages(&self) -> u32 {
        self.pages
    }

    /// The page in hand, counted from 1, for the ladder.
    pub(super) fn page_number(&self) -> u32 {
        self.pages.saturating_add(1)
    }

    /// A command came while waiting in `phase`. `stay` is where it leads if it means nothing here.
    pub(super) fn on_command(
        mut self: Box<Self>,
        frame: Frame,
        phase: Phase,
        cx: &mut Context,
        stay: impl FnOnce(Box<Taking>) -> State,
    ) -> State {
        self.met = true;
        match frame {
            Frame::Dcn => return cx.done(Outcome::RemoteDisconnected { phase }),
            Frame::Dcs(_) | Frame::DcsUnknown | Frame::Post(_) | Frame::Pps { .. } => {}
            Frame::Eor(_) | Frame::Ctc(_) | Frame::Rr | Frame::Crp => {}
            _ => return stay(self),
        }
        if cx.cancelled {
            return cx.hang_up(Outcome::Cancelled);
        }
        self.rounds += 1;
        if self.rounds > ROUNDS_MAX {
            return cx.hang_up(Outcome::ProtocolError { phase });
        }
        if self.paper.overflowed() {
            return cx.hang_up(Outcome::ProtocolError { phase: Phase::C });
        }
        match (frame, self.dcs.clone()) {
            (Frame::Dcs(dcs), _) => self.on_dcs(dcs, cx),
            // The sender means to train in a way we did not offer: it will try another when it hears that this one fails.
            (Frame::DcsUnknown, _) => SendAnswer::begin(self, Frame::Ftt, Next::Dcs, cx),
            (Frame::Rr | Frame::Crp, _) => match self.answered.clone() {
                Some((_, answer, next)) => SendAnswer::begin(self, answer, next, cx),
                None => stay(self),
            },
            (Frame::Post(post), Some(dcs)) if !dcs.ecm => self.on_page_end(post, &dcs, cx),
            (frame @ Frame::Pps { .. }, Some(dcs)) if dcs.ecm => self.on_block_end(frame, &dcs, cx),
            (Frame::Ctc(modem), Some(mut dcs)) if dcs.ecm => {
                dcs.modem = modem.unwrap_or(dcs.modem);
                cx.agreed(&dcs);
                self.dcs = Some(dcs);
                self.long = true;
                SendAnswer::begin(self, Frame::Ctr, Next::Page, cx)
            }
            (Frame::Eor(post), Some(dcs)) if dcs.ecm => self.on_block_given_up(post, &dcs, cx),
            _ => stay(self),
        }
    }

    fn on_dcs(mut self: Box<Self>, dcs: Dcs, cx: &mut Context) -> State {
        cx.agreed(&dcs);
        cx.block_frames = None;
        self.paper = Paper::default();
        self.answered = None;
        self.heard = false;
        self.long = false;
        self.dcs = Some(dcs);
        AwaitTcf::begin(self, cx)
    }

    /// MPS, EOM or EOP without error correction.
    ///
    /// A command with no page before it is the last one repeated, because our answer was lost. (A whole page of
    /// which no signal at all was heard, within T2, looks the same. Only error correction has counters to tell; so carriers report
    /// every fast signal that begins, readable or not.)
    fn on_page_end(mut self: Box<Self>, post: Post, dcs: &Dcs, cx: &mut Context) -> State {
        let command = Frame::Post(post);
        if !self.heard {
            return match self.answered.clone() {
                Some((last, answer, next)) if last == command => SendAnswer::begin(self, answer, next, cx),
                _ => self.answer(command, Frame::Rtn, Next::Dcs, cx),
            };
        }
        let (page, bad_rows) = std::mem::take(&mut self.paper).read(dcs);
        let (rows, good_rows) = (u64::from(page.rows), u64::from(page.rows.saturating_sub(bad_rows)));
        if rows == 0 || good_rows * 100 < rows * FAIR_ROWS_PERCENT {
            return self.answer(command, Frame::Rtn, Next::Dcs, cx);
        }
        let answer = if good_rows * 100 < rows * GOOD_ROWS_PERCENT { Frame::Rtp } else { Frame::Mcf };
        self.on_whole_page(page, bad_rows, command, post, answer, cx)
    }

    /// PPS: a block has ended.
    fn on_block_end(mut self: Box<Self>, command: Frame, dcs: &Dcs, cx: &mut Context) -> State {
        let Frame::Pps { post, page, block, frames } = command else {
            return self.answer(command, Frame::Crp, Next::Page, cx);
        };
        if !self.heard
            && let Some((Frame::Pps { page: last_page, block: last_block, .. }, Frame::Mcf, next)) = self.answered
            && (last_page, last_block) == (page, block)
        {
            return SendAnswer::begin(self, Frame::Mcf, next, cx);
        }
        self.long = false;
        if let Some(Act::Say(Frame::Ppr(bad))) = cx.misbehaviour.due(Moment::Block(self.pages)) {
            self.paper.lose(&bad);
        }
        if let Some(bad) = self.paper.close_block(frames) {
            return self.answer(command, Frame::Ppr(bad), Next::Page, cx);
        }
        cx.block_frames = None;
        self.rounds = 0;
        if self.paper.overflowed() {
            return cx.hang_up(Outcome::ProtocolError { phase: Phase::C });
        }
        if post.ending == Ending::Null {
            return self.answer(command, Frame::Mcf, Next::Page, cx);
        }
        let (page, bad_rows) = std::mem::take(&mut self.paper).read(dcs);
        self.on_whole_page(page, bad_rows, command, post, Frame::Mcf, cx)
    }

    /// EOR: the sender goes on without what is missing.
    fn on_block_given_up(mut self: Box<Self>, post: Post, dcs: &Dcs, cx: &mut Context) -> State {
        let command = Frame::Eor(post);
        if !self.heard
            && let Some((last, answer, next)) = self.answered.clone()
            && last == command
        {
            return SendAnswer::begin(self, answer, next, cx);
        }
        self.paper.tear_block(dcs.coding);
        cx.block_frames = None;
        if post.ending == Ending::Null {
            return self.answer(command, Frame::Err, Next::Page, cx);
        }
        let (page, bad_rows) = std::mem::take(&mut self.paper).read(dcs);
        self.on_whole_page(page, bad_rows, command, post, Frame::Err, cx)
    }

    fn on_whole_page(
        mut self: Box<Self>,
        page: crate::page::StoredPage,
        bad_rows: u32,
        command: Frame,
        post: Post,
        answer: Frame,
        cx: &mut Context,
    ) -> State {
        let slip = cx.misbehaviour.due(Moment::Page(self.pages));
        if let Some(Act::Say(refusal @ (Frame::Rtn | Frame::Pin))) = slip {
            // Such a page is not taken: it may come again.
            return self.answer(command, refusal, Next::Dcs, cx);
        }
        self.pages = self.pages.saturating_add(1);
        self.rounds = 0;
        cx.event(Event::PageReceived { page: Box::new(page), bad_rows });
        if let Some(act) = slip {
            return self.misbehave(act, Some(command), cx);
        }
        if self.pages >= PAGES_MAX {
            return cx.hang_up(Outcome::ProtocolError { phase: Phase::D });
        }
        let next = match (post.ending, &answer) {
            (Ending::Eop, _) => Next::Dcn,
            (Ending::Eom, _) => Next::Dis,
            (_, Frame::Rtp) => Next::Dcs,
            _ => Next::Page,
        };
        self.answer(command, answer, next, cx)
    }

    /// What a test machine does wrong at this moment; without a fault, `self` again.
    pub(super) fn slip(self: Box<Self>, at: Moment, cx: &mut Context) -> Result<State, Box<Taking>> {
        match cx.misbehaviour.due(at) {
            Some(act) => Ok(self.misbehave(act, None, cx)),
            None => Err(self),
        }
    }

    fn misbehave(self: Box<Self>, act: Act, command: Option<Frame>, cx: &mut Context) -> State {
        match (act, command) {
            (Act::Say(Frame::Dcn), _) => cx.hang_up(Outcome::Cancelled),
            (Act::Say(answer), Some(command)) => {
                let next = Next::after(&answer);
                self.answer(command, answer, next, cx)
            }
            (Act::Say(answer), None) => {
                let next = Next::after(&answer);
                SendAnswer::begin(self, answer, next, cx)
            }
            (Act::HangUp, _) => cx.done(Outcome::Cancelled),
            (Act::Mute | Act::Wait(_), _) => Mute::begin(cx),
        }
    }

    /// Answers a command of phase D, and remembers both.
    fn answer(mut self: Box<Self>, command: Frame, answer: Frame, next: Next, cx: &mut Context) -> State {
        self.heard = false;
        self.answered = Some((command, answer.clone(), next));
        SendAnswer::begin(self, answer, next, cx)
    }
}
