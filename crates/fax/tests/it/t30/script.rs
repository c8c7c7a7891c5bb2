//! A far end played from a text: what it says, and what it must hear.
//!
//! A script knows T.30's words only, so it runs over any carrier. Its lines:
//!
//! ```text
//! # a remark
//! we send 2 pages            or: we send 2 pages plain (without error correction; once: RTN is final); we send mixed pages; we receive; we poll; we offer
//! dis V.29 MR fine           what the script's DIS or DTC says beside "can receive"; all, if the line is missing
//! say CED                    a tone
//! say CSI; DIS               frames in one signal; PPS-EOP 0 0 7 has counters and frames, PPR 1 3 has frames, DCS and CTC their words
//! say TCF                    a training check, as the last DCS said
//! send page                  a page of ours; `only 1 3` some of its frames; `plain` its bits
//! hear TSI; DCS V.17         frames, each by name and the beginning of its detail
//! hear any CSI; DIS          such frames, as often as they come before what is heard next
//! hear TCF                   a training check
//! hear page 7                a page, or so many frames of it
//! silence 3s                 says nothing and listens to nothing
//! hang up
//! hear hang-up               our end hangs up, saying nothing else before
//! outcome Sent               how it ended for us
//! confirmed 1 2              these pages were confirmed to us, in this order
//! took 2                     so many pages were handed over
//! ```

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ferrofax_fax::carrier::{Command, Content, Fast, Modem, Report, Tone};
use ferrofax_fax::page::{Resolution, StoredPage};
use ferrofax_fax::t4;
use ferrofax_fax::t30::dis::{Dcs, Dis, Length, Rates, ScanTime, Width};
use ferrofax_fax::t30::frame::{BadFrames, BlockFrame, Ending, Frame, Post};
use ferrofax_fax::t30::{Coding, Config, Event, Role, T30};
use ferrofax_fax::time::Time;
use ferrofax_linesim::{Joint, Machine, Party, Said, converse};

use super::kit::*;

/// Plays a script against our T.30 over any carrier.
pub fn play(name: &str, text: &str, joint: &mut dyn Joint) {
    let script = Script::parse(name, text);
    let mut ours = Machine::new(script.ours.clone());
    if text.contains("plain once") {
        ours.t30 = T30::new(script.ours.clone()).with_page_sends_max(1);
    }
    let our_role = script.ours.role;
    let expect = script.expect.clone();
    let mut far = Far::new(script);
    let result = match our_role {
        Role::Caller => converse(joint, &mut ours, &mut far, LIMIT),
        Role::Answerer => converse(joint, &mut far, &mut ours, LIMIT),
    };
    let machine = ours;
    let heard = far.heard.join(", ");
    let fail = |what: String| -> ! { panic!("{name}: {what}\nthe script heard: {heard}\n{}", story(&machine)) };
    if let Some(failure) = far.failure {
        fail(failure);
    }
    if let Err(stuck) = result {
        fail(stuck.to_string());
    }
    let got = Expect {
        outcome: format!("{:?}", outcome(&machine)),
        confirmed: confirmed(&machine).into_iter().map(|page| page + 1).collect(),
        took: taken(&machine),
    };
    for (_, event) in &machine.events {
        match event {
            Event::PageReceived { page, bad_rows: 0 } if **page != *letter(1) => fail(format!("took another {page:?}")),
            Event::PageReceived { page, bad_rows: 1.. } if page.rows >= letter(1).rows => {
                fail("nothing is bad".to_owned())
            }
            _ => {}
        }
    }
    if got != expect {
        fail(format!("ended with {got:?}, not {expect:?}"));
    }
}

/// What must have come of it on our side.
#[derive(Clone, PartialEq, Debug, Default)]
struct Expect {
    outcome: String,
    confirmed: Vec<u32>,
    took: usize,
}

struct Script {
    name: String,
    ours: Config,
    dis: Dis,
    steps: VecDeque<(usize, Step)>,
    expect: Expect,
}

#[derive(Debug)]
enum Step {
    Tone(Tone),
    /// Frames by their words.
    Say(Vec<String>),
    SendTcf,
    SendPage {
        only: Option<Vec<u8>>,
        plain: bool,
    },
    /// A frame's name and the beginning of its detail.
    Hear(String),
    HearAny(Vec<String>),
    HearTcf,
    HearPage(Option<usize>),
    Silence(Duration),
    HangUp,
    HearHangUp,
}

impl Script {
    fn parse(name: &str, text: &str) -> Script {
        let mut ours = None;
        let mut dis = abilities("V.17 MR MMR ECM superfine");
        let mut steps = VecDeque::new();
        let mut expect = Expect::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.split('#').next().unwrap().trim();
            let at = format!("{name}:{number}: {line}");
            if line.is_empty() {
                continue;
            }
            let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
            let rest = rest.trim();
            let words: Vec<&str> = rest.split_whitespace().collect();
            let numbers = |words: &[&str]| words.iter().map(|word| word.parse().expect(&at)).collect::<Vec<u8>>();
            let mut step = |step| steps.push_back((number, step));
            match (verb, &words[..]) {
                ("we", words) => ours = Some(config(words).expect(&at)),
                ("dis", _) => dis = abilities(rest),
                ("say", ["CED"]) => step(Step::Tone(Tone::Ced)),
                ("say", ["CNG"]) => step(Step::Tone(Tone::Cng)),
                ("say", ["TCF"]) => step(Step::SendTcf),
                ("say", _) => step(Step::Say(rest.split("; ").map(str::to_owned).collect())),
                ("send", ["page"]) => step(Step::SendPage { only: None, plain: false }),
                ("send", ["page", "plain"]) => step(Step::SendPage { only: None, plain: true }),
                ("send", ["page", "only", frames @ ..]) => {
                    step(Step::SendPage { only: Some(numbers(frames)), plain: false });
                }
                ("hear", ["TCF"]) => step(Step::HearTcf),
                ("hear", ["page"]) => step(Step::HearPage(None)),
                ("hear", ["page", frames]) => step(Step::HearPage(Some(frames.parse().expect(&at)))),
                ("hear", ["hang-up"]) => step(Step::HearHangUp),
                ("hear", ["any", ..]) => step(Step::HearAny(rest[4..].split("; ").map(str::to_owned).collect())),
                ("hear", _) => rest.split("; ").for_each(|frame| step(Step::Hear(frame.to_owned()))),
                ("silence", [time]) => {
                    let seconds: f64 = time.trim_end_matches('s').parse().expect(&at);
                    step(Step::Silence(Duration::from_secs_f64(seconds)));
                }
                ("hang", ["up"]) => step(Step::HangUp),
                ("outcome", _) => expect.outcome = rest.to_owned(),
                ("confirmed", pages) => expect.confirmed = numbers(pages).into_iter().map(u32::from).collect(),
                ("took", [pages]) => expect.took = pages.parse().expect(&at),
                _ => panic!("{at}"),
            }
        }
        Script { name: name.to_owned(), ours: ours.expect("`we …` is missing"), dis, steps, expect }
    }
}

/// Our side, by the words behind `we`.
fn config(words: &[&str]) -> Option<Config> {
    let some = |count: &str| Some((1..=count.parse().ok()?).map(letter).collect::<Vec<_>>());
    Some(match words {
        ["send", "mixed", "pages"] => sender(vec![letter(1), page(2, 300, Resolution::Standard, false)]),
        ["send", count, "pages"] => sender(some(count)?),
        ["send", count, "pages", "plain", ..] => Config { ecm: false, ..sender(some(count)?) },
        ["send", "long", "page"] => sender(vec![page(1, 450, Resolution::Fine, true)]),
        ["receive"] => receiver(),
        ["receive", "plain"] => Config { ecm: false, ..receiver() },
        ["poll"] => Config { role: Role::Caller, ..receiver() },
        ["offer"] => Config { role: Role::Answerer, ..sender(some("1")?) },
        _ => return None,
    })
}

/// The abilities behind `dis`.
fn abilities(words: &str) -> Dis {
    let has = |word: &str| words.split_whitespace().any(|w| w == word);
    Dis {
        t38: has("T.38"),
        can_send: has("document"),
        can_receive: !has("deaf"),
        rates: if has("V.17") {
            Rates::V27terV29V17
        } else if has("V.29") {
            Rates::V27terV29
        } else {
            Rates::V27ter
        },
        resolution: if has("superfine") {
            Resolution::Superfine
        } else if has("fine") {
            Resolution::Fine
        } else {
            Resolution::Standard
        },
        mr: has("MR"),
        mmr: has("MMR"),
        ecm: has("ECM"),
        width: Width::A4,
        length: if has("A4") { Length::A4 } else { Length::Unlimited },
        scan_time: if has("20ms") { ScanTime { standard_ms: 20, half_at_fine: false } } else { ScanTime::NONE },
    }
}

fn modem(name: &str) -> Option<Modem> {
    Modem::ALL.into_iter().find(|modem| modem.to_string() == name)
}

/// The far end on its way through the script.
struct Far {
    script: Script,
    commands: VecDeque<Command>,
    /// A transmission or a silence is under way.
    busy: bool,
    wake: Time,
    hung_up: bool,
    /// What was agreed last.
    dcs: Option<Dcs>,
    /// The next fast signal is the first after CTR.
    long: bool,
    /// The training or page that is due has begun.
    hearing: bool,
    frames: usize,
    heard: Vec<String>,
    failure: Option<String>,
}

impl Far {
    fn new(script: Script) -> Far {
        Far {
            script,
            commands: VecDeque::new(),
            busy: false,
            wake: Time::NEVER,
            hung_up: false,
            dcs: None,
            long: false,
            hearing: false,
            frames: 0,
            heard: Vec::new(),
            failure: None,
        }
    }

    fn fail(&mut self, what: &str) {
        let step = self.script.steps.front();
        let line = step.map_or(String::new(), |(line, step)| format!(" in line {line} ({step:?})"));
        self.failure.get_or_insert(format!("{what}{line}"));
        self.hung_up = true;
    }

    fn fast(&self) -> Fast {
        let modem = self.dcs.as_ref().expect("a DCS came before").modem;
        let v17 = modem.to_string().starts_with("V.17");
        Fast { modem, short: v17 && !self.long }
    }

    /// The step is done: on to the next.
    fn next(&mut self, now: Time) {
        self.script.steps.pop_front();
        self.begin(now);
    }

    /// Begins the step in front.
    fn begin(&mut self, now: Time) {
        self.hearing = false;
        self.frames = 0;
        let Some((_, step)) = self.script.steps.front() else {
            self.hung_up = true;
            return;
        };
        let command = match step {
            Step::Hear(_) | Step::HearAny(_) | Step::HearHangUp => Command::Listen { fast: None },
            Step::HearTcf => {
                let fast = Fast { short: false, ..self.fast() };
                Command::Listen { fast: Some((fast, Content::TrainingCheck)) }
            }
            Step::HearPage(_) => {
                let ecm = self.dcs.as_ref().is_some_and(|dcs| dcs.ecm);
                let content = if ecm { Content::Ecm } else { Content::Page };
                Command::Listen { fast: Some((self.fast(), content)) }
            }
            Step::Silence(span) => {
                self.busy = true;
                self.wake = now + *span;
                return;
            }
            Step::HangUp => {
                self.hung_up = true;
                return;
            }
            Step::Tone(tone) => Command::Tone(*tone),
            Step::Say(words) => {
                let frames: Vec<Frame> = words.iter().map(|words| frame(words, &self.script.dis)).collect();
                for frame in &frames {
                    match frame {
                        Frame::Dcs(dcs) => self.dcs = Some(dcs.clone()),
                        Frame::Ctr => self.long = true,
                        Frame::Ctc(modem) => {
                            self.long = true;
                            if let (Some(dcs), Some(modem)) = (&mut self.dcs, modem) {
                                dcs.modem = *modem;
                            }
                        }
                        _ => {}
                    }
                }
                let x = self.script.ours.role == Role::Answerer;
                let last = frames.len() - 1;
                Command::Frames(frames.iter().enumerate().map(|(n, frame)| frame.encode(x, n == last)).collect())
            }
            Step::SendTcf => Command::TrainingCheck(Fast { short: false, ..self.fast() }),
            Step::SendPage { only, plain: false } => {
                let frames = block(&letter(1), only.as_deref());
                let fast = self.fast();
                self.long = false;
                Command::EcmFrames(fast, frames)
            }
            Step::SendPage { plain: true, .. } => {
                let options = t4::Options { k: None, row_bits_min: 0, return_to_control: true };
                Command::PageBits(self.fast(), t4::encode(&mut letter(1).source(), &options))
            }
        };
        self.busy = !matches!(command, Command::Listen { .. } | Command::Tone(Tone::Cng));
        let calling = command == Command::Tone(Tone::Cng);
        self.commands.push_back(command);
        if calling {
            self.next(now);
        }
    }

    fn hear_frame(&mut self, now: Time, frame: Frame) {
        let text = format!("{} {}", frame.name(), frame.detail());
        self.heard.push(text.trim_end().to_owned());
        match &frame {
            Frame::Dcs(dcs) => {
                self.dcs = Some(dcs.clone());
                self.long = false;
            }
            Frame::Ctc(modem) => {
                if let (Some(dcs), Some(modem)) = (&mut self.dcs, modem) {
                    dcs.modem = *modem;
                }
            }
            _ => {}
        }
        if let Some((_, Step::HearAny(any))) = self.script.steps.front() {
            if any.iter().any(|expected| text.starts_with(expected)) {
                return;
            }
            self.script.steps.pop_front();
        }
        match self.script.steps.front() {
            Some((_, Step::Hear(expected))) if text.starts_with(expected.as_str()) => self.next(now),
            _ => self.fail(&format!("heard {text}")),
        }
    }
}

impl Party for Far {
    fn start(&mut self, now: Time) {
        self.begin(now);
    }

    fn report(&mut self, now: Time, report: Report) {
        let step = self.script.steps.front().map(|(_, step)| step);
        match (report, step) {
            (_, Some(Step::Silence(_))) => {}
            (Report::Sent, _) if self.busy => {
                self.busy = false;
                self.next(now);
            }
            (Report::Frame { bytes, good: true }, _) if !self.busy => match Frame::parse(&bytes) {
                Some(frame) => self.hear_frame(now, frame),
                None => self.fail("heard no frame of T.30"),
            },
            (Report::TrainingCheck { good }, Some(Step::HearTcf)) => {
                self.heard.push("TCF".to_owned());
                if good { self.next(now) } else { self.fail("a bad training check") }
            }
            (Report::TrainingBegan(_), Some(Step::HearPage(_))) => self.hearing = true,
            (Report::EcmFrame { bytes, good: true }, Some(Step::HearPage(_))) => {
                self.frames += usize::from(matches!(BlockFrame::parse(&bytes), Some(BlockFrame::Data(..))));
            }
            (Report::CarrierLost, Some(Step::HearPage(expected))) if self.hearing => {
                let frames = self.frames;
                self.heard.push(format!("page, {frames} frames"));
                if expected.is_none_or(|expected| expected == frames) {
                    self.long = false;
                    self.next(now);
                } else {
                    self.fail(&format!("a page of {frames} frames"));
                }
            }
            _ => {}
        }
    }

    fn timeout(&mut self, now: Time) {
        if self.wake <= now {
            self.wake = Time::NEVER;
            self.busy = false;
            self.next(now);
        }
    }

    fn remote_hung_up(&mut self, _now: Time) {
        // Who hears our DCN need not wait until we have heard of its end.
        match self.script.steps.front() {
            Some((_, Step::Say(frames))) if *frames == ["DCN"] => drop(self.script.steps.pop_front()),
            _ => {}
        }
        if matches!(self.script.steps.front(), Some((_, Step::HearHangUp))) {
            self.hung_up = true;
        } else {
            let name = self.script.name.clone();
            self.fail(&format!("{name}: our end hung up"));
        }
    }

    fn poll(&mut self, _now: Time) -> Said {
        match self.commands.pop_front() {
            Some(command) => Said::Command(command),
            None if self.hung_up => Said::HungUp,
            None => Said::Wait(self.wake),
        }
    }
}

/// A frame by its words.
fn frame(words: &str, dis: &Dis) -> Frame {
    let (name, rest) = words.split_once(' ').unwrap_or((words, ""));
    let numbers: Vec<u8> = rest.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let post = |name: &str| match name {
        "NULL" => Some(Post::plain(Ending::Null)),
        "MPS" => Some(Post::plain(Ending::Mps)),
        "EOM" => Some(Post::plain(Ending::Eom)),
        "EOP" => Some(Post::plain(Ending::Eop)),
        "PRI-EOP" => Some(Post { ending: Ending::Eop, interrupt: true }),
        _ => None,
    };
    if let Some(post) = name.strip_prefix("PPS-").and_then(post) {
        let [page, block, frames] = numbers[..] else { panic!("{words}: three numbers") };
        return Frame::Pps { post, page, block, frames: frames.into() };
    }
    if let Some(post) = name.strip_prefix("EOR-").and_then(post) {
        return Frame::Eor(post);
    }
    if let Some(post) = post(name) {
        return Frame::Post(post);
    }
    match name {
        "DIS" => Frame::Dis(dis.clone()),
        "DTC" => Frame::Dtc(dis.clone()),
        "CSI" => Frame::Csi("+49 2".into()),
        "CIG" => Frame::Cig("+49 2".into()),
        "TSI" => Frame::Tsi("+49 1".into()),
        "NSF" => Frame::Nsf,
        "DCS" => {
            let modem = Modem::ALL.into_iter().find(|modem| rest.starts_with(&modem.to_string())).expect(words);
            let ecm = rest.contains("ECM");
            Frame::Dcs(Dcs {
                modem,
                resolution: Resolution::Fine,
                coding: if ecm { Coding::Mmr } else { Coding::Mh },
                ecm,
                small_frames: false,
                width: Width::A4,
                length: Length::A4,
                scan_ms: 0,
            })
        }
        "PPR" => {
            let mut bad = BadFrames::NONE;
            numbers.into_iter().for_each(|number| bad.insert(number));
            Frame::Ppr(bad)
        }
        "CTC" => Frame::Ctc(Some(modem(rest).expect(words))),
        "CFR" => Frame::Cfr,
        "FTT" => Frame::Ftt,
        "CTR" => Frame::Ctr,
        "MCF" => Frame::Mcf,
        "RTP" => Frame::Rtp,
        "RTN" => Frame::Rtn,
        "PIP" => Frame::Pip,
        "PIN" => Frame::Pin,
        "RNR" => Frame::Rnr,
        "RR" => Frame::Rr,
        "ERR" => Frame::Err,
        "CRP" => Frame::Crp,
        "FNV" => Frame::Fnv,
        "DCN" => Frame::Dcn,
        other => panic!("no frame {other}"),
    }
}

/// A page's frames as one block, cut as T.4 Annex A says; only some of them, if asked.
fn block(page: &Arc<StoredPage>, only: Option<&[u8]>) -> Vec<Vec<u8>> {
    let octets: Vec<u8> = page.code.iter().map(|octet| octet.reverse_bits()).collect();
    let wanted = |number: &u8| only.is_none_or(|only| only.contains(number));
    let mut frames: Vec<Vec<u8>> = (0..=255u8)
        .zip(octets.chunks(256))
        .filter(|(number, _)| wanted(number))
        .map(|(number, data)| BlockFrame::Data(number, data).encode())
        .collect();
    frames.extend(vec![BlockFrame::Rcp.encode(); 3]);
    frames
}
