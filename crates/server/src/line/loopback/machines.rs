//! Machines that take the fax, each in its own way.

use std::time::Duration;

use ferrofax_fax::carrier::Modem;
use ferrofax_fax::page::Resolution;
use ferrofax_fax::t30::frame::Frame;
use ferrofax_fax::t30::{Act, Coding, Config, Misbehaviour, Moment};
use ferrofax_fax::t38::ErrorCorrection;

use super::faults::first_frame;
use super::{Behaviour, SENT, faulty, good};
use crate::line::T38Settings;
use crate::receive::{Machine, Reply};

pub(super) static BEHAVIOURS: &[Behaviour] = &[
    takes("99033", "has no error correction", |_| {
        Reply::fax(Config { ecm: false, codings: vec![Coding::Mh, Coding::Mr], ..good() })
    })
    .lasting(27),
    takes("99034", "has no error correction and the oldest coding (MH) only", |_| {
        Reply::fax(Config { ecm: false, codings: vec![Coding::Mh], ..good() })
    })
    .lasting(30),
    takes("99035", "has standard resolution only", |_| {
        Reply::fax(Config { resolution_max: Resolution::Standard, ..good() })
    })
    .lasting(22),
    takes("99048", "knows 2400 and 4800 bit/s only", |_| {
        Reply::fax(Config { modems: vec![Modem::V27ter2400, Modem::V27ter4800], ..good() })
    })
    .lasting(23),
    takes("99096", "knows V.29 only: 9600 and 7200 bit/s", |_| {
        Reply::fax(Config { modems: vec![Modem::V29At7200, Modem::V29At9600], ..good() })
    })
    .lasting(21),
    takes("99205", "finds every training bad but the one at 2400 bit/s", |_| {
        // 14 400, 12 000, 9600, 7200, 4800.
        faulty(Misbehaviour::times(5, Moment::Training, Act::Say(Frame::Ftt)))
    })
    .lasting(57),
    takes("99225", "answers, and is silent for 25 s before its tone", |_| {
        faulty(Misbehaviour::times(1, Moment::Tone, Act::Wait(Duration::from_secs(25))))
    })
    .lasting(47),
    takes("99043", "rejects page 1 (RTN) once, without error correction", |_| {
        let misbehaviour = Misbehaviour::times(1, Moment::Page(0), Act::Say(Frame::Rtn));
        Reply::fax(Config { ecm: false, misbehaviour, ..good() })
    })
    .lasting(39),
    takes("99044", "takes page 1 and wants new training (RTP)", |_| {
        faulty(Misbehaviour::times(1, Moment::Page(0), Act::Say(Frame::Rtp)))
    })
    .lasting(28),
    takes("99063", "a piece of page 1 arrives damaged twice (PPR)", |_| {
        faulty(Misbehaviour::times(2, Moment::Block(0), Act::Say(first_frame())))
    })
    .lasting(30),
    takes("99020", "has a name of 20 characters", |_| {
        Reply::fax(Config { local_id: "+49 89 12345678901 X".to_owned(), ..good() })
    })
    .lasting(22),
    takes("99021", "has no name", |_| Reply::fax(Config { local_id: String::new(), ..good() })).lasting(21),
    takes("99808", "mends lost packets by parity (FEC), not by repetition", |_| {
        let error_correction = ErrorCorrection::Fec { span: 3, entries: 3 };
        let t38 = T38Settings { error_correction, ..T38Settings::default() };
        Reply::Fax(Box::new(Machine { t38, ..Machine::new(good()) }))
    })
    .lasting(22),
];

/// A good machine but for this.
const fn takes(ending: &'static str, machine: &'static str, reply: fn(usize) -> Reply) -> Behaviour {
    Behaviour { ending, machine, pages: 2, calls: &[SENT], seconds: 0, reply }
}
