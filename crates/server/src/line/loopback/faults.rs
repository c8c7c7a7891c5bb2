//! Numbers that are answered, and where something goes wrong.

use std::time::Duration;

use ferrofax_fax::outcome::Phase;
use ferrofax_fax::page::{Bitmap, Resolution};
use ferrofax_fax::t6;
use ferrofax_fax::t30::frame::{BadFrames, Frame};
use ferrofax_fax::t30::{Act, Config, Misbehaviour, Moment, Task};

use super::{Behaviour, End, SENT, faulty, good};
use crate::line::T38Settings;
use crate::receive::{Machine, Reply};

const AUDIO_ONLY: End = ("audio_only", None);
const OPERATOR: End = ("operator_wanted", None);
const HUNG_UP_C: End = ("remote_hung_up", Some(Phase::C));

pub(super) static BEHAVIOURS: &[Behaviour] = &[
    // Before a fax machine is heard.
    at("99487", "answers, hangs up 1.5 s later", 1, &[("remote_hung_up", Some(Phase::A))], |_| {
        Reply::HangUp(Duration::from_millis(1500))
    })
    .lasting(4),
    at("99488", "is a fax machine, refuses T.38", 1, &[AUDIO_ONLY], |_| no_t38(false)).lasting(17),
    at("99489", "refuses T.38 and hangs up", 1, &[AUDIO_ONLY], |_| no_t38(true)).lasting(8),
    at("99200", "answers, agrees to T.38, says nothing", 1, &[("no_fax_heard", None)], |_| Reply::Silence).lasting(39),
    // While the transmission is agreed.
    at("99201", "hangs up instead of training", 1, &[("remote_hung_up", Some(Phase::B))], |_| {
        always(Moment::Training, Act::HangUp)
    })
    .lasting(13),
    at("99202", "says DCN instead of training", 1, &[("remote_disconnected", Some(Phase::B))], |_| {
        always(Moment::Training, Act::Say(Frame::Dcn))
    })
    .lasting(14),
    at("99203", "stops answering after its DIS", 1, &[("no_reply", Some(Phase::B))], |_| {
        always(Moment::Training, Act::Mute)
    })
    .lasting(33),
    at("99204", "finds every training bad", 1, &[("training_failed", None)], |_| {
        always(Moment::Training, Act::Say(Frame::Ftt))
    })
    .lasting(45),
    at("99206", "answers what was not asked", 1, &[("protocol_error", Some(Phase::B))], |_| {
        always(Moment::Training, Act::Say(Frame::Mcf))
    })
    .lasting(38),
    at("99207", "can only send (polling), not receive", 1, &[("incompatible", None)], |_| only_sends()).lasting(10),
    // Within a page or after it.
    at("99012", "hangs up in the middle of page 2", 2, &[HUNG_UP_C], |_| always(Moment::Within(1), Act::HangUp))
        .lasting(18),
    at("99013", "hangs up in the middle of page 2, then good", 2, &[HUNG_UP_C, SENT], |call| match call {
        0 => always(Moment::Within(1), Act::HangUp),
        _ => Reply::fax(good()),
    })
    .lasting(21),
    at("99022", "hangs up instead of confirming page 2", 3, &[("remote_hung_up", Some(Phase::D))], |_| {
        always(Moment::Page(1), Act::HangUp)
    })
    .lasting(21),
    at("99032", "says DCN instead of confirming page 2", 3, &[("remote_disconnected", Some(Phase::D))], |_| {
        always(Moment::Page(1), Act::Say(Frame::Dcn))
    })
    .lasting(21),
    at("99001", "never confirms page 1", 1, &[("end_not_confirmed", None)], |_| always(Moment::Page(0), Act::Mute))
        .lasting(29),
    at("99002", "never confirms page 2", 3, &[("no_reply", Some(Phase::D))], |_| always(Moment::Page(1), Act::Mute))
        .lasting(33),
    at("99042", "rejects page 1 (RTN) as often as it comes", 1, &[("page_rejected", None)], |_| {
        Reply::fax(Config { misbehaviour: Misbehaviour::always(Moment::Page(0), Act::Say(Frame::Rtn)), ..plain() })
    })
    .lasting(47),
    at("99052", "takes page 1, wants an operator (PIP)", 2, &[OPERATOR], |_| {
        always(Moment::Page(0), Act::Say(Frame::Pip))
    })
    .lasting(19),
    at("99053", "rejects page 1, wants an operator (PIN)", 1, &[OPERATOR], |_| {
        always(Moment::Page(0), Act::Say(Frame::Pin))
    })
    .lasting(19),
    at("99062", "a piece of page 1 never arrives well (PPR)", 1, &[("too_many_bad_frames", None)], |_| {
        always(Moment::Block(0), Act::Say(first_frame()))
    })
    .lasting(166),
    at("99072", "is not ready after page 1 (RNR), for ever", 2, &[("no_reply", Some(Phase::D))], |_| {
        always(Moment::Page(0), Act::Say(Frame::Rnr))
    })
    .lasting(79),
];

const fn at(
    ending: &'static str,
    machine: &'static str,
    pages: usize,
    calls: &'static [End],
    reply: fn(usize) -> Reply,
) -> Behaviour {
    Behaviour { ending, machine, pages, calls, seconds: 0, reply }
}

fn always(at: Moment, act: Act) -> Reply {
    faulty(Misbehaviour::always(at, act))
}

/// Without error correction: RTN is an answer to whole pages.
fn plain() -> Config {
    Config { ecm: false, ..good() }
}

fn no_t38(hangs_up_without_t38: bool) -> Reply {
    let t38 = T38Settings { enabled: false, ..T38Settings::default() };
    Reply::Fax(Box::new(Machine { t38, hangs_up_without_t38, ..Machine::new(good()) }))
}

/// A machine that offers a document, a white page, and takes none.
fn only_sends() -> Reply {
    let page = t6::store(&mut Bitmap::new(1728, 100).source(Resolution::Standard));
    Reply::fax(Config { task: Task::Send(vec![page.into()]), ..good() })
}

/// Asks for the first frame of a block again.
pub(super) fn first_frame() -> Frame {
    let mut bad = BadFrames::NONE;
    bad.insert(0);
    Frame::Ppr(bad)
}
