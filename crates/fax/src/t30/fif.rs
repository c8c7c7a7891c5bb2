//! The bits of a facsimile information field, counted from 1 as T.30 table 2 counts them.
//!
//! Octets stand as HDLC sends them: the bit sent first is the least significant.

/// Octets read or written at most; table 2 (2005) defines 16.
const OCTETS_MAX: usize = 16;

/// A growing field of bits.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Bits {
    octets: Vec<u8>,
}

impl Bits {
    /// Reads a field. Octets behind one whose extend bit is missing don't count: table 2, note 1 (the eighth bit of the third
    /// and each later octet says that another follows).
    pub(super) fn parse(field: &[u8]) -> Bits {
        let mut octets = Vec::new();
        for (place, &octet) in field.iter().take(OCTETS_MAX).enumerate() {
            octets.push(octet);
            if place >= 2 && octet & 0x80 == 0 {
                break;
            }
        }
        Bits { octets }
    }

    /// Bit `n`, from 1; a bit that was not sent is 0.
    pub(super) fn has(&self, n: usize) -> bool {
        let place = n - 1;
        self.octets.get(place / 8).is_some_and(|octet| octet >> (place % 8) & 1 == 1)
    }

    /// Bits `first`, `first + 1`, … as a number, the first in the highest place: the order table 2 prints them in.
    pub(super) fn number(&self, first: usize, count: usize) -> u8 {
        (first..first + count).fold(0, |number, n| number << 1 | u8::from(self.has(n)))
    }

    /// Sets bit `n`, from 1.
    pub(super) fn set(&mut self, n: usize, on: bool) {
        let place = n - 1;
        if on && place / 8 < OCTETS_MAX {
            if self.octets.len() <= place / 8 {
                self.octets.resize(place / 8 + 1, 0);
            }
            if let Some(octet) = self.octets.get_mut(place / 8) {
                *octet |= 1 << (place % 8);
            }
        }
    }

    /// Sets `count` bits from `first` on to `number`, as [`Bits::number`] reads them.
    pub(super) fn set_number(&mut self, first: usize, count: usize, number: u8) {
        for n in 0..count {
            self.set(first + n, number >> (count - 1 - n) & 1 == 1);
        }
    }

    /// The field, at least three octets long, with its extend bits.
    pub(super) fn encode(mut self) -> Vec<u8> {
        if self.octets.len() < 3 {
            self.octets.resize(3, 0);
        }
        let last = self.octets.len() - 1;
        for (place, octet) in self.octets.iter_mut().enumerate().skip(2) {
            *octet = if place < last { *octet | 0x80 } else { *octet & 0x7f };
        }
        self.octets
    }
}
