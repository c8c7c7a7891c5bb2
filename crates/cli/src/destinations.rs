//! `ferrofax destination`: what calls to numbers taught, straight in the store of a data folder.

use anyhow::{Result, anyhow, bail};
use ferrofax_server::jobs::{Pins, Retry};
use ferrofax_server::lists::number_key;
use ferrofax_server::store::{DestinationView, Store};
use jiff::Timestamp;

use crate::customer;
use crate::settings::Place;

/// Numbers asked for at a time.
const PAGE: u32 = 1000;

/// Which number.
#[derive(Debug, clap::Args)]
pub struct Which {
    number: String,
    /// Country of a number without a country code: DE, FR, ….
    #[arg(long)]
    country: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Which {
    fn open(&self) -> Result<(Store, Retry, String)> {
        let number = number_key(&self.number, self.country.as_deref()).map_err(|what| anyhow!("number: {what}"))?;
        Ok((customer::open(&self.place)?, self.place.load()?.retry, number))
    }
}

#[derive(Debug, clap::Subcommand)]
pub enum Destination {
    /// The numbers that something is known of.
    List {
        /// Only those that are parked.
        #[arg(long)]
        parked: bool,
        #[command(flatten)]
        place: Place,
    },
    /// What is known of a number.
    Show {
        #[command(flatten)]
        which: Which,
    },
    /// Say how a number is called, whatever is learnt; what is not given is learnt again.
    Pin {
        /// Bits a second at most.
        #[arg(long)]
        bit_rate_max: Option<u32>,
        /// Whether error correction is offered.
        #[arg(long)]
        ecm: Option<bool>,
        #[command(flatten)]
        which: Which,
    },
    /// Forget what is known of a number, also what was pinned.
    Clear {
        #[command(flatten)]
        which: Which,
    },
    /// Call a parked number again.
    Release {
        #[command(flatten)]
        which: Which,
    },
}

impl Destination {
    pub async fn run(self) -> Result<()> {
        match self {
            Self::List { parked, place } => list(&customer::open(&place)?, &place.load()?.retry, parked).await?,
            Self::Show { which } => {
                let (store, rules, number) = which.open()?;
                match store.destination(&number).await? {
                    Some(view) => println!("{}", line(&view, &rules, Timestamp::now())),
                    None => bail!("nothing is known of this number"),
                }
            }
            Self::Pin { bit_rate_max, ecm, which } => {
                if bit_rate_max.is_some_and(|rate| rate < 2400) {
                    bail!("--bit-rate-max: no machine is slower than 2400");
                }
                let (store, rules, number) = which.open()?;
                store.pin_destination(&number, Pins { bit_rate_max, ecm }, &rules).await?;
            }
            Self::Clear { which } => {
                let (store, _, number) = which.open()?;
                if !store.forget_destination(&number).await? {
                    bail!("nothing is known of this number");
                }
            }
            Self::Release { which } => {
                let (store, rules, number) = which.open()?;
                if !store.release_destination(&number, &rules).await? {
                    bail!("nothing is held against this number");
                }
            }
        }
        Ok(())
    }
}

async fn list(store: &Store, rules: &Retry, parked: bool) -> Result<()> {
    let mut after = String::new();
    let now = Timestamp::now();
    loop {
        let page = store.destinations(&after, PAGE).await?;
        for view in page.iter().filter(|view| !parked || view.memory.parked(rules, now).is_some()) {
            println!("{}", line(view, rules, now));
        }
        match page.last() {
            Some(last) => after.clone_from(&last.number),
            None => return Ok(()),
        }
    }
}

fn line(view: &DestinationView, rules: &Retry, now: Timestamp) -> String {
    let (memory, advice) = (&view.memory, view.memory.advice(now));
    let mut words = vec![view.number.clone()];
    if let Some(parked) = memory.parked(rules, now) {
        words.push(format!("parked since {:.0} until {:.0} ({})", parked.since, parked.until, parked.outcome.code()));
    }
    words.extend(memory.ok_at.map(|at| format!("ok {at:.0}")));
    let failure = memory.failed_at.zip(memory.failure.as_ref());
    words.extend(failure.map(|(at, outcome)| format!("failed {at:.0} ({})", outcome.code())));
    let pinned = |pinned: bool| if pinned { " (pinned)" } else { "" };
    let pins = memory.pins;
    words
        .extend(advice.bit_rate_max.map(|rate| format!("at most {rate} bit/s{}", pinned(pins.bit_rate_max.is_some()))));
    if !advice.ecm || pins.ecm.is_some() {
        let with = if advice.ecm { "with" } else { "without" };
        words.push(format!("{with} error correction{}", pinned(pins.ecm.is_some())));
    }
    words.extend(memory.t38_refused_at.map(|at| format!("refused T.38 {at:.0}")));
    words.extend(memory.answer_ms.map(|answer| format!("answers after {} s", answer.div_ceil(1000))));
    words.join("  ")
}
