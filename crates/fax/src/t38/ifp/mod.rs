//! IFP packets: indicators and pieces of data, T.38 clause 7, coded by Annex A in aligned PER.
//!
//! A packet is one bit "has a data field", one bit "indicator or data" and an extensible enumeration; a data packet goes on with
//! a list of fields, each a type and, if its presence bit is set, octets. Two tables of the field types exist: the first edition
//! forgot the extension marker, and version 0 keeps to that ([`Dialect`]).
//!
//! Encoding is strict. Decoding takes the dialect that was agreed first and the other one after it, and for either also the habit of
//! widely used machines to begin each field on an octet boundary; what leaves nothing over is believed before what does.
//! Bounded: [`FIELDS_MAX`].

use crate::carrier::{Fast, Modem};

/// Fields accepted in one packet. Real ones have one to three.
pub const FIELDS_MAX: usize = 256;

/// Octets in one field at most, T.38 Annex A (`SIZE(1..65535)`).
pub const FIELD_OCTETS_MAX: usize = 65_535;

/// Which table of field types is on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dialect {
    /// T.38 (1998), and version 0 for ever: eight field types, no extension marker (Annex A, the pre-corrigendum notation).
    First,
    /// Version 1 and later: extensible.
    Later,
}

impl Dialect {
    /// The dialect of a `T38FaxVersion`.
    pub const fn of(version: u8) -> Dialect {
        if version == 0 { Dialect::First } else { Dialect::Later }
    }

    const fn other(self) -> Dialect {
        match self {
            Dialect::First => Dialect::Later,
            Dialect::Later => Dialect::First,
        }
    }
}

/// What the line is doing, T.38 7.3.1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Indicator {
    /// Nothing.
    NoSignal,
    /// Calling tone.
    Cng,
    /// Called station tone.
    Ced,
    /// V.21 flags.
    V21Preamble,
    /// A fast modem trains.
    Training(Fast),
    /// V.8 and V.34 signals and V.33 (from version 1 on), by their number after the extension marker:
    /// `v8-ansam` 0, `v8-signal` 1, `v34-cntl-channel-1200` 2, `v34-pri-channel` 3, `v34-CC-retrain` 4, `v33-12000-training` 5,
    /// `v33-14400-training` 6; others are unknown.
    Extension(u8),
}

/// Which modem data belongs to, T.38 7.3.2.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Channel {
    /// V.21 channel 2.
    V21,
    /// A fast modem.
    Fast(Modem),
    /// From version 1 on, by number after the extension marker: `v8` 0, `v34-pri-rate` 1, `v34-CC-1200` 2, `v34-pri-ch` 3,
    /// `v33-12000` 4, `v33-14400` 5; others are unknown.
    Extension(u8),
}

/// What a field says, T.38 7.4.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FieldKind {
    /// Octets of an HDLC frame, without flags, stuffing and FCS.
    HdlcData,
    /// The HDLC signal ends.
    HdlcSigEnd,
    /// The frame ends; its FCS was right.
    HdlcFcsOk,
    /// The frame ends; its FCS was wrong.
    HdlcFcsBad,
    /// The frame ends well, and the signal with it.
    HdlcFcsOkSigEnd,
    /// The frame ends badly, and the signal with it.
    HdlcFcsBadSigEnd,
    /// Bits that are no HDLC: a training check or a page.
    NonEcmData,
    /// They end, perhaps with some last bits.
    NonEcmSigEnd,
    /// V.8 and V.34 messages (from version 1 on), by number after the extension marker: `cm-message` 0, `jm-message` 1,
    /// `ci-message` 2, `v34-rate` 3; others are unknown.
    Extension(u8),
}

/// A field of a data packet.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Field {
    /// What it says.
    pub kind: FieldKind,
    /// Its octets; none where the field has no data.
    pub data: Vec<u8>,
}

impl Field {
    /// A field without data.
    pub const fn empty(kind: FieldKind) -> Field {
        Field { kind, data: Vec::new() }
    }
}

/// An IFP packet.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Packet {
    /// What the line does.
    Indicator(Indicator),
    /// Data of a modem.
    Data(Channel, Vec<Field>),
}

/// A packet that can't be put into the agreed version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EncodeError {
    /// A field holds more than [`FIELD_OCTETS_MAX`] octets.
    #[error("a field of {0} octets is too long")]
    FieldTooLong(usize),
    /// A packet holds more than [`FIELDS_MAX`] fields.
    #[error("{0} fields are too many")]
    TooManyFields(usize),
    /// Version 0 has no such value, or nobody has.
    #[error("the value {0} after the extension marker can't be sent in this version")]
    NoSuchExtension(u8),
    /// Only V.17 trains short, T.38 7.3.1.
    #[error("{0} has no short training")]
    NoShortTraining(Modem),
}

/// Bytes that are no IFP packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
    /// It ends too early.
    #[error("the packet ends too early")]
    Short,
    /// An enumeration has a value without a meaning.
    #[error("the packet has a value nobody defined")]
    UnknownValue,
    /// More than [`FIELDS_MAX`] fields.
    #[error("the packet has too many fields")]
    TooManyFields,
}

/// Trainings in the order of the enumeration `t30-indicator`, from value 4 on, T.38 Annex A.
const TRAININGS: [Fast; 12] = [
    Fast { modem: Modem::V27ter2400, short: false },
    Fast { modem: Modem::V27ter4800, short: false },
    Fast { modem: Modem::V29At7200, short: false },
    Fast { modem: Modem::V29At9600, short: false },
    Fast { modem: Modem::V17At7200, short: true },
    Fast { modem: Modem::V17At7200, short: false },
    Fast { modem: Modem::V17At9600, short: true },
    Fast { modem: Modem::V17At9600, short: false },
    Fast { modem: Modem::V17At12000, short: true },
    Fast { modem: Modem::V17At12000, short: false },
    Fast { modem: Modem::V17At14400, short: true },
    Fast { modem: Modem::V17At14400, short: false },
];

/// Modems in the order of the enumeration `t30-data`, from value 1 on, T.38 Annex A.
const MODEMS: [Modem; 8] = [
    Modem::V27ter2400,
    Modem::V27ter4800,
    Modem::V29At7200,
    Modem::V29At9600,
    Modem::V17At7200,
    Modem::V17At9600,
    Modem::V17At12000,
    Modem::V17At14400,
];

/// Field types in the order of the enumeration `field-type`, T.38 Annex A.
const FIELD_KINDS: [FieldKind; 8] = [
    FieldKind::HdlcData,
    FieldKind::HdlcSigEnd,
    FieldKind::HdlcFcsOk,
    FieldKind::HdlcFcsBad,
    FieldKind::HdlcFcsOkSigEnd,
    FieldKind::HdlcFcsBadSigEnd,
    FieldKind::NonEcmData,
    FieldKind::NonEcmSigEnd,
];

/// A normally small number (X.691 10.6) below 64, the only ones an extension can have here.
const SMALL_MAX: u8 = 63;

/// Writes a packet.
pub fn encode(packet: &Packet, dialect: Dialect) -> Result<Vec<u8>, EncodeError> {
    let mut bits = BitWriter::default();
    match packet {
        Packet::Indicator(indicator) => {
            bits.put(0b00, 2);
            match *indicator {
                Indicator::NoSignal => bits.enumerated(0, 4),
                Indicator::Cng => bits.enumerated(1, 4),
                Indicator::Ced => bits.enumerated(2, 4),
                Indicator::V21Preamble => bits.enumerated(3, 4),
                Indicator::Training(fast) => {
                    let place = place(&TRAININGS, &fast).ok_or(EncodeError::NoShortTraining(fast.modem))?;
                    bits.enumerated(4 + place, 4);
                }
                Indicator::Extension(value) => bits.extension(value, dialect)?,
            }
        }
        Packet::Data(channel, fields) => {
            bits.put(if fields.is_empty() { 0b01 } else { 0b11 }, 2);
            match *channel {
                Channel::V21 => bits.enumerated(0, 4),
                // Every modem stands in the table.
                Channel::Fast(modem) => bits.enumerated(1 + place(&MODEMS, &modem).unwrap_or(0), 4),
                Channel::Extension(value) => bits.extension(value, dialect)?,
            }
            if !fields.is_empty() {
                encode_fields(&mut bits, fields, dialect)?;
            }
        }
    }
    Ok(bits.bytes)
}

fn encode_fields(bits: &mut BitWriter, fields: &[Field], dialect: Dialect) -> Result<(), EncodeError> {
    if fields.len() > FIELDS_MAX {
        return Err(EncodeError::TooManyFields(fields.len()));
    }
    bits.length(fields.len());
    for Field { kind, data } in fields {
        bits.put(u8::from(!data.is_empty()), 1);
        match (*kind, dialect) {
            (FieldKind::Extension(value), _) => bits.extension(value, dialect)?,
            (kind, Dialect::First) => bits.put(place(&FIELD_KINDS, &kind).unwrap_or(0), 3),
            (kind, Dialect::Later) => bits.enumerated(place(&FIELD_KINDS, &kind).unwrap_or(0), 3),
        }
        if !data.is_empty() {
            let less_one = u16::try_from(data.len() - 1).ok().filter(|less_one| *less_one < u16::MAX);
            let less_one = less_one.ok_or(EncodeError::FieldTooLong(data.len()))?;
            bits.align();
            bits.bytes.extend(less_one.to_be_bytes());
            bits.bytes.extend(data);
        }
    }
    Ok(())
}

/// Reads a packet. Zeros after it are tolerated: a packet restored from parity has them, as long as the longest one covered.
pub fn decode(bytes: &[u8], dialect: Dialect) -> Result<Packet, DecodeError> {
    let mut first = None;
    for (dialect, aligned) in [(dialect, false), (dialect, true), (dialect.other(), false), (dialect.other(), true)] {
        let mut bits = BitReader { bytes, bit: 0, padding: 0 };
        let read = decode_as(&mut bits, dialect, aligned);
        if read.is_ok() && bits.padding == 0 && bits.rest_is_zero() {
            return read;
        }
        // What is odd in every reading is read as agreed.
        first = match first {
            Some(Ok(packet)) => Some(Ok(packet)),
            Some(Err(error)) => Some(read.or(Err(error))),
            None => Some(read),
        };
    }
    first.unwrap_or(Err(DecodeError::Short))
}

fn decode_as(bits: &mut BitReader<'_>, dialect: Dialect, aligned: bool) -> Result<Packet, DecodeError> {
    let has_fields = bits.take(1)? == 1;
    let is_data = bits.take(1)? == 1;
    let extended = bits.take(1)? == 1;
    if !is_data {
        let indicator = match (extended, if extended { bits.small()? } else { bits.take(4)? }) {
            (true, value) => Indicator::Extension(value),
            (false, 0) => Indicator::NoSignal,
            (false, 1) => Indicator::Cng,
            (false, 2) => Indicator::Ced,
            (false, 3) => Indicator::V21Preamble,
            (false, value) => {
                let fast = TRAININGS.get(usize::from(value) - 4).ok_or(DecodeError::UnknownValue)?;
                Indicator::Training(*fast)
            }
        };
        bits.align();
        if has_fields {
            // Never sent on purpose; the fields mean nothing here.
            bits.skip_rest();
        }
        return Ok(Packet::Indicator(indicator));
    }
    let channel = match (extended, if extended { bits.small()? } else { bits.take(4)? }) {
        (true, value) => Channel::Extension(value),
        (false, 0) => Channel::V21,
        (false, value) => Channel::Fast(*MODEMS.get(usize::from(value) - 1).ok_or(DecodeError::UnknownValue)?),
    };
    let mut fields = Vec::new();
    if has_fields {
        let count = bits.length()?;
        if count > FIELDS_MAX {
            return Err(DecodeError::TooManyFields);
        }
        for _ in 0..count {
            if aligned {
                bits.align();
            }
            let has_data = bits.take(1)? == 1;
            let extended = dialect == Dialect::Later && bits.take(1)? == 1;
            let kind = if extended {
                FieldKind::Extension(bits.small()?)
            } else {
                *FIELD_KINDS.get(usize::from(bits.take(3)?)).ok_or(DecodeError::UnknownValue)?
            };
            let data = if has_data { bits.octets()? } else { Vec::new() };
            fields.push(Field { kind, data });
        }
    }
    bits.align();
    Ok(Packet::Data(channel, fields))
}

/// The place of a value in one of the tables above, none of which has more than 12 entries.
fn place<T: PartialEq>(table: &[T], value: &T) -> Option<u8> {
    table.iter().position(|entry| entry == value).and_then(|place| u8::try_from(place).ok())
}

#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    /// Bits free in the last byte.
    free: u32,
}

impl BitWriter {
    fn put(&mut self, value: u8, width: u32) {
        for place in (0..width).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            self.free -= 1;
            if let Some(last) = self.bytes.last_mut() {
                *last |= (value >> place & 1) << self.free;
            }
        }
    }

    fn align(&mut self) {
        self.free = 0;
    }

    /// A value before the extension marker, X.691 clause 13.
    fn enumerated(&mut self, value: u8, width: u32) {
        self.put(0, 1);
        self.put(value, width);
    }

    /// A value after the extension marker: a normally small number, X.691 clauses 13 and 10.6.
    fn extension(&mut self, value: u8, dialect: Dialect) -> Result<(), EncodeError> {
        if dialect == Dialect::First || value > SMALL_MAX {
            return Err(EncodeError::NoSuchExtension(value));
        }
        self.put(1, 1);
        self.put(0, 1);
        self.put(value, 6);
        Ok(())
    }

    /// A length without bounds, below [`FIELDS_MAX`], X.691 10.9.3.
    fn length(&mut self, length: usize) {
        self.align();
        match u8::try_from(length) {
            Ok(short @ ..0x80) => self.bytes.push(short),
            _ => self.bytes.extend((length as u16 | 0x8000).to_be_bytes()),
        }
    }
}

struct BitReader<'a> {
    bytes: &'a [u8],
    bit: usize,
    /// Bits that should be zero and are not.
    padding: u32,
}

impl BitReader<'_> {
    fn take(&mut self, width: u32) -> Result<u8, DecodeError> {
        let mut value = 0;
        for _ in 0..width {
            let byte = self.bytes.get(self.bit / 8).ok_or(DecodeError::Short)?;
            value = value << 1 | (byte >> (7 - self.bit % 8) & 1);
            self.bit += 1;
        }
        Ok(value)
    }

    fn align(&mut self) {
        while !self.bit.is_multiple_of(8) {
            self.padding += u32::from(self.take(1).unwrap_or(0));
        }
    }

    fn small(&mut self) -> Result<u8, DecodeError> {
        // A number from 64 on would have this bit set: nothing defines so many.
        if self.take(1)? == 1 {
            return Err(DecodeError::UnknownValue);
        }
        self.take(6)
    }

    fn octet(&mut self) -> Result<u8, DecodeError> {
        self.align();
        self.take(8)
    }

    fn length(&mut self) -> Result<usize, DecodeError> {
        let first = self.octet()?;
        match first {
            0..0x80 => Ok(usize::from(first)),
            0x80..0xc0 => Ok(usize::from(first & 0x3f) << 8 | usize::from(self.octet()?)),
            _ => Err(DecodeError::TooManyFields),
        }
    }

    fn octets(&mut self) -> Result<Vec<u8>, DecodeError> {
        let length = (usize::from(self.octet()?) << 8 | usize::from(self.octet()?)) + 1;
        let start = self.bit / 8;
        let octets = start.checked_add(length).and_then(|end| self.bytes.get(start..end));
        let octets = octets.ok_or(DecodeError::Short)?.to_vec();
        self.bit += length * 8;
        Ok(octets)
    }

    fn skip_rest(&mut self) {
        self.bit = self.bytes.len() * 8;
    }

    fn rest_is_zero(&self) -> bool {
        self.bytes.iter().skip(self.bit.div_ceil(8)).all(|byte| *byte == 0)
    }
}

#[cfg(test)]
mod tests;
