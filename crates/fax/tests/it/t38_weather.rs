//! Whole calls over T.38 with bad weather on the way, in simulated time.

use std::time::Duration;

use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::t38::{ErrorCorrection, Params, RateManagement};
use ferrofax_linesim::link::{Bursts, Weather};
use ferrofax_linesim::t38::Pair;

use crate::t30::kit;

const REDUNDANCY: ErrorCorrection = ErrorCorrection::Redundancy { control: 3, image: 3 };
const FEC: ErrorCorrection = ErrorCorrection::Fec { span: 3, entries: 3 };

fn params(error_correction: ErrorCorrection) -> Params {
    Params {
        version: 0,
        bit_rate_max: 14_400,
        rate_management: RateManagement::TransferredTcf,
        datagram_bytes_max: 1400,
        error_correction,
    }
}

/// A usable network: some delay and jitter, now and then one datagram overtakes another.
fn fair() -> Weather {
    Weather {
        delay: Duration::from_millis(30),
        jitter: Duration::from_millis(40),
        reorders: true,
        ..Weather::default()
    }
}

/// Three pages from each seed: how many calls ended sent with every page as it was, and the share of datagrams lost.
fn calls(seeds: u64, ecm: bool, error_correction: ErrorCorrection, weather: Weather) -> (u64, f64) {
    let pages = vec![kit::letter(1), kit::letter(2), kit::letter(3)];
    let (mut sent, mut lost, mut all) = (0, 0, 0);
    for seed in 0..seeds {
        let mut pair = Pair::new(seed, &params(error_correction), weather);
        let mut sender = kit::sender(pages.clone());
        sender.ecm = ecm;
        let call = kit::call_over(&mut pair, sender, kit::receiver());
        let outcomes = call.outcomes();
        if outcomes == (Outcome::Sent, Outcome::Received) {
            kit::assert_same(&kit::received(&call.answerer), &pages);
            sent += 1;
        } else {
            println!("seed {seed}: {outcomes:?}\n{}\n{}", kit::story(&call.caller), kit::story(&call.answerer));
        }
        lost += pair.lost().0;
        all += pair.lost().1;
    }
    (sent, lost as f64 / all as f64)
}

#[test]
fn three_pages_arrive_in_fair_weather_whatever_repairs_losses() {
    for ecm in [true, false] {
        for correction in [REDUNDANCY, FEC, ErrorCorrection::None] {
            assert_eq!(calls(3, ecm, correction, fair()).0, 3, "ECM {ecm}, {correction:?}");
        }
    }
}

#[test]
fn three_pages_arrive_with_two_per_cent_loss_and_redundancy_from_200_seeds() {
    let (sent, lost) = calls(200, true, REDUNDANCY, Weather { loss_permille: 20, ..fair() });
    assert!((0.015..0.025).contains(&lost), "{lost}");
    assert_eq!(sent, 200);
}

#[test]
fn three_pages_arrive_with_bursts_of_loss_and_fec() {
    // A burst every hundred datagrams, two long on average.
    let bursts = Bursts { begin_permille: 10, end_permille: 500 };
    let (sent, lost) = calls(40, true, FEC, Weather { bursts, ..fair() });
    assert!(lost > 0.01, "{lost}");
    assert_eq!(sent, 40);
}

#[test]
fn three_pages_arrive_with_ten_per_cent_loss() {
    let usual = ErrorCorrection::Redundancy { control: 3, image: 1 };
    for correction in [usual, FEC] {
        let (sent, lost) = calls(40, true, correction, Weather { loss_permille: 100, ..fair() });
        assert!((0.09..0.11).contains(&lost), "{lost}");
        assert_eq!(sent, 40, "{correction:?}");
    }
}
