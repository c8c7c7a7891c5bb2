//! Bits in and out, the first in the most significant place.

/// Collects bits into bytes.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    /// The last `held` bits that are not in `bytes` yet, in the low places; above them is rubbish.
    recent: u64,
    /// Less than 32 between calls.
    held: u32,
}

impl Writer {
    pub(crate) fn new() -> Writer {
        Writer::default()
    }

    /// With memory set aside for so many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Writer {
        Writer { bytes: Vec::with_capacity(bytes), ..Writer::default() }
    }

    /// Adds the low `len` bits of `code`, at most 32, first the highest of them. The bits above must be zero.
    #[inline]
    pub(crate) fn put(&mut self, code: u32, len: u32) {
        self.recent = self.recent << len | u64::from(code);
        self.held += len;
        if self.held >= 32 {
            self.held -= 32;
            self.bytes.extend_from_slice(&((self.recent >> self.held) as u32).to_be_bytes());
        }
    }

    /// Bits written so far.
    pub(crate) fn bit_len(&self) -> u64 {
        self.bytes.len() as u64 * 8 + u64::from(self.held)
    }

    /// Adds what `reader` has left, up to the last bit that is one.
    pub(crate) fn copy(&mut self, reader: &mut Reader<'_>) {
        let whole = reader.bytes.iter().rposition(|&byte| byte != 0);
        let end = whole.and_then(|at| Some((at as u64 + 1) * 8 - u64::from(reader.bytes.get(at)?.trailing_zeros())));
        let mut left = end.unwrap_or(0).saturating_sub(reader.position());
        while left > 0 {
            let len = left.min(32) as u32;
            reader.refill();
            self.put(reader.peek(len), len);
            reader.skip(len);
            left -= u64::from(len);
        }
    }

    /// Adds zeros until there are this many bits.
    pub(crate) fn fill_to(&mut self, bit_len: u64) {
        while let missing @ 1.. = bit_len.saturating_sub(self.bit_len()) {
            self.put(0, missing.min(32) as u32);
        }
    }

    /// The bytes, the last one filled with zeros.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.fill_to(self.bit_len().next_multiple_of(8));
        let held = (self.recent << 32 >> self.held) as u32;
        self.bytes.extend(held.to_be_bytes().into_iter().take(self.held as usize / 8));
        self.bytes
    }
}

/// Reads bits. Beyond the last byte there are zeros without end, which begin no code.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    /// The byte to load next; may lie beyond the end.
    next: usize,
    /// The next `loaded` bits, in the high places; zeros below.
    window: u64,
    loaded: u32,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, next: 0, window: 0, loaded: 0 }
    }

    /// Makes at least 32 bits ready for [`Reader::peek`].
    #[inline]
    pub(crate) fn refill(&mut self) {
        if self.loaded < 32 {
            let bits = match self.bytes.get(self.next..).and_then(|rest| rest.first_chunk::<4>()) {
                Some(four) => u32::from_be_bytes(*four),
                None => self.tail(),
            };
            self.window |= u64::from(bits) << (32 - self.loaded);
            self.loaded += 32;
            self.next += 4;
        }
    }

    #[cold]
    fn tail(&self) -> u32 {
        let byte = |at: usize| u32::from(self.bytes.get(self.next + at).copied().unwrap_or(0));
        byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3)
    }

    /// The next bits (1 to 32) without taking them. [`Reader::refill`] must have made them ready.
    #[inline]
    pub(crate) fn peek(&self, len: u32) -> u32 {
        (self.window >> (64 - len)) as u32
    }

    /// Takes bits that were made ready.
    #[inline]
    pub(crate) fn skip(&mut self, len: u32) {
        self.window <<= len;
        self.loaded -= len;
    }

    /// Takes one bit.
    pub(crate) fn bit(&mut self) -> bool {
        self.refill();
        let bit = self.peek(1) == 1;
        self.skip(1);
        bit
    }

    /// Bits taken so far.
    pub(crate) fn position(&self) -> u64 {
        self.next as u64 * 8 - u64::from(self.loaded)
    }

    /// More bits were taken than there are.
    pub(crate) fn is_past_end(&self) -> bool {
        self.position() > self.bit_len()
    }

    /// Goes on at the next whole byte.
    pub(crate) fn align(&mut self) {
        self.refill();
        self.skip(self.loaded % 8);
    }

    /// Takes zeros and the one behind them: how many zeros, or `None` at the end of the data, which takes nothing.
    pub(crate) fn take_zeros(&mut self) -> Option<u64> {
        let mut ahead = self.clone();
        let start = ahead.position();
        loop {
            ahead.refill();
            let zeros = ahead.window.leading_zeros();
            if zeros < ahead.loaded {
                ahead.skip(zeros + 1);
                let taken = ahead.position() - start - 1;
                *self = ahead;
                return Some(taken);
            }
            ahead.window = 0;
            ahead.loaded = 0;
            if ahead.position() >= self.bit_len() {
                return None;
            }
        }
    }

    fn bit_len(&self) -> u64 {
        self.bytes.len() as u64 * 8
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_put_is_read(codes in proptest::collection::vec((any::<u32>(), 1u32..=32), 0..200)) {
            let codes: Vec<(u32, u32)> = codes.into_iter().map(|(code, len)| (code >> (32 - len), len)).collect();
            let mut writer = Writer::new();
            codes.iter().for_each(|&(code, len)| writer.put(code, len));
            let bits: u32 = codes.iter().map(|code| code.1).sum();
            prop_assert_eq!(writer.bit_len(), u64::from(bits));
            let bytes = writer.finish();
            prop_assert_eq!(bytes.len(), bits.div_ceil(8) as usize);
            let mut reader = Reader::new(&bytes);
            let mut position = 0;
            for (code, len) in codes {
                reader.refill();
                prop_assert_eq!(reader.peek(len), code);
                reader.skip(len);
                position += u64::from(len);
                prop_assert_eq!(reader.position(), position);
            }
            prop_assert!(!reader.is_past_end());
        }
    }

    #[test]
    fn zeros_are_counted_across_any_length() {
        for zeros in [0u64, 1, 11, 31, 32, 33, 63, 64, 65, 1000] {
            let mut writer = Writer::new();
            writer.put(0b101, 3);
            writer.fill_to(3 + zeros);
            writer.put(1, 1);
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes);
            reader.refill();
            reader.skip(3);
            assert_eq!(reader.take_zeros(), Some(zeros));
            assert_eq!(reader.position(), 4 + zeros);
            assert_eq!(reader.take_zeros(), None);
            assert_eq!(reader.position(), 4 + zeros);
        }
        assert_eq!(Reader::new(&[]).take_zeros(), None);
    }
}
