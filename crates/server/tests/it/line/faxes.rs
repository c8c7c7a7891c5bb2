//! Whole faxes over the loopback line: SIP, T.38 and T.30 on real sockets, the far machine on its own.

use std::sync::{Arc, Mutex};

use ferrofax_fax::outcome::Outcome;
use ferrofax_fax::t30::Event;
use ferrofax_server::line::loopback::Loopback;
use ferrofax_server::line::{GiveUp, Observer, Speed, Story};
use ferrofax_server::receive::{PassOn, Received};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Tell, order_of, page, told};

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
        assert!(told(&record.ladder).ends_with("200 OK (BYE)"), "{}", record.ladder);

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
