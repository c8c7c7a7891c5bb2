//! A bad network between a test machine and its caller: datagrams lost, doubled, out of order. Counted, not drawn by lot, so that a
//! call comes out the same every time.

use std::num::NonZeroU32;

/// What happens to the UDPTL datagrams of a test machine. Nothing, unless said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Weather {
    /// Of so many datagrams one is lost, either way.
    pub one_lost_of: Option<NonZeroU32>,
    /// Of so many that the machine sends one comes twice.
    pub one_doubled_of: Option<NonZeroU32>,
    /// Of so many that the machine sends one comes after the next.
    pub one_late_of: Option<NonZeroU32>,
}

/// The weather in one direction.
#[derive(Debug, Default)]
pub(super) struct Sky {
    weather: Weather,
    datagrams: u32,
    late: Option<Vec<u8>>,
}

impl Sky {
    pub(super) fn new(weather: Weather) -> Sky {
        Sky { weather, ..Sky::default() }
    }

    /// Counts a datagram; whether it is lost.
    pub(super) fn loses(&mut self) -> bool {
        self.datagrams = self.datagrams.wrapping_add(1);
        self.is_turn(self.weather.one_lost_of)
    }

    /// What comes out at the far side when this is sent.
    pub(super) fn through(&mut self, datagram: &[u8]) -> Vec<Vec<u8>> {
        if self.loses() {
            return vec![];
        }
        if self.late.is_none() && self.is_turn(self.weather.one_late_of) {
            self.late = Some(datagram.to_vec());
            return vec![];
        }
        let mut out = vec![datagram.to_vec()];
        out.extend(self.late.take());
        if self.is_turn(self.weather.one_doubled_of) {
            out.push(datagram.to_vec());
        }
        out
    }

    fn is_turn(&self, of: Option<NonZeroU32>) -> bool {
        of.is_some_and(|of| self.datagrams.is_multiple_of(of.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(weather: Weather) -> Vec<u8> {
        let mut sky = Sky::new(weather);
        (1..=6).flat_map(|number| sky.through(&[number])).flatten().collect()
    }

    #[test]
    fn datagrams_are_lost_doubled_and_late_by_count() {
        let of = NonZeroU32::new;
        assert_eq!(out(Weather::default()), [1, 2, 3, 4, 5, 6]);
        assert_eq!(out(Weather { one_lost_of: of(3), ..Weather::default() }), [1, 2, 4, 5]);
        assert_eq!(out(Weather { one_doubled_of: of(3), ..Weather::default() }), [1, 2, 3, 3, 4, 5, 6, 6]);
        assert_eq!(out(Weather { one_late_of: of(2), ..Weather::default() }), [1, 3, 2, 5, 4]);
    }
}
