//! Whole faxes over the loopback line: SIP, T.38 and T.30 on real sockets, the far machine on its own.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::t30::{Config, Event, Role, Task};
use ferrofax_server::line::loopback::Loopback;
use ferrofax_server::line::{GiveUp, Line, Observer, Speed, Story, Trunk};
use ferrofax_server::receive::{Answerer, PassOn, Received, Reply, Settings};
use ferrofax_server::{config, service};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Tell, here, order_of, page, told};

const SPEED: u8 = 10;

async fn loopback() -> (Loopback, mpsc::Receiver<Received>) {
    let (sender, received) = mpsc::channel(8);
    let loopback = Loopback::start(Speed::new(SPEED), move || PassOn::to(sender.clone())).await.unwrap();
    (loopback, received)
}

#[tokio::test]
async fn what_the_far_machine_received_is_what_was_sent() {
    let (loopback, mut received) = loopback().await;
    for number in ["0049891234", "004999033", "004999048"] {
        let (mut tell, mut events) = Tell::new();
        let record = loopback.line().place(order_of(3, number, SPEED), &mut tell, CancellationToken::new()).await;
        assert_eq!(record.outcome, Outcome::Sent, "{number}\n{}", record.ladder);
        assert_eq!(record.remote_id.as_deref(), Some("FERROFAX LOOPBACK"));
        // Whoever is first after DCN.
        let ladder = told(&record.ladder);
        let ours = "line end sent\ncaller BYE\nanswerer 200 OK (BYE)";
        let theirs = "answerer BYE\ncaller 200 OK (BYE)\nline end sent";
        assert!(ladder.ends_with(ours) || ladder.ends_with(theirs), "{ladder}");

        let far = received.recv().await.unwrap();
        assert_eq!(far.record.outcome, Outcome::Received, "{number}\n{}", far.record.ladder);
        assert_eq!(far.record.remote_id.as_deref(), Some("FERROFAX TEST"));
        let sent: Vec<_> = (0..3).map(|seed| page(seed).as_ref().clone()).collect();
        assert_eq!(far.pages, sent, "{number}");

        drop(tell);
        let mut confirmed = vec![];
        while let Some(event) = events.recv().await {
            match event {
                Event::PageEnding { page } => confirmed.push((page, false)),
                Event::PageConfirmed { page } => confirmed.push((page, true)),
                _ => {}
            }
        }
        assert_eq!(confirmed, [(0, false), (0, true), (1, false), (1, true), (2, false), (2, true)]);
    }
}

#[tokio::test]
async fn a_far_machine_that_never_confirms_page_2_makes_the_fax_fail() {
    let (loopback, _received) = loopback().await;
    let (mut tell, mut events) = Tell::new();
    let record = loopback.line().place(order_of(2, "004999002", SPEED), &mut tell, CancellationToken::new()).await;
    drop(tell);
    assert_ne!(record.outcome, Outcome::Sent, "{}", record.ladder);
    assert!(record.answered_at.is_some());
    let mut confirmed = vec![];
    while let Some(event) = events.recv().await {
        if let Event::PageConfirmed { page } = event {
            confirmed.push(page);
        }
    }
    assert_eq!(confirmed, [0], "{}", record.ladder);
}

#[tokio::test]
async fn an_answer_without_a_word_is_no_fax_heard() {
    let (loopback, _received) = loopback().await;
    let record =
        loopback.line().place(order_of(1, "004999200", SPEED), &mut Tell::nobody(), CancellationToken::new()).await;
    assert_eq!(record.outcome, Outcome::NoFaxHeard, "{}", record.ladder);
}

/// Cancels the call at its first page, or refuses to go on there.
struct AtFirstPage {
    cancel: CancellationToken,
    refuse: bool,
    ladder: Arc<Mutex<String>>,
}

impl Observer for AtFirstPage {
    async fn observe(&mut self, event: Event, story: &Story) -> Result<(), GiveUp> {
        if matches!(event, Event::PageEnding { page: 0 }) {
            *self.ladder.lock().unwrap() = story.ladder().to_string();
            if self.refuse {
                return Err(GiveUp);
            }
            self.cancel.cancel();
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_call_cancelled_in_mid_page_ends_properly() {
    let (loopback, _received) = loopback().await;
    let cancel = CancellationToken::new();
    let mut observer = AtFirstPage { cancel: cancel.clone(), refuse: false, ladder: Arc::default() };
    let record = loopback.line().place(order_of(2, "0049891234", SPEED), &mut observer, cancel).await;
    assert_eq!(record.outcome, Outcome::Cancelled, "{}", record.ladder);
    assert!(told(&record.ladder).contains("caller DCN"), "{}", record.ladder);
}

#[tokio::test]
async fn a_page_whose_doubt_cannot_be_stored_is_not_ended() {
    let (loopback, mut received) = loopback().await;
    let ladder = Arc::<Mutex<String>>::default();
    let mut observer = AtFirstPage { cancel: CancellationToken::new(), refuse: true, ladder: ladder.clone() };
    let record = loopback.line().place(order_of(2, "0049891234", SPEED), &mut observer, CancellationToken::new()).await;
    assert_eq!(record.outcome, Outcome::Internal, "{}", record.ladder);
    // The ladder so far was there to be stored, and nothing but the hang-up followed.
    assert!(ladder.lock().unwrap().contains("DCS"));
    let far = received.recv().await.unwrap();
    assert!(far.pages.is_empty());
    assert!(!told(&record.ladder).contains("PPS"), "{}", record.ladder);
}

#[tokio::test]
async fn a_call_that_lasts_too_long_is_ended_properly_by_either_end() {
    // Many more pages than twenty seconds carry.
    let (sender, mut received) = mpsc::channel(8);
    for (ours, theirs) in [(20, 7200), (7200, 20)] {
        let (pass, span) = (sender.clone(), Duration::from_secs);
        let settings = Settings { speed: Speed::new(SPEED), call_max: span(theirs), ..Settings::at(here()) };
        let answerer = Answerer::start(settings, |_| fax(), move || PassOn::to(pass.clone())).await.unwrap();
        let trunk = Trunk { call_max: span(ours), ..Trunk::to(&answerer.address().to_string(), here()) };
        let line = Line::open(trunk).await.unwrap();
        let record = line.place(order_of(60, "1", SPEED), &mut Tell::nobody(), CancellationToken::new()).await;
        let far = received.recv().await.unwrap();
        let (long, other) = if ours < theirs { (&record, &far.record) } else { (&far.record, &record) };
        assert_eq!(long.outcome, Outcome::CallTooLong, "{}", long.ladder);
        let ladder = told(&long.ladder);
        assert!(ladder.contains("line call the longest allowed"), "{ladder}");
        assert!(ladder.contains("DCN") && ladder.contains("line end call_too_long"), "{ladder}");
        let told_so = matches!(other.outcome, Outcome::RemoteDisconnected { .. });
        assert!(told_so, "{:?}\n{}", other.outcome, other.ladder);
    }
}

/// What a section of the configuration says about a trunk holds on the line.
#[tokio::test]
async fn the_configured_bit_rate_and_speed_reach_the_call() {
    let (sender, _received) = mpsc::channel(8);
    let settings = Settings { speed: Speed::new(SPEED), ..Settings::at(here()) };
    let answerer = Answerer::start(settings, |_| fax(), move || PassOn::to(sender.clone())).await.unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let section = format!(
        "[[line]]\nkind = 'sip'\nname = 'trunk'\nprefixes = ['']\nchannels = 1\ntarget = '{}'\nbind = '127.0.0.1:0'\n\
         speed = {SPEED}\n[line.t38]\nbit_rate_max = 4800\n",
        answerer.address()
    );
    std::fs::write(file.path(), section).unwrap();
    let config = config::load(Some(file.path()), []).unwrap().config;
    let config::LineKind::Sip(sip) = &config.lines[0].kind else { panic!("{:?}", config.lines) };
    let line = Line::open(service::trunk(sip).unwrap()).await.unwrap();
    assert_eq!(line.speed(), Speed::new(SPEED));
    let record = line.place(order_of(1, "1", SPEED), &mut Tell::nobody(), CancellationToken::new()).await;
    assert_eq!(record.outcome, Outcome::Sent, "{}", record.ladder);
    let ladder = told(&record.ladder);
    assert!(ladder.contains("caller 200 OK (INVITE), T.38 4800"), "{ladder}");
    assert!(ladder.contains("caller DCS V.27ter 4800"), "{ladder}");
}

fn fax() -> Reply {
    Reply::fax(Config::new(Role::Answerer, Task::Receive, "FAR".to_owned()))
}
