//! Calls: our caller against our answerer, and both against sipp.

mod far;
mod far_machines;
mod faxes;
mod field;
mod hostile;
mod sipp;
mod sipp_cases;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ferrofax_fax::carrier::Modem;
use ferrofax_fax::ladder::Ladder;
use ferrofax_fax::page::{Bitmap, Resolution, StoredPage};
use ferrofax_fax::t6;
use ferrofax_fax::t30::{Coding, Config, Event, Misbehaviour, Role, Task};
use ferrofax_server::line::{GiveUp, Number, Observer, Order, Speed, Story};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Any port on this machine.
fn here() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// A small page with something on it, another for every `seed`.
fn page(seed: u16) -> Arc<StoredPage> {
    let mut bitmap = Bitmap::new(1728, 40);
    for row in 0..40u16 {
        for column in (row + seed..1700).step_by(usize::from(seed) + 7) {
            bitmap.set_black(column, u32::from(row));
        }
    }
    Arc::new(t6::store(&mut bitmap.source(Resolution::Fine)))
}

fn sender(pages: u16) -> Config {
    Config {
        role: Role::Caller,
        task: Task::Send((0..pages).map(page).collect()),
        local_id: "FERROFAX TEST".into(),
        ecm: true,
        modems: Modem::ALL.to_vec(),
        codings: vec![Coding::Mh, Coding::Mr, Coding::Mmr],
        resolution_max: Resolution::Fine,
        misbehaviour: Misbehaviour::default(),
    }
}

fn order(number: &str, speed: u8) -> Order {
    order_of(1, number, speed)
}

fn order_of(pages: u16, number: &str, speed: u8) -> Order {
    Order {
        number: Number::new(number).unwrap(),
        config: sender(pages),
        speed: Speed::new(speed),
        ring_max: None,
        finish: CancellationToken::new(),
        job: "FJTEST".into(),
        attempt: "1".into(),
    }
}

/// Passes the events of a call on, so that a test can wait for them.
struct Tell(mpsc::UnboundedSender<Event>);

impl Tell {
    fn new() -> (Tell, mpsc::UnboundedReceiver<Event>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Tell(sender), receiver)
    }

    /// To nobody.
    fn nobody() -> Tell {
        Tell::new().0
    }
}

impl Observer for Tell {
    async fn observe(&mut self, event: Event, _: &Story) -> Result<(), GiveUp> {
        let _ = self.0.send(event);
        Ok(())
    }
}

/// The ladder without its times: `caller INVITE audio PCMA`.
fn told(ladder: &Ladder) -> String {
    let text = ladder.to_string();
    let lines = text.lines().map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}
