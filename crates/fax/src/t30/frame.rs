//! Frames of binary coded signalling, T.30 5.3.6 and Annex A.4, in two faces: bytes that are merely well formed, and meaning.
//!
//! On a carrier a frame is address, control, facsimile control field (FCF) and information field (FIF), each octet with the bit
//! that is sent first in its least significant place. T.30 prints that bit leftmost, so the codes below are written as T.30
//! prints them and turned round on their way in and out.
//!
//! Frames that are well formed but of no use to this engine come out as [`Frame::Other`]: they go to the ladder and no further.

use std::fmt;

use super::dis::{Dcs, Dis};
use super::ids;
use crate::carrier::Modem;

/// Address of all frames, T.30 5.3.4.
const ADDRESS: u8 = 0b1111_1111;
/// Control field of a frame that others follow, T.30 5.3.5.
const MORE: u8 = 0b1100_0000;
/// Control field of the last frame, T.30 5.3.5.
const LAST: u8 = 0b1100_1000;

/// Octets read of a frame at most. Longer ones (some makers' NSF) are cut.
pub const FRAME_OCTETS_MAX: usize = 512;

/// Frames in a block (partial page), T.30 A.3.
pub const BLOCK_FRAMES: usize = 256;

/// What follows a page or block: T.30 5.3.6.1.6 and A.4.3.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ending {
    /// The page goes on in the next block.
    Null,
    /// Another page, same parameters.
    Mps,
    /// Another page, back to phase B first.
    Eom,
    /// That was the last page.
    Eop,
}

/// A command that follows a page, and whether it asks for an operator (`PRI-…`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Post {
    /// What follows.
    pub ending: Ending,
    /// Procedure interrupt: an operator is wanted.
    pub interrupt: bool,
}

impl Post {
    /// A command without a procedure interrupt.
    pub const fn plain(ending: Ending) -> Post {
        Post { ending, interrupt: false }
    }

    /// Its name: `EOP`, `PRI-EOP`.
    pub const fn name(self) -> &'static str {
        match (self.ending, self.interrupt) {
            (Ending::Null, _) => "NULL",
            (Ending::Mps, false) => "MPS",
            (Ending::Eom, false) => "EOM",
            (Ending::Eop, false) => "EOP",
            (Ending::Mps, true) => "PRI-MPS",
            (Ending::Eom, true) => "PRI-EOM",
            (Ending::Eop, true) => "PRI-EOP",
        }
    }

    /// The code as printed, X being 1.
    const fn code(self) -> u8 {
        match (self.ending, self.interrupt) {
            (Ending::Null, _) => 0b0000_0000,
            (Ending::Eom, false) => 0b1111_0001,
            (Ending::Mps, false) => 0b1111_0010,
            (Ending::Eop, false) => 0b1111_0100,
            (Ending::Eom, true) => 0b1111_1001,
            (Ending::Mps, true) => 0b1111_1010,
            (Ending::Eop, true) => 0b1111_1100,
        }
    }

    fn parse(code: u8) -> Option<Post> {
        let (ending, interrupt) = match code & !X {
            0b0000_0000 => (Ending::Null, false),
            0b0111_0001 => (Ending::Eom, false),
            0b0111_0010 => (Ending::Mps, false),
            0b0111_0100 => (Ending::Eop, false),
            0b0111_1001 => (Ending::Eom, true),
            0b0111_1010 => (Ending::Mps, true),
            0b0111_1100 => (Ending::Eop, true),
            _ => return None,
        };
        Some(Post { ending, interrupt })
    }
}

/// Which frames of a block are to be sent again, T.30 A.4.4.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BadFrames {
    map: [u8; BLOCK_FRAMES / 8],
}

impl BadFrames {
    /// None.
    pub const NONE: BadFrames = BadFrames { map: [0; BLOCK_FRAMES / 8] };

    /// Asks for a frame again.
    pub fn insert(&mut self, number: u8) {
        if let Some(octet) = self.map.get_mut(usize::from(number / 8)) {
            *octet |= 1 << (number % 8);
        }
    }

    /// Their numbers, rising.
    pub fn iter(&self) -> impl Iterator<Item = u8> {
        let wanted = |number: &u8| self.map.get(usize::from(number / 8)).is_some_and(|o| o >> (number % 8) & 1 == 1);
        (0..=u8::MAX).filter(wanted)
    }
}

/// What a frame means.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Frame {
    /// Abilities of the called machine.
    Dis(Dis),
    /// Identification of the called machine.
    Csi(String),
    /// Non-standard facilities: of no use here, and too long to show.
    Nsf,
    /// Abilities of a calling machine that wants to receive.
    Dtc(Dis),
    /// Identification of a calling machine that wants to receive.
    Cig(String),
    /// What will be done.
    Dcs(Dcs),
    /// A DCS that asks for something unknown here.
    DcsUnknown,
    /// Identification of the sender.
    Tsi(String),
    /// Subaddress.
    Sub(String),
    /// Password.
    Pwd(String),
    /// Sender's identification beside TSI.
    Sid(String),
    /// Selective polling.
    Sep(String),
    /// Polled subaddress.
    Psa(String),

    /// Training was good.
    Cfr,
    /// Training was bad.
    Ftt,

    /// A page has ended (no error correction).
    Post(Post),
    /// The page is good.
    Mcf,
    /// The page is good; train again.
    Rtp,
    /// The page is bad; train again.
    Rtn,
    /// The page is good; an operator is wanted.
    Pip,
    /// The page is bad; an operator is wanted.
    Pin,

    /// A block has ended (error correction).
    Pps {
        /// What follows.
        post: Post,
        /// Page counter, modulo 256.
        page: u8,
        /// Block counter within the page, modulo 256.
        block: u8,
        /// Frames just sent, 1 to 256.
        frames: u16,
    },
    /// These frames were bad.
    Ppr(BadFrames),
    /// Not ready for more.
    Rnr,
    /// Ready now?
    Rr,
    /// Go on correcting, at this rate.
    Ctc(Option<Modem>),
    /// Yes, go on.
    Ctr,
    /// The block is given up.
    Eor(Post),
    /// So be it.
    Err,

    /// The last command was not understood: say it again.
    Crp,
    /// A field was not valid.
    Fnv,
    /// The end.
    Dcn,

    /// Known by name or not at all; nothing to be done. The code as printed, X being 0.
    Other(u8),
}

/// Bit X of most codes, T.30 5.3.6.1: 1 from the station that received a DIS.
const X: u8 = 0b1000_0000;

// Codes as T.30 5.3.6.1 and Annex A.4 print them, X being 0 where they have one.
const DIS: u8 = 0b0000_0001;
const CSI: u8 = 0b0000_0010;
const NSF: u8 = 0b0000_0100;
const DTC: u8 = 0b1000_0001;
const CIG: u8 = 0b1000_0010;
const PWD: u8 = 0b1000_0011;
const NSC: u8 = 0b1000_0100;
const SEP: u8 = 0b1000_0101;
const PSA: u8 = 0b1000_0110;
const CIA: u8 = 0b1000_0111;
const ISP: u8 = 0b1000_1000;
const DCS: u8 = 0b0100_0001;
const TSI: u8 = 0b0100_0010;
const SUB: u8 = 0b0100_0011;
const NSS: u8 = 0b0100_0100;
const SID: u8 = 0b0100_0101;
const TSA: u8 = 0b0100_0110;
const IRA: u8 = 0b0100_0111;
const CTC: u8 = 0b0100_1000;
const CFR: u8 = 0b0010_0001;
const FTT: u8 = 0b0010_0010;
const CTR: u8 = 0b0010_0011;
const CSA: u8 = 0b0010_0100;
const EOS: u8 = 0b0111_1000;
const PPS: u8 = 0b0111_1101;
const EOR: u8 = 0b0111_0011;
const RR: u8 = 0b0111_0110;
const MCF: u8 = 0b0011_0001;
const RTN: u8 = 0b0011_0010;
const RTP: u8 = 0b0011_0011;
const PIN: u8 = 0b0011_0100;
const PIP: u8 = 0b0011_0101;
const PID: u8 = 0b0011_0110;
const RNR: u8 = 0b0011_0111;
const ERR: u8 = 0b0011_1000;
const PPR: u8 = 0b0011_1101;
const FDM: u8 = 0b0011_1111;
const DCN: u8 = 0b0101_1111;
const CRP: u8 = 0b0101_1000;
const DNK: u8 = 0b0101_1001;
const FNV: u8 = 0b0101_0011;
const TNR: u8 = 0b0101_0111;
const TR: u8 = 0b0101_0110;

/// Codes without bit X: their first bit is part of the code.
const WITHOUT_X: [u8; 11] = [DIS, CSI, NSF, DTC, CIG, PWD, NSC, SEP, PSA, CIA, ISP];

impl Frame {
    /// Reads a frame as a carrier reports it; `None` if it is no frame of T.30 at all.
    pub fn parse(bytes: &[u8]) -> Option<Frame> {
        let bytes = bytes.get(..FRAME_OCTETS_MAX).unwrap_or(bytes);
        let [address, control, code, field @ ..] = bytes else { return None };
        let control = control.reverse_bits();
        if *address != ADDRESS || (control != MORE && control != LAST) {
            return None;
        }
        let code = code.reverse_bits();
        let code = if WITHOUT_X.contains(&code) { code } else { code & !X };
        if let Some(post) = Post::parse(code).filter(|post| post.ending != Ending::Null) {
            return Some(Frame::Post(post));
        }
        Some(match code {
            DIS => Frame::Dis(Dis::parse(field)),
            CSI => Frame::Csi(ids::parse(field)),
            NSF => Frame::Nsf,
            DTC => Frame::Dtc(Dis::parse(field)),
            CIG => Frame::Cig(ids::parse(field)),
            DCS => Dcs::parse(field).map_or(Frame::DcsUnknown, Frame::Dcs),
            TSI => Frame::Tsi(ids::parse(field)),
            SUB => Frame::Sub(ids::parse(field)),
            PWD => Frame::Pwd(ids::parse(field)),
            SID => Frame::Sid(ids::parse(field)),
            SEP => Frame::Sep(ids::parse(field)),
            PSA => Frame::Psa(ids::parse(field)),
            CFR => Frame::Cfr,
            FTT => Frame::Ftt,
            MCF => Frame::Mcf,
            RTP => Frame::Rtp,
            RTN => Frame::Rtn,
            PIP => Frame::Pip,
            PIN => Frame::Pin,
            PPS => match field {
                [code, page, block, last, ..] => match Post::parse(code.reverse_bits()) {
                    Some(post) => Frame::Pps { post, page: *page, block: *block, frames: u16::from(*last) + 1 },
                    None => Frame::Other(PPS),
                },
                _ => Frame::Other(PPS),
            },
            PPR => {
                let mut bad = BadFrames::NONE;
                for (ours, theirs) in bad.map.iter_mut().zip(field) {
                    *ours = *theirs;
                }
                Frame::Ppr(bad)
            }
            RNR => Frame::Rnr,
            RR => Frame::Rr,
            CTC => Frame::Ctc(Dcs::parse(field).map(|dcs| dcs.modem)),
            CTR => Frame::Ctr,
            EOR => match field.first().and_then(|code| Post::parse(code.reverse_bits())) {
                Some(post) => Frame::Eor(post),
                None => Frame::Other(EOR),
            },
            ERR => Frame::Err,
            CRP => Frame::Crp,
            FNV => Frame::Fnv,
            DCN => Frame::Dcn,
            other => Frame::Other(other),
        })
    }

    /// The frame as a carrier sends it. `x`: this station received a DIS. `last`: no frame follows in this signal.
    pub fn encode(&self, x: bool, last: bool) -> Vec<u8> {
        let (code, field) = match self {
            Frame::Dis(dis) => (DIS, dis.encode()),
            Frame::Csi(id) => (CSI, ids::encode(id)),
            Frame::Nsf => (NSF, Vec::new()),
            Frame::Dtc(dis) => (DTC, dis.encode()),
            Frame::Cig(id) => (CIG, ids::encode(id)),
            Frame::Dcs(dcs) => (DCS, dcs.encode()),
            Frame::DcsUnknown => (DCS, Vec::new()),
            Frame::Tsi(id) => (TSI, ids::encode(id)),
            Frame::Sub(id) => (SUB, ids::encode(id)),
            Frame::Pwd(id) => (PWD, ids::encode(id)),
            Frame::Sid(id) => (SID, ids::encode(id)),
            Frame::Sep(id) => (SEP, ids::encode(id)),
            Frame::Psa(id) => (PSA, ids::encode(id)),
            Frame::Cfr => (CFR, Vec::new()),
            Frame::Ftt => (FTT, Vec::new()),
            Frame::Post(post) => (post.code() & !X, Vec::new()),
            Frame::Mcf => (MCF, Vec::new()),
            Frame::Rtp => (RTP, Vec::new()),
            Frame::Rtn => (RTN, Vec::new()),
            Frame::Pip => (PIP, Vec::new()),
            Frame::Pin => (PIN, Vec::new()),
            Frame::Pps { post, page, block, frames } => {
                let last = u8::try_from(frames.saturating_sub(1)).unwrap_or(u8::MAX);
                (PPS, vec![post.code().reverse_bits(), *page, *block, last])
            }
            Frame::Ppr(bad) => (PPR, bad.map.to_vec()),
            Frame::Rnr => (RNR, Vec::new()),
            Frame::Rr => (RR, Vec::new()),
            Frame::Ctc(modem) => (CTC, modem.map(super::dis::ctc_field).unwrap_or_default()),
            Frame::Ctr => (CTR, Vec::new()),
            Frame::Eor(post) => (EOR, vec![post.code().reverse_bits()]),
            Frame::Err => (ERR, Vec::new()),
            Frame::Crp => (CRP, Vec::new()),
            Frame::Fnv => (FNV, Vec::new()),
            Frame::Dcn => (DCN, Vec::new()),
            Frame::Other(code) => (*code, Vec::new()),
        };
        let code = if x && !WITHOUT_X.contains(&code) { code | X } else { code };
        let control = if last { LAST } else { MORE };
        let mut bytes = vec![ADDRESS, control.reverse_bits(), code.reverse_bits()];
        bytes.extend(field);
        bytes
    }

    /// Its name as T.30 has it.
    pub fn name(&self) -> String {
        let name = match self {
            Frame::Dis(_) => "DIS",
            Frame::Csi(_) => "CSI",
            Frame::Nsf => "NSF",
            Frame::Dtc(_) => "DTC",
            Frame::Cig(_) => "CIG",
            Frame::Dcs(_) | Frame::DcsUnknown => "DCS",
            Frame::Tsi(_) => "TSI",
            Frame::Sub(_) => "SUB",
            Frame::Pwd(_) => "PWD",
            Frame::Sid(_) => "SID",
            Frame::Sep(_) => "SEP",
            Frame::Psa(_) => "PSA",
            Frame::Cfr => "CFR",
            Frame::Ftt => "FTT",
            Frame::Post(post) => post.name(),
            Frame::Mcf => "MCF",
            Frame::Rtp => "RTP",
            Frame::Rtn => "RTN",
            Frame::Pip => "PIP",
            Frame::Pin => "PIN",
            Frame::Pps { post, .. } => return format!("PPS-{}", post.name()),
            Frame::Ppr(_) => "PPR",
            Frame::Rnr => "RNR",
            Frame::Rr => "RR",
            Frame::Ctc(_) => "CTC",
            Frame::Ctr => "CTR",
            Frame::Eor(post) => return format!("EOR-{}", post.name()),
            Frame::Err => "ERR",
            Frame::Crp => "CRP",
            Frame::Fnv => "FNV",
            Frame::Dcn => "DCN",
            Frame::Other(code) => match *code {
                NSC => "NSC",
                NSS => "NSS",
                CIA => "CIA",
                ISP => "ISP",
                TSA => "TSA",
                IRA => "IRA",
                CSA => "CSA",
                EOS => "EOS",
                PPS => "PPS",
                EOR => "EOR",
                PID => "PID",
                FDM => "FDM",
                DNK => "DNK",
                TNR => "TNR",
                TR => "TR",
                other => return format!("FCF {other:#04x}"),
            },
        };
        name.to_owned()
    }

    /// What it says, for the ladder. Passwords are not shown.
    pub fn detail(&self) -> String {
        match self {
            Frame::Dis(dis) | Frame::Dtc(dis) => dis.to_string(),
            Frame::Csi(id) | Frame::Cig(id) | Frame::Tsi(id) => id.clone(),
            Frame::Sub(id) | Frame::Sid(id) | Frame::Sep(id) | Frame::Psa(id) => id.clone(),
            Frame::Dcs(dcs) => dcs.to_string(),
            Frame::DcsUnknown => "a modem not known here".to_owned(),
            Frame::Pps { page, block, frames, .. } => {
                format!("page {}, block {}, {frames} frames", u16::from(*page) + 1, u16::from(*block) + 1)
            }
            Frame::Ppr(bad) => format!("{} frames", bad.iter().count()),
            Frame::Ctc(Some(modem)) => modem.to_string(),
            _ => String::new(),
        }
    }
}

/// Its name; identifications and passwords don't belong into logs.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// Frames of a block on the fast signal: T.4 Annex A, A.3.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum BlockFrame<'a> {
    /// A piece of the page, by its number within the block. Bits as a modem sends them, least significant first.
    Data(u8, &'a [u8]),
    /// Return to control: the block is over.
    Rcp,
}

/// Facsimile coded data, as printed: T.4 A.3.6.1.
const FCD: u8 = 0b0110_0000;
/// Return to control for a partial page, as printed: T.4 A.3.6.1.
const RCP: u8 = 0b0110_0001;

/// Its number, not what it carries.
impl fmt::Debug for BlockFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlockFrame::Data(number, data) => write!(f, "FCD {number}, {} octets", data.len()),
            BlockFrame::Rcp => f.write_str("RCP"),
        }
    }
}

impl<'a> BlockFrame<'a> {
    /// Reads a frame of the fast signal; `None` if it is none of a page.
    pub fn parse(bytes: &'a [u8]) -> Option<BlockFrame<'a>> {
        let [ADDRESS, _, code, field @ ..] = bytes else { return None };
        match (code.reverse_bits(), field) {
            (FCD, [number, data @ ..]) if !data.is_empty() => Some(BlockFrame::Data(*number, data)),
            (RCP, _) => Some(BlockFrame::Rcp),
            _ => None,
        }
    }

    /// The frame as a carrier sends it.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![ADDRESS, MORE.reverse_bits()];
        match self {
            BlockFrame::Data(number, data) => {
                bytes.extend([FCD.reverse_bits(), *number]);
                bytes.extend_from_slice(data);
            }
            BlockFrame::Rcp => bytes.push(RCP.reverse_bits()),
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stand_as_hdlc_sends_them() {
        // T.30 prints CFR as X010 0001, the leftmost bit first on the line.
        assert_eq!(Frame::Cfr.encode(false, true), [0xff, 0x13, 0x84]);
        assert_eq!(Frame::Tsi("1".into()).encode(true, false)[..3], [0xff, 0x03, 0x43]);
        let pps = Frame::Pps { post: Post::plain(Ending::Eop), page: 1, block: 2, frames: 256 };
        assert_eq!(pps.encode(true, true), [0xff, 0x13, 0xbf, 0x2f, 1, 2, 255]);
        assert_eq!(BlockFrame::Data(7, &[1, 2]).encode(), [0xff, 0x03, 0x06, 7, 1, 2]);
    }

    #[test]
    fn every_frame_survives_the_wire_with_either_x() {
        let mut bad = BadFrames::NONE;
        for number in [0, 9, 255] {
            bad.insert(number);
        }
        assert_eq!(bad.iter().collect::<Vec<_>>(), [0, 9, 255]);
        let post = |ending, interrupt| Post { ending, interrupt };
        let mut frames = vec![
            Frame::Csi("+49 1".into()),
            Frame::Nsf,
            Frame::Cig("2".into()),
            Frame::Tsi("3".into()),
            Frame::Sub("4".into()),
            Frame::Pwd("5".into()),
            Frame::Sid("6".into()),
            Frame::Sep("7".into()),
            Frame::Psa("8".into()),
            Frame::Ppr(bad),
            Frame::Ctc(Some(Modem::V17At7200)),
        ];
        frames.extend([Frame::Cfr, Frame::Ftt, Frame::Mcf, Frame::Rtp, Frame::Rtn, Frame::Pip, Frame::Pin, Frame::Rnr]);
        frames.extend([Frame::Rr, Frame::Ctr, Frame::Err, Frame::Crp, Frame::Fnv, Frame::Dcn, Frame::Other(TNR)]);
        for interrupt in [false, true] {
            for ending in [Ending::Mps, Ending::Eom, Ending::Eop] {
                frames.push(Frame::Post(post(ending, interrupt)));
                frames.push(Frame::Eor(post(ending, interrupt)));
                frames.push(Frame::Pps { post: post(ending, interrupt), page: 3, block: 0, frames: 1 });
            }
        }
        frames.push(Frame::Pps { post: Post::plain(Ending::Null), page: 255, block: 255, frames: 256 });
        for frame in frames {
            for x in [false, true] {
                assert_eq!(Frame::parse(&frame.encode(x, true)), Some(frame.clone()), "{}", frame.name());
            }
        }
    }

    #[test]
    fn what_is_no_frame_is_none() {
        for bytes in [&[][..], &[0xff], &[0xff, 0x13], &[0xfe, 0x13, 0x84], &[0xff, 0x12, 0x84]] {
            assert_eq!(Frame::parse(bytes), None);
        }
        // A PPS without its counters is noted, no more.
        assert_eq!(Frame::parse(&[0xff, 0x13, 0xbf]), Some(Frame::Other(PPS)));
    }
}
