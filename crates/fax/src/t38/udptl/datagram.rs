//! The bytes of a UDPTL datagram, T.38 Annex A in aligned PER.

use super::{HISTORY_MAX, IFP_BYTES_MAX};

/// What stands behind the primary packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recovery {
    /// The packets before it, latest first.
    Secondaries(Vec<Vec<u8>>),
    /// Parities of packets before it.
    Parity {
        /// Packets that each parity covers (`fec-npackets`).
        span: usize,
        /// The parity messages (`fec-data`).
        messages: Vec<Vec<u8>>,
    },
}

/// A datagram, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Datagram {
    /// Its number, which wraps.
    pub sequence: u16,
    /// The primary IFP packet.
    pub primary: Vec<u8>,
    /// What it carries of packets before it.
    pub recovery: Recovery,
}

/// Bytes that are no UDPTL datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DatagramError {
    /// It ends too early.
    #[error("the datagram ends too early")]
    Short,
    /// A packet is longer than [`IFP_BYTES_MAX`].
    #[error("a packet in the datagram is too long")]
    TooLong,
}

impl Datagram {
    /// Writes the datagram. Packets longer than X.691 can count in two octets (16 383) are not ours to send.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.sequence.to_be_bytes().to_vec();
        put_octets(&mut bytes, &self.primary);
        match &self.recovery {
            Recovery::Secondaries(packets) => {
                bytes.push(0x00);
                put_list(&mut bytes, packets);
            }
            Recovery::Parity { span, messages } => {
                // A whole number without bounds: its length in octets, then its value, here always below 128.
                bytes.extend([0x80, 0x01, (*span).min(0x7f) as u8]);
                put_list(&mut bytes, messages);
            }
        }
        bytes
    }

    /// Reads a datagram. Damage behind the primary packet costs only what is damaged.
    pub fn decode(bytes: &[u8]) -> Result<Datagram, DatagramError> {
        let mut reader = Reader { bytes };
        let sequence = u16::from_be_bytes([reader.octet()?, reader.octet()?]);
        let primary = reader.octets()?.to_vec();
        let recovery = reader.recovery().unwrap_or(Recovery::Secondaries(Vec::new()));
        Ok(Datagram { sequence, primary, recovery })
    }
}

fn put_list(bytes: &mut Vec<u8>, list: &[Vec<u8>]) {
    put_length(bytes, list.len());
    for entry in list {
        put_octets(bytes, entry);
    }
}

fn put_octets(bytes: &mut Vec<u8>, octets: &[u8]) {
    put_length(bytes, octets.len());
    bytes.extend(octets);
}

/// A length without bounds, X.691 10.9.3.
fn put_length(bytes: &mut Vec<u8>, length: usize) {
    match u8::try_from(length) {
        Ok(short @ ..0x80) => bytes.push(short),
        _ => bytes.extend((length.min(0x3fff) as u16 | 0x8000).to_be_bytes()),
    }
}

/// Octets that [`Datagram::encode`] spends on a packet in a list.
pub(super) fn framed_len(packet: &[u8]) -> usize {
    packet.len() + if packet.len() < 0x80 { 1 } else { 2 }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn octet(&mut self) -> Result<u8, DatagramError> {
        let (first, rest) = self.bytes.split_first().ok_or(DatagramError::Short)?;
        self.bytes = rest;
        Ok(*first)
    }

    fn length(&mut self) -> Result<usize, DatagramError> {
        match self.octet()? {
            short @ 0..0x80 => Ok(usize::from(short)),
            high @ 0x80..0xc0 => Ok(usize::from(high & 0x3f) << 8 | usize::from(self.octet()?)),
            _ => Err(DatagramError::TooLong),
        }
    }

    fn octets(&mut self) -> Result<&'a [u8], DatagramError> {
        let length = self.length()?;
        if length > IFP_BYTES_MAX {
            return Err(DatagramError::TooLong);
        }
        let (octets, rest) = self.bytes.split_at_checked(length).ok_or(DatagramError::Short)?;
        self.bytes = rest;
        Ok(octets)
    }

    /// As much of a list as there is.
    fn list(&mut self) -> Result<Vec<Vec<u8>>, DatagramError> {
        let count = self.length()?.min(HISTORY_MAX);
        let mut list = Vec::new();
        for _ in 0..count {
            match self.octets() {
                Ok(octets) => list.push(octets.to_vec()),
                Err(_) => break,
            }
        }
        Ok(list)
    }

    fn recovery(&mut self) -> Result<Recovery, DatagramError> {
        if self.octet()? & 0x80 == 0 {
            return Ok(Recovery::Secondaries(self.list()?));
        }
        let span = match self.octets()? {
            [value @ 0..0x80] => usize::from(*value),
            // Larger spans cover more than is remembered.
            _ => 0,
        };
        Ok(Recovery::Parity { span, messages: self.list()? })
    }
}
