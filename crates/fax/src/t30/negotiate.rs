//! What both sides can, and this page, make a DCS. Pure; T.30 5.3.6.2.2 and table 2.
//!
//! Never more than the far end's DIS offers. Error correction if both can; MMR with it, else MR, else MH. A page finer than the
//! far end goes out at half its lines, as often as it takes. A page wider or longer than the far end takes is not sent: nothing is
//! cropped here. Image frames are always of 256 octets, which every machine with error correction takes (T.30 A.1.3).

use super::Coding;
use super::dis::{Dcs, Dis, Width, length_of};
use crate::carrier::Modem;
use crate::page::Resolution;

/// What matters of a page before it is coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageShape {
    /// Pels in a row.
    pub width: u16,
    /// Rows.
    pub rows: u32,
    /// Lines per length.
    pub resolution: Resolution,
}

/// What the sender itself can and wants.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// Modems to choose from.
    pub modems: &'a [Modem],
    /// Codings to choose from.
    pub codings: &'a [Coding],
    /// Use error correction.
    pub ecm: bool,
}

/// Nothing the far end offers fits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Incompatible;

/// From the best to the slowest, one at each rate: V.17 where the far end has it, else V.29.
pub fn ladder(far: &Dis, modems: &[Modem]) -> Vec<Modem> {
    let mut fit: Vec<Modem> = modems.iter().copied().filter(|&modem| far.rates.offers(modem)).collect();
    // `Modem` is ordered by family within a rate, V.17 last.
    fit.sort_by_key(|&modem| std::cmp::Reverse((modem.rate_bps(), modem)));
    fit.dedup_by_key(|modem| modem.rate_bps());
    fit
}

/// The parameters for a page at a given modem and rate.
pub fn negotiate(far: &Dis, own: Own<'_>, page: PageShape, modem: Modem) -> Result<Dcs, Incompatible> {
    if !far.can_receive || !far.rates.offers(modem) {
        return Err(Incompatible);
    }
    let ecm = own.ecm && far.ecm;
    let offered = |coding: &Coding| match coding {
        Coding::Mh => true,
        Coding::Mr => far.mr,
        Coding::Mmr => far.mmr && ecm,
    };
    // Every machine can MH, ours too, whatever was configured.
    let coding = own.codings.iter().copied().filter(offered).max().unwrap_or(Coding::Mh);

    let (mut resolution, mut rows) = (page.resolution, page.rows);
    while resolution > far.resolution {
        resolution = resolution.step_down().unwrap_or(Resolution::Standard);
        rows = rows.div_ceil(2);
    }
    let width = Width::of(page.width).filter(|&width| width <= far.width).ok_or(Incompatible)?;
    let length = length_of(rows, resolution);
    if length > far.length {
        return Err(Incompatible);
    }
    // With error correction no line needs a least time: T.30 table 2, note on bits 21 to 23.
    let scan_ms = if ecm { 0 } else { far.scan_time.at(resolution) };
    Ok(Dcs { modem, resolution, coding, ecm, small_frames: false, width, length, scan_ms })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::t30::dis::{Length, Rates, ScanTime};

    const CODINGS: [Coding; 3] = [Coding::Mh, Coding::Mr, Coding::Mmr];
    const OWN: Own<'_> = Own { modems: &Modem::ALL, codings: &CODINGS, ecm: true };
    const FINE: PageShape = PageShape { width: 1728, rows: 2287, resolution: Resolution::Fine };

    fn far() -> Dis {
        Dis {
            t38: false,
            can_send: false,
            can_receive: true,
            rates: Rates::V27terV29V17,
            resolution: Resolution::Fine,
            mr: true,
            mmr: true,
            ecm: true,
            width: Width::A4,
            length: Length::A4,
            scan_time: ScanTime { standard_ms: 20, half_at_fine: true },
        }
    }

    #[test]
    fn rates_fall_by_the_far_ends_modems() {
        let rates = |rates| {
            let modems = ladder(&Dis { rates, ..far() }, &Modem::ALL);
            modems.iter().map(Modem::to_string).collect::<Vec<_>>().join(", ")
        };
        let v17 = "V.17 14400, V.17 12000, V.17 9600, V.17 7200, V.27ter 4800, V.27ter 2400";
        assert_eq!(rates(Rates::V27terV29V17), v17);
        assert_eq!(rates(Rates::V27terV29), "V.29 9600, V.29 7200, V.27ter 4800, V.27ter 2400");
        assert_eq!(rates(Rates::V29), "V.29 9600, V.29 7200");
        assert_eq!(rates(Rates::V27terFallBack), "V.27ter 2400");
    }

    #[test]
    fn the_best_of_both_is_taken() {
        let dcs = negotiate(&far(), OWN, FINE, Modem::V17At14400).unwrap();
        assert_eq!(dcs.to_string(), "V.17 14400, MMR, ECM, fine");
        let plain = negotiate(&Dis { ecm: false, mmr: false, ..far() }, OWN, FINE, Modem::V17At9600).unwrap();
        assert_eq!(plain.to_string(), "V.17 9600, MR, fine, 10 ms a line");
        let coarse = Dis { resolution: Resolution::Standard, ..far() };
        assert_eq!(negotiate(&coarse, OWN, FINE, Modem::V29At9600).unwrap().resolution, Resolution::Standard);
    }

    #[test]
    fn what_does_not_fit_is_not_sent() {
        let try_page = |far: &Dis, page| negotiate(far, OWN, page, Modem::V29At9600).map(|_| ());
        assert_eq!(try_page(&Dis { can_receive: false, ..far() }, FINE), Err(Incompatible));
        assert_eq!(try_page(&far(), PageShape { width: 2048, ..FINE }), Err(Incompatible));
        assert_eq!(try_page(&far(), PageShape { width: 1000, ..FINE }), Err(Incompatible));
        assert_eq!(try_page(&far(), PageShape { rows: 3000, ..FINE }), Err(Incompatible));
        assert_eq!(try_page(&Dis { length: Length::Unlimited, ..far() }, PageShape { rows: 3000, ..FINE }), Ok(()));
    }

    proptest! {
        #[test]
        fn never_more_than_was_offered(field in prop::collection::vec(any::<u8>(), 0..20), ecm: bool, rows in 0u32..30_000) {
            let far = Dis::parse(&field);
            for modem in ladder(&far, &Modem::ALL) {
                let page = PageShape { rows, resolution: Resolution::Superfine, ..FINE };
                let Ok(dcs) = negotiate(&far, Own { ecm, ..OWN }, page, modem) else { continue };
                prop_assert!(far.can_receive && far.rates.offers(dcs.modem));
                prop_assert!(dcs.resolution <= far.resolution && dcs.width <= far.width && dcs.length <= far.length);
                prop_assert!(!dcs.ecm || far.ecm && ecm);
                prop_assert!(dcs.coding != Coding::Mmr || far.mmr && dcs.ecm);
                prop_assert!(dcs.coding != Coding::Mr || far.mr);
            }
        }
    }
}
