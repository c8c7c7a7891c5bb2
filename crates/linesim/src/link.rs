//! A packet network in simulated time: delay, jitter, reordering, duplicates, random and burst loss, all from one seed.

use std::collections::BTreeMap;
use std::time::Duration;

use ferrofax_fax::time::Time;

/// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, the same everywhere.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `bound`, which is small against 2^64; 0 if it is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.bits() % bound }
    }

    /// True `permille` times in a thousand.
    pub fn happens(&mut self, permille: u32) -> bool {
        self.below(1000) < u64::from(permille)
    }
}

/// Losses in bursts: two states, after Gilbert.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bursts {
    /// Chance of each datagram to begin a burst, in a thousand.
    pub begin_permille: u32,
    /// Chance of each datagram to end it, in a thousand.
    pub end_permille: u32,
}

/// What a network does to datagrams.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Every datagram takes this long.
    pub delay: Duration,
    /// And up to this much longer.
    pub jitter: Duration,
    /// A datagram may overtake another.
    pub reorders: bool,
    /// Datagrams lost at random, in a thousand.
    pub loss_permille: u32,
    /// Datagrams that arrive twice, in a thousand.
    pub duplicate_permille: u32,
    /// Losses in bursts.
    pub bursts: Bursts,
}

/// One direction of a network.
#[derive(Clone, Debug)]
pub struct Link {
    random: Random,
    weather: Weather,
    in_burst: bool,
    /// By arrival, then by order of sending.
    under_way: BTreeMap<(Time, u64), Vec<u8>>,
    sent: u64,
    lost: u64,
    last_arrival: Time,
}

impl Link {
    /// An empty network.
    pub fn new(seed: u64, weather: Weather) -> Link {
        Link {
            random: Random::new(seed),
            weather,
            in_burst: false,
            under_way: BTreeMap::new(),
            sent: 0,
            lost: 0,
            last_arrival: Time::ZERO,
        }
    }

    /// A datagram leaves.
    pub fn send(&mut self, now: Time, bytes: &[u8]) {
        self.sent += 1;
        let Bursts { begin_permille, end_permille } = self.weather.bursts;
        self.in_burst =
            if self.in_burst { !self.random.happens(end_permille) } else { self.random.happens(begin_permille) };
        if self.random.happens(self.weather.loss_permille) || self.in_burst {
            self.lost += 1;
            return;
        }
        let copies = 1 + u64::from(self.random.happens(self.weather.duplicate_permille));
        for copy in 0..copies {
            let jitter = self.random.below(self.weather.jitter.as_micros() as u64 + 1);
            let mut arrival = now + self.weather.delay + Duration::from_micros(jitter);
            if !self.weather.reorders {
                arrival = arrival.max(self.last_arrival);
            }
            self.last_arrival = self.last_arrival.max(arrival);
            self.under_way.insert((arrival, self.sent * 2 + copy), bytes.to_vec());
        }
    }

    /// The next datagram that has arrived by `now`, and when it did.
    pub fn poll(&mut self, now: Time) -> Option<(Time, Vec<u8>)> {
        let entry = self.under_way.first_entry()?;
        let (arrival, _) = *entry.key();
        (arrival <= now).then(|| (arrival, entry.remove()))
    }

    /// When the next datagram arrives.
    pub fn next_at(&self) -> Time {
        self.under_way.keys().next().map_or(Time::NEVER, |(arrival, _)| *arrival)
    }

    /// Datagrams lost so far.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Datagrams sent so far, lost ones included.
    pub fn sent(&self) -> u64 {
        self.sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(seed: u64, weather: Weather) -> Vec<(Time, u8)> {
        let mut link = Link::new(seed, weather);
        let mut got = Vec::new();
        for n in 0..200_u8 {
            link.send(Time::from_millis(u64::from(n) * 10), &[n]);
        }
        while let Some((at, bytes)) = link.poll(Time::NEVER) {
            got.push((at, bytes[0]));
        }
        got
    }

    #[test]
    fn the_first_number_is_that_of_the_published_generator() {
        assert_eq!(Random::new(1_234_567).bits(), 6_457_827_717_110_365_317);
    }

    #[test]
    fn the_same_seed_gives_the_same_weather() {
        let weather = Weather {
            jitter: Duration::from_millis(50),
            reorders: true,
            loss_permille: 100,
            duplicate_permille: 50,
            ..Weather::default()
        };
        assert_eq!(run(7, weather), run(7, weather));
        assert_ne!(run(7, weather), run(8, weather));
    }

    #[test]
    fn good_weather_only_delays() {
        let weather = Weather { delay: Duration::from_millis(30), ..Weather::default() };
        let expected: Vec<_> = (0..200_u8).map(|n| (Time::from_millis(u64::from(n) * 10 + 30), n)).collect();
        assert_eq!(run(1, weather), expected);
    }

    #[test]
    fn order_is_kept_unless_the_weather_says_otherwise() {
        let jitter = Weather { jitter: Duration::from_millis(50), ..Weather::default() };
        let numbers = |weather| run(3, weather).into_iter().map(|(_, n)| n).collect::<Vec<_>>();
        assert!(numbers(jitter).is_sorted());
        assert!(!numbers(Weather { reorders: true, ..jitter }).is_sorted());
    }

    #[test]
    fn bursts_lose_datagrams_in_a_row() {
        let bursts = Bursts { begin_permille: 30, end_permille: 200 };
        let got = run(5, Weather { bursts, ..Weather::default() });
        let gap_max = got.windows(2).map(|pair| pair[1].1 - pair[0].1).max();
        assert!(got.len() < 190 && gap_max > Some(4), "{} arrived, largest gap {gap_max:?}", got.len());
    }
}
