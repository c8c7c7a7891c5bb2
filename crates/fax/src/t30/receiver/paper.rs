//! Receiver: the page in hand, from bits or frames to rows. Bounded whatever comes.
//!
//! Without error correction the bits are kept as they come. With it, frames are kept by number until the block is whole;
//! whole blocks are joined. T.4 Annex A.

use crate::page::StoredPage;
use crate::t4;
use crate::t6;
use crate::t30::Coding;
use crate::t30::dis::Dcs;
use crate::t30::frame::{BLOCK_FRAMES, BadFrames, BlockFrame};
use crate::t30::timers::{BLOCKS_MAX, PAGE_OCTETS_MAX};

/// A page as far as it has come.
#[derive(Default)]
pub(super) struct Paper {
    /// The bits so far, first bit in the most significant place: all of a page, or its whole blocks.
    code: Vec<u8>,
    blocks: u16,
    /// The block in hand: frames by number, least significant bit first. Grows to the highest number seen.
    frames: Vec<Option<Vec<u8>>>,
    /// Frames in the block, as its first PPS said: later ones may count only what they repeat.
    expected: Option<usize>,
    /// A block was given up: rows are missing.
    torn: bool,
    /// What comes behind the hole can't be read.
    unreadable: bool,
    /// More came than a page may have.
    overflowed: bool,
}

impl Paper {
    /// Bits of a page without error correction.
    pub(super) fn push_bits(&mut self, bits: &[u8]) {
        self.overflowed |= self.code.len() + bits.len() > PAGE_OCTETS_MAX;
        if !self.overflowed {
            self.code.extend_from_slice(bits);
        }
    }

    /// A good frame of a block. Frames that are longer than was agreed are no frames of this block.
    pub(super) fn push_frame(&mut self, bytes: &[u8], frame_octets: usize) {
        if let Some(BlockFrame::Data(number, data)) = BlockFrame::parse(bytes)
            && data.len() <= frame_octets
        {
            let place = usize::from(number);
            if self.frames.len() <= place {
                self.frames.resize(place + 1, None);
            }
            if let Some(frame) = self.frames.get_mut(place) {
                *frame = Some(data.to_vec());
            }
        }
    }

    /// Frames of the block that are here.
    pub(super) fn good_frames(&self) -> usize {
        self.frames.iter().flatten().count()
    }

    /// Octets of whole blocks, or of bits.
    pub(super) fn octets(&self) -> usize {
        self.code.len()
    }

    /// More came than a page may have.
    pub(super) fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// These frames of the block count as damaged, by a deliberate fault.
    pub(super) fn lose(&mut self, bad: &BadFrames) {
        for number in bad.iter() {
            if let Some(frame) = self.frames.get_mut(usize::from(number)) {
                *frame = None;
            }
        }
    }

    /// PPS says how many frames there should be: which are missing. None: the block was whole, and is joined to the page.
    pub(super) fn close_block(&mut self, announced: u16) -> Option<BadFrames> {
        let expected = *self.expected.get_or_insert(usize::from(announced).min(BLOCK_FRAMES));
        let expected = expected.max(self.frames.len());
        self.frames.resize(expected, None);
        if self.frames.iter().all(Option::is_some) {
            self.join(false);
            return None;
        }
        let mut bad = BadFrames::NONE;
        for (number, frame) in (0..=u8::MAX).zip(&self.frames) {
            if frame.is_none() {
                bad.insert(number);
            }
        }
        Some(bad)
    }

    /// The sender gave the block up (EOR): what there is of it is joined to the page, as far as it can be read.
    pub(super) fn tear_block(&mut self, coding: Coding) {
        self.torn = true;
        // T.4 code can be read on behind a hole, T.6 can't.
        self.join(coding == Coding::Mmr);
    }

    fn join(&mut self, stop_at_hole: bool) {
        for frame in std::mem::take(&mut self.frames) {
            match frame {
                _ if self.unreadable => break,
                Some(data) if self.code.len() + data.len() <= PAGE_OCTETS_MAX => {
                    self.code.extend(data.into_iter().map(u8::reverse_bits));
                }
                Some(_) => self.overflowed = true,
                None => self.unreadable = stop_at_hole,
            }
        }
        self.expected = None;
        self.blocks = self.blocks.saturating_add(1);
        self.overflowed |= self.blocks > BLOCKS_MAX;
    }

    /// The page as read by its DCS, and how many of its rows are bad.
    pub(super) fn read(self, dcs: &Dcs) -> (StoredPage, u32) {
        let width = dcs.width.pels();
        let (rows, bad) = match dcs.coding {
            Coding::Mmr => {
                let decoded = t6::decode(&self.code, width, None);
                let bad = u32::from(decoded.is_damaged());
                (decoded.rows, bad)
            }
            Coding::Mr | Coding::Mh => {
                let decoded = t4::decode(&self.code, width, dcs.coding == Coding::Mr);
                (decoded.rows, decoded.bad_rows)
            }
        };
        let bad = bad.max(u32::from(self.torn));
        (t6::store(&mut rows.source(dcs.resolution)), bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(paper: &mut Paper, number: u8, data: &[u8]) {
        paper.push_frame(&BlockFrame::Data(number, data).encode(), 64);
    }

    fn missing(bad: Option<BadFrames>) -> Option<Vec<u8>> {
        bad.map(|bad| bad.iter().collect())
    }

    #[test]
    fn a_block_is_whole_when_every_frame_is_here() {
        let mut paper = Paper::default();
        push(&mut paper, 0, &[0b0000_0001; 64]);
        push(&mut paper, 2, &[3; 64]);
        assert_eq!(missing(paper.close_block(4)), Some(vec![1, 3]));
        push(&mut paper, 3, &[4]);
        // A later PPS counts only what it repeats.
        assert_eq!(missing(paper.close_block(1)), Some(vec![1]));
        push(&mut paper, 1, &[2; 65]);
        assert_eq!(missing(paper.close_block(1)), Some(vec![1]), "longer than was agreed");
        push(&mut paper, 1, &[2; 64]);
        assert_eq!(missing(paper.close_block(1)), None);
        assert_eq!((paper.octets(), paper.code[0]), (3 * 64 + 1, 0b1000_0000));
        // The next block begins anew.
        assert_eq!(missing(paper.close_block(2)), Some(vec![0, 1]));
    }

    #[test]
    fn behind_a_hole_t4_is_read_on_and_t6_is_not() {
        for (coding, octets) in [(Coding::Mmr, 1), (Coding::Mh, 3)] {
            let mut paper = Paper::default();
            push(&mut paper, 0, &[1]);
            push(&mut paper, 2, &[1]);
            assert!(paper.close_block(3).is_some());
            paper.tear_block(coding);
            push(&mut paper, 0, &[1]);
            assert_eq!(missing(paper.close_block(1)), None);
            assert_eq!(paper.octets(), octets);
        }
    }

    #[test]
    fn a_page_may_not_grow_for_ever() {
        let mut paper = Paper::default();
        for _ in 0..PAGE_OCTETS_MAX / 4096 + 2 {
            paper.push_bits(&[0; 4096]);
        }
        assert!(paper.overflowed() && paper.octets() <= PAGE_OCTETS_MAX);
        let mut paper = Paper::default();
        for _ in 0..=BLOCKS_MAX {
            push(&mut paper, 0, &[0]);
            paper.close_block(1);
        }
        assert!(paper.overflowed());
    }
}
