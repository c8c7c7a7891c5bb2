//! Sender with error correction: a block of frames goes out; then waiting to hear which arrived. T.30 Annex A, T.4 Annex A.
//!
//! A page is cut into blocks (partial pages) of up to 256 frames of 256 octets; the last frame is filled with zeros. Behind the
//! frames goes RCP three times, then PPS with what follows and the counters.
//!
//! Leaves for `SendBlock` (MCF: the next block or page; PPR: the frames asked for), `AwaitCtr` (the fourth PPR), `AwaitReady` (RNR),
//! and as a page without error correction does.

use super::ask::{Ask, Asking};
use super::correct::AwaitCtr;
use super::job::Job;
use super::not_ready::AwaitReady;
use crate::carrier::Command;
use crate::outcome::{Outcome, Phase};
use crate::t30::context::{Context, page_signal};
use crate::t30::frame::{BLOCK_FRAMES, BadFrames, BlockFrame, Ending, Frame, Post};
use crate::t30::state::{State, Step};
use crate::t30::timers::PPRS_MAX;

/// RCPs behind a block, T.4 Annex A.
const RCPS: usize = 3;

/// A block of a page, and how its correction goes.
pub(super) struct Block {
    /// The page's octets as they go on the line, least significant bit first.
    octets: Vec<u8>,
    /// Frames before this block.
    first: usize,
    /// Counts from 0 within the page.
    number: usize,
    /// Frames of this block to be sent, by number; all at first.
    wanted: Vec<u8>,
    /// PPRs since the block began or its correction was agreed on anew.
    pprs: u8,
    /// Times the lowest rate was tried on.
    pub(super) lowest_rate_rounds: u8,
    frame_octets: usize,
}

impl Block {
    fn first(code: Vec<u8>, frame_octets: usize) -> Block {
        let mut octets: Vec<u8> = code.into_iter().map(u8::reverse_bits).collect();
        let whole = octets.len().max(1).next_multiple_of(frame_octets);
        octets.resize(whole, 0);
        Block { octets, first: 0, number: 0, wanted: Vec::new(), pprs: 0, lowest_rate_rounds: 0, frame_octets }
            .all_wanted()
    }

    /// The block behind this one, if the page goes on.
    fn next(self) -> Option<Block> {
        let first = self.first + BLOCK_FRAMES;
        if first * self.frame_octets >= self.octets.len() {
            return None;
        }
        Some(Block { first, number: self.number + 1, pprs: 0, lowest_rate_rounds: 0, ..self }.all_wanted())
    }

    fn is_last(&self) -> bool {
        (self.first + BLOCK_FRAMES) * self.frame_octets >= self.octets.len()
    }

    /// Frames in this block.
    fn len(&self) -> usize {
        (self.octets.len() / self.frame_octets - self.first).min(BLOCK_FRAMES)
    }

    fn all_wanted(mut self) -> Block {
        self.wanted = (0..=u8::MAX).take(self.len()).collect();
        self
    }

    fn frames(&self) -> Vec<Vec<u8>> {
        let frame = |&number: &u8| {
            let start = (self.first + usize::from(number)) * self.frame_octets;
            let data = self.octets.get(start..start + self.frame_octets)?;
            Some(BlockFrame::Data(number, data).encode())
        };
        let mut frames: Vec<Vec<u8>> = self.wanted.iter().filter_map(frame).collect();
        frames.extend(std::iter::repeat_n(BlockFrame::Rcp.encode(), RCPS));
        frames
    }

    /// Asks for these frames again. Answers whether the sender must now decide how to go on (A.1.3: the fourth PPR).
    fn want(&mut self, bad: &BadFrames) -> bool {
        self.wanted = bad.iter().take_while(|&number| usize::from(number) < self.len()).collect();
        self.pprs += 1;
        self.pprs >= PPRS_MAX
    }

    /// The far end agreed to go on correcting.
    pub(super) fn go_on(&mut self) {
        self.pprs = 0;
    }

    /// For the ladder, behind the page's number.
    fn describe(&self) -> String {
        let block = if self.number > 0 { format!(", block {}", self.number + 1) } else { String::new() };
        let (sent, all) = (self.wanted.len(), self.len());
        if sent == all { format!("{block}, {all} frames") } else { format!("{block}, {sent} of {all} frames") }
    }
}

/// Frames of a block are being sent.
pub(in crate::t30) struct SendBlock {
    job: Box<Job>,
    block: Block,
}

impl SendBlock {
    /// The first block of the job's page.
    pub(super) fn first(job: Box<Job>, code: Vec<u8>, cx: &mut Context) -> State {
        let block = Block::first(code, job.dcs().frame_octets());
        SendBlock::begin(job, block, cx)
    }

    /// The frames wanted of this block.
    pub(super) fn begin(mut job: Box<Job>, block: Block, cx: &mut Context) -> State {
        if cx.cancelled {
            return cx.hang_up(Outcome::Cancelled);
        }
        cx.block_frames = u16::try_from(block.len()).ok();
        cx.note_ours("page", &format!("{}{}", job.number() + 1, block.describe()));
        let frames = block.frames();
        let fast = page_signal(job.dcs().modem, job.train_at_length(false));
        cx.wait_for_signal(frames.iter().map(Vec::len).sum(), job.dcs().modem.rate_bps());
        cx.command(Command::EcmFrames(fast, frames));
        SendBlock { job, block }.into()
    }
}

impl Step for SendBlock {
    fn phase(&self) -> Phase {
        Phase::C
    }

    fn on_frame(self, frame: Frame, cx: &mut Context) -> State {
        match frame {
            Frame::Dcn => cx.done(Outcome::RemoteDisconnected { phase: Phase::C }),
            _ => self.into(),
        }
    }

    fn on_sent(self, cx: &mut Context) -> State {
        let SendBlock { mut job, block } = self;
        let post = if block.is_last() { job.post(cx) } else { Post::plain(Ending::Null) };
        if post.ending != Ending::Null {
            job.ending(cx);
        }
        let command = Frame::Pps {
            post,
            // Both counters run modulo 256: T.30 A.4.3.
            page: (job.number() & 0xff) as u8,
            block: (block.number & 0xff) as u8,
            frames: u16::try_from(block.wanted.len()).unwrap_or(0).max(1),
        };
        let ask = Ask::begin(command, cx);
        AwaitBlockAnswer { job, block, post, ask }.into()
    }

    fn on_timeout(self, cx: &mut Context) -> State {
        cx.done(Outcome::Internal)
    }

    fn on_cancel(self, cx: &mut Context) -> State {
        cx.command(Command::Stop);
        cx.hang_up(Outcome::Cancelled)
    }
}

/// Waiting for MCF or PPR.
pub(in crate::t30) struct AwaitBlockAnswer {
    pub(super) job: Box<Job>,
    pub(super) block: Block,
    pub(super) post: Post,
    pub(super) ask: Ask,
}

impl AwaitBlockAnswer {
    fn again(mut self, cx: &mut Context) -> State {
        if self.ask.again(cx) {
            return self.into();
        }
        cx.hang_up(self.job.unanswered(self.post, self.ask.name()))
    }
}

impl Asking for AwaitBlockAnswer {
    fn ask(&mut self) -> &mut Ask {
        &mut self.ask
    }

    /// What the answer means; also when it comes after RNR.
    fn on_answer(mut self, frame: Frame, cx: &mut Context) -> State {
        match frame {
            Frame::Mcf | Frame::Rtp if self.post.ending == Ending::Null => match self.block.next() {
                Some(block) => SendBlock::begin(self.job, block, cx),
                None => cx.hang_up(Outcome::Internal),
            },
            Frame::Mcf => self.job.confirmed(self.post, false, cx),
            Frame::Rtp => self.job.confirmed(self.post, true, cx),
            Frame::Rtn => self.job.rejected(cx),
            Frame::Ppr(bad) => {
                if self.block.want(&bad) {
                    AwaitCtr::begin(self.job, self.block, cx)
                } else {
                    SendBlock::begin(self.job, self.block, cx)
                }
            }
            Frame::Rnr => AwaitReady::begin(self, cx),
            Frame::Pip => self.job.operator_wanted(self.post, true, cx),
            Frame::Pin => self.job.operator_wanted(self.post, false, cx),
            Frame::Crp => self.again(cx),
            _ => self.into(),
        }
    }

    fn on_silence(self, cx: &mut Context) -> State {
        self.again(cx)
    }
}
