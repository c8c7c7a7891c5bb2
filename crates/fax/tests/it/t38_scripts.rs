//! T.30's scripts, as they stand, over T.38.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use ferrofax_fax::t38::{ErrorCorrection, Params, RateManagement};
use ferrofax_linesim::link::Weather;
use ferrofax_linesim::t38::Pair;

use crate::t30::script::play;
use crate::t30::scripts::ALL;

fn params() -> Params {
    Params {
        version: 0,
        bit_rate_max: 14_400,
        rate_management: RateManagement::TransferredTcf,
        datagram_bytes_max: 1400,
        error_correction: ErrorCorrection::Redundancy { control: 3, image: 1 },
    }
}

#[test]
fn every_script_runs_over_t38_as_it_does_in_memory() {
    let weather = Weather { delay: Duration::from_millis(30), ..Weather::default() };
    assert!(ALL.len() > 20);
    // All of them run, so that one look shows which fail; each has said why.
    let failed: Vec<&str> = ALL
        .iter()
        .filter(|(name, text)| {
            let mut pair = Pair::new(1, &params(), weather);
            catch_unwind(AssertUnwindSafe(|| play(name, text, &mut pair))).is_err()
        })
        .map(|(name, _)| *name)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}
