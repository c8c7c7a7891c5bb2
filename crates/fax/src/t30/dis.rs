//! What a machine can (DIS, DTC) and what will be done (DCS): T.30 table 2.
//!
//! Both faces of the field are here: bits, and the abilities this engine acts on. Parsing never fails; reserved patterns are
//! read as the nearest pattern that asks less.
//!
//! Left out: everything this engine neither offers nor uses (colour, JBIG, 300 and 600 dpi, file transfer, internet fax bits).

use std::fmt;
use std::time::Duration;

use super::Coding;
use super::fif::Bits;
use crate::carrier::Modem;
use crate::page::Resolution;

/// Data signalling rates a receiver offers, table 2, DIS bits 11 to 14.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Rates {
    /// V.27 ter at 2400 bit/s only (fall-back mode).
    V27terFallBack,
    /// V.27 ter.
    V27ter,
    /// V.29.
    V29,
    /// V.27 ter and V.29.
    V27terV29,
    /// V.27 ter, V.29 and V.17.
    V27terV29V17,
}

impl Rates {
    fn parse(bits: u8) -> Rates {
        match bits {
            0b0100..=0b0111 => Self::V27ter,
            0b1000..=0b1011 => Self::V29,
            0b1100 | 0b1110 => Self::V27terV29,
            0b1101 => Self::V27terV29V17,
            _ => Self::V27terFallBack,
        }
    }

    const fn encode(self) -> u8 {
        match self {
            Self::V27terFallBack => 0b0000,
            Self::V27ter => 0b0100,
            Self::V29 => 0b1000,
            Self::V27terV29 => 0b1100,
            Self::V27terV29V17 => 0b1101,
        }
    }

    /// The pattern that says most of what these modems can, and nothing they can't.
    pub fn of(modems: &[Modem]) -> Rates {
        let v17 = modems.contains(&Modem::V17At14400);
        let v29 = modems.contains(&Modem::V29At9600);
        let v27ter = modems.contains(&Modem::V27ter4800);
        match (v17, v29, v27ter) {
            (true, true, true) => Self::V27terV29V17,
            (_, true, true) => Self::V27terV29,
            (_, true, false) => Self::V29,
            (_, false, true) => Self::V27ter,
            (_, false, false) => Self::V27terFallBack,
        }
    }

    /// A receiver that offers these takes this modem and rate.
    pub const fn offers(self, modem: Modem) -> bool {
        match modem {
            Modem::V27ter2400 => !matches!(self, Self::V29),
            Modem::V27ter4800 => !matches!(self, Self::V29 | Self::V27terFallBack),
            Modem::V29At7200 | Modem::V29At9600 => {
                matches!(self, Self::V29 | Self::V27terV29 | Self::V27terV29V17)
            }
            Modem::V17At7200 | Modem::V17At9600 | Modem::V17At12000 | Modem::V17At14400 => {
                matches!(self, Self::V27terV29V17)
            }
        }
    }
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V27terFallBack => "V.27ter 2400",
            Self::V27ter => "V.27ter",
            Self::V29 => "V.29",
            Self::V27terV29 => "V.29 V.27ter",
            Self::V27terV29V17 => "V.17 V.29 V.27ter",
        })
    }
}

/// The longest page, table 2, bits 19 and 20.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Length {
    /// 297 mm.
    A4,
    /// 364 mm.
    B4,
    /// Any.
    Unlimited,
}

impl Length {
    const fn parse(bits: u8) -> Length {
        match bits {
            0b00 => Self::A4,
            0b10 => Self::B4,
            _ => Self::Unlimited,
        }
    }

    const fn encode(self) -> u8 {
        match self {
            Self::A4 => 0b00,
            Self::B4 => 0b10,
            Self::Unlimited => 0b01,
        }
    }
}

/// The widest line in pels of 215/1728 mm, table 2, bits 17 and 18.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Width {
    /// 215 mm, 1728 pels.
    A4,
    /// 255 mm, 2048 pels.
    B4,
    /// 303 mm, 2432 pels.
    A3,
}

impl Width {
    const fn parse(bits: u8) -> Width {
        match bits {
            0b00 => Self::A4,
            0b10 => Self::B4,
            // 1,1 is invalid and read as 0,1: table 2, note on bits 17 and 18.
            _ => Self::A3,
        }
    }

    const fn encode(self) -> u8 {
        match self {
            Self::A4 => 0b00,
            Self::B4 => 0b10,
            Self::A3 => 0b01,
        }
    }

    /// Pels in a line of this width, T.4 clause 2.
    pub const fn pels(self) -> u16 {
        match self {
            Self::A4 => 1728,
            Self::B4 => 2048,
            Self::A3 => 2432,
        }
    }

    /// The width with just so many pels.
    pub fn of(pels: u16) -> Option<Width> {
        [Self::A4, Self::B4, Self::A3].into_iter().find(|width| width.pels() == pels)
    }
}

/// The least time a receiver needs for a line, table 2, DIS bits 21 to 23.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ScanTime {
    /// At standard resolution, in milliseconds: 0, 5, 10, 20 or 40.
    pub standard_ms: u8,
    /// Half of it is enough at fine resolution.
    pub half_at_fine: bool,
}

impl ScanTime {
    /// No time at all.
    pub const NONE: ScanTime = ScanTime { standard_ms: 0, half_at_fine: false };

    const fn parse(bits: u8) -> ScanTime {
        let (standard_ms, half_at_fine) = match bits {
            0b000 => (20, false),
            0b001 => (40, false),
            0b010 => (10, false),
            0b100 => (5, false),
            0b011 => (10, true),
            0b110 => (20, true),
            0b101 => (40, true),
            _ => (0, false),
        };
        ScanTime { standard_ms, half_at_fine }
    }

    const fn encode(self) -> u8 {
        match (self.standard_ms, self.half_at_fine) {
            (20, false) => 0b000,
            (40, false) => 0b001,
            (10, false) => 0b010,
            (5, _) => 0b100,
            (10, true) => 0b011,
            (20, true) => 0b110,
            (40, true) => 0b101,
            _ => 0b111,
        }
    }

    /// The least time of a line at this resolution: 40, 20, 10, 5 or 0 ms. Table 2 grants half the fine time to superfine only
    /// by bit 46, which is not read here: the longer time is always right.
    pub const fn at(self, resolution: Resolution) -> u8 {
        match resolution {
            Resolution::Standard => self.standard_ms,
            Resolution::Fine | Resolution::Superfine if self.half_at_fine => self.standard_ms / 2,
            Resolution::Fine | Resolution::Superfine => self.standard_ms,
        }
    }
}

/// Abilities of a machine: DIS, and DTC.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Dis {
    /// Bit 3: speaks T.38 by itself. Of no use in a call that is up; noted.
    pub t38: bool,
    /// Bit 9: has something to be polled.
    pub can_send: bool,
    /// Bit 10: can receive.
    pub can_receive: bool,
    /// Bits 11 to 14.
    pub rates: Rates,
    /// Bits 15 and 41: the finest of the resolutions known here.
    pub resolution: Resolution,
    /// Bit 16: T.4 two-dimensional coding.
    pub mr: bool,
    /// Bit 31: T.6 coding (only with error correction).
    pub mmr: bool,
    /// Bit 27: error correction, Annex A.
    pub ecm: bool,
    /// Bits 17 and 18.
    pub width: Width,
    /// Bits 19 and 20.
    pub length: Length,
    /// Bits 21 to 23.
    pub scan_time: ScanTime,
}

impl Dis {
    /// Reads the field of DIS or DTC, whatever it holds.
    pub fn parse(field: &[u8]) -> Dis {
        let bits = Bits::parse(field);
        let ecm = bits.has(27);
        Dis {
            t38: bits.has(3),
            can_send: bits.has(9),
            can_receive: bits.has(10),
            rates: Rates::parse(bits.number(11, 4)),
            resolution: match (bits.has(41), bits.has(15)) {
                // Superfine without fine can't be meant.
                (true, true) => Resolution::Superfine,
                (false, true) => Resolution::Fine,
                (_, false) => Resolution::Standard,
            },
            mr: bits.has(16),
            mmr: bits.has(31) && ecm,
            ecm,
            width: Width::parse(bits.number(17, 2)),
            length: Length::parse(bits.number(19, 2)),
            scan_time: ScanTime::parse(bits.number(21, 3)),
        }
    }

    /// The field of DIS or DTC.
    pub fn encode(&self) -> Vec<u8> {
        let mut bits = Bits::default();
        bits.set(3, self.t38);
        bits.set(9, self.can_send);
        bits.set(10, self.can_receive);
        bits.set_number(11, 4, self.rates.encode());
        bits.set(15, self.resolution >= Resolution::Fine);
        bits.set(16, self.mr);
        bits.set_number(17, 2, self.width.encode());
        bits.set_number(19, 2, self.length.encode());
        bits.set_number(21, 3, self.scan_time.encode());
        bits.set(27, self.ecm);
        bits.set(31, self.mmr && self.ecm);
        bits.set(41, self.resolution >= Resolution::Superfine);
        // Metric resolutions, as T.4 gives them for R8 lines.
        bits.set(45, self.resolution >= Resolution::Superfine);
        bits.encode()
    }
}

/// As ladders show it: `V.17 V.29 V.27ter, MMR, ECM, fine`.
impl fmt::Display for Dis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let coding = match (self.mmr, self.mr) {
            (true, _) => Coding::Mmr,
            (false, true) => Coding::Mr,
            (false, false) => Coding::Mh,
        };
        write!(f, "{}, {coding}{}, {}", self.rates, if self.ecm { ", ECM" } else { "" }, name(self.resolution))?;
        if self.scan_time.standard_ms > 0 {
            write!(f, ", {} ms a line", self.scan_time.standard_ms)?;
        }
        if self.t38 {
            f.write_str(", T.38")?;
        }
        if self.can_send {
            f.write_str(", has a document")?;
        }
        if !self.can_receive {
            f.write_str(", does not receive")?;
        }
        Ok(())
    }
}

/// What will be done: DCS.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Dcs {
    /// Bits 11 to 14.
    pub modem: Modem,
    /// Bits 15 and 41.
    pub resolution: Resolution,
    /// Bits 16 and 31.
    pub coding: Coding,
    /// Bit 27.
    pub ecm: bool,
    /// Bit 28: frames of 64 octets rather than 256.
    pub small_frames: bool,
    /// Bits 17 and 18.
    pub width: Width,
    /// Bits 19 and 20.
    pub length: Length,
    /// Bits 21 to 23, the least time of a line: 0, 5, 10, 20 or 40.
    pub scan_ms: u8,
}

impl Dcs {
    /// Reads the field of DCS; `None` if it names a modem this engine does not know.
    pub fn parse(field: &[u8]) -> Option<Dcs> {
        let bits = Bits::parse(field);
        let ecm = bits.has(27);
        Some(Dcs {
            modem: modem(bits.number(11, 4))?,
            resolution: match (bits.has(41), bits.has(15)) {
                (true, _) => Resolution::Superfine,
                (false, true) => Resolution::Fine,
                (false, false) => Resolution::Standard,
            },
            coding: match (bits.has(31) && ecm, bits.has(16)) {
                (true, _) => Coding::Mmr,
                (false, true) => Coding::Mr,
                (false, false) => Coding::Mh,
            },
            ecm,
            small_frames: bits.has(28),
            width: Width::parse(bits.number(17, 2)),
            length: Length::parse(bits.number(19, 2)),
            scan_ms: ScanTime::parse(bits.number(21, 3)).standard_ms,
        })
    }

    /// The field of DCS.
    pub fn encode(&self) -> Vec<u8> {
        let mut bits = Bits::default();
        // Bit 10 is set in every DCS: "receiver fax operation", table 2.
        bits.set(10, true);
        bits.set_number(11, 4, rate_bits(self.modem));
        // Table 2: bit 15 is fine; superfine is bit 41 alone.
        bits.set(15, self.resolution == Resolution::Fine);
        bits.set(16, self.coding == Coding::Mr);
        bits.set_number(17, 2, self.width.encode());
        bits.set_number(19, 2, self.length.encode());
        bits.set_number(21, 3, ScanTime { standard_ms: self.scan_ms, half_at_fine: false }.encode());
        bits.set(27, self.ecm);
        bits.set(28, self.ecm && self.small_frames);
        bits.set(31, self.ecm && self.coding == Coding::Mmr);
        bits.set(41, self.resolution == Resolution::Superfine);
        bits.set(45, self.resolution == Resolution::Superfine);
        bits.encode()
    }

    /// Octets of image in a frame of error correction, T.4 Annex A.
    pub fn frame_octets(&self) -> usize {
        if self.small_frames { 64 } else { 256 }
    }
}

/// As ladders show it: `V.17 14400, MMR, ECM, fine`.
impl fmt::Display for Dcs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ecm = if self.ecm { ", ECM" } else { "" };
        write!(f, "{}, {}{ecm}, {}", self.modem, self.coding, name(self.resolution))?;
        if self.scan_ms > 0 {
            write!(f, ", {} ms a line", self.scan_ms)?;
        }
        Ok(())
    }
}

/// Modem and rate of DCS bits 11 to 14, table 2. V.33 is not known here.
pub(super) fn modem(bits: u8) -> Option<Modem> {
    Some(match bits {
        0b0000 => Modem::V27ter2400,
        0b0100 => Modem::V27ter4800,
        0b1000 => Modem::V29At9600,
        0b1100 => Modem::V29At7200,
        0b0001 => Modem::V17At14400,
        0b0101 => Modem::V17At12000,
        0b1001 => Modem::V17At9600,
        0b1101 => Modem::V17At7200,
        _ => return None,
    })
}

/// The field of CTC: bits 1 to 16 of DCS, of which only the rate counts. T.30 A.4.1.
pub(super) fn ctc_field(modem: Modem) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.set(10, true);
    bits.set_number(11, 4, rate_bits(modem));
    let mut field = bits.encode();
    field.truncate(2);
    field
}

/// The inverse of [`modem`].
fn rate_bits(modem: Modem) -> u8 {
    match modem {
        Modem::V27ter2400 => 0b0000,
        Modem::V27ter4800 => 0b0100,
        Modem::V29At9600 => 0b1000,
        Modem::V29At7200 => 0b1100,
        Modem::V17At14400 => 0b0001,
        Modem::V17At12000 => 0b0101,
        Modem::V17At9600 => 0b1001,
        Modem::V17At7200 => 0b1101,
    }
}

fn name(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Standard => "standard",
        Resolution::Fine => "fine",
        Resolution::Superfine => "superfine",
    }
}

/// How long a page of `rows` is, for the bits 19 and 20: T.4 clause 2 gives 3.85 lines/mm at standard resolution.
pub fn length_of(rows: u32, resolution: Resolution) -> Length {
    /// 297 mm and 364 mm at 3.85 lines/mm, rounded up.
    const A4_ROWS: u32 = 1144;
    const B4_ROWS: u32 = 1402;
    let times = match resolution {
        Resolution::Standard => 1,
        Resolution::Fine => 2,
        Resolution::Superfine => 4,
    };
    if rows <= A4_ROWS * times {
        Length::A4
    } else if rows <= B4_ROWS * times {
        Length::B4
    } else {
        Length::Unlimited
    }
}

/// The time `ms` at `rate_bps`, in bits.
pub(super) fn row_bits(ms: u8, rate_bps: u32) -> u32 {
    let us = u32::try_from(Duration::from_millis(ms.into()).as_micros()).unwrap_or(0);
    u32::try_from(u64::from(us) * u64::from(rate_bps) / 1_000_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dis_written_out_by_hand_is_read_and_written() {
        // Bits 10, 11, 12, 14, 15, 16 | 20, 21-23, 24 | 27, 31, 32 | 40 | 41, 45. Least significant bit first.
        let field = [0x00, 0b1110_1110, 0b1111_1000, 0b1100_0100, 0b1000_0000, 0b0001_0001];
        let dis = Dis::parse(&field);
        let expected = Dis {
            t38: false,
            can_send: false,
            can_receive: true,
            rates: Rates::V27terV29V17,
            resolution: Resolution::Superfine,
            mr: true,
            mmr: true,
            ecm: true,
            width: Width::A4,
            length: Length::Unlimited,
            scan_time: ScanTime::NONE,
        };
        assert_eq!(dis, expected);
        assert_eq!(dis.encode(), field);
        assert_eq!(dis.to_string(), "V.17 V.29 V.27ter, MMR, ECM, superfine");
    }

    #[test]
    fn what_stands_behind_a_missing_extend_bit_is_not_read() {
        let dis = Dis::parse(&[0x00, 0x02, 0b0000_0000, 0b0000_0100]);
        assert!(!dis.ecm && dis.can_receive);
        assert_eq!(dis.scan_time.standard_ms, 20);
        assert_eq!(Dis::parse(&[]).rates, Rates::V27terFallBack);
    }

    #[test]
    fn every_dcs_survives_the_wire() {
        for bits in 0..16 {
            let Some(modem) = modem(bits) else { continue };
            for (coding, ecm) in [(Coding::Mh, false), (Coding::Mr, false), (Coding::Mr, true), (Coding::Mmr, true)] {
                for resolution in [Resolution::Standard, Resolution::Fine, Resolution::Superfine] {
                    for scan_ms in [0, 5, 10, 20, 40] {
                        let (width, length) = (Width::A4, Length::A4);
                        let dcs = Dcs { modem, resolution, coding, ecm, small_frames: ecm, width, length, scan_ms };
                        assert_eq!(Dcs::parse(&dcs.encode()), Some(dcs));
                    }
                }
            }
        }
    }

    #[test]
    fn a_line_has_its_least_time() {
        let scan = ScanTime::parse(0b110);
        assert_eq!((scan.at(Resolution::Standard), scan.at(Resolution::Fine)), (20, 10));
        assert_eq!(row_bits(20, 9600), 192);
        assert_eq!(row_bits(5, 14_400), 72);
    }

    #[test]
    fn page_lengths_have_their_names() {
        assert_eq!(length_of(1143, Resolution::Standard), Length::A4);
        assert_eq!(length_of(2287, Resolution::Fine), Length::A4);
        assert_eq!(length_of(2400, Resolution::Fine), Length::B4);
        assert_eq!(length_of(3000, Resolution::Fine), Length::Unlimited);
    }
}
