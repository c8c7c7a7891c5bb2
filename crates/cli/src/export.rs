//! `ferrofax export`: finished deliveries as CSV, straight from the store of a data folder.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use ferrofax_server::export::csv;
use ferrofax_server::store::Finished;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::customer;
use crate::settings::Place;

/// Lines read at a time.
const BATCH: u32 = 1000;
const USUAL: SignedDuration = SignedDuration::from_hours(24 * 31);

#[derive(Debug, clap::Args)]
pub struct Export {
    /// Of one customer alone.
    #[arg(long)]
    customer: Option<String>,
    /// Jobs that finished then or later: a date (in UTC) or a date-time; 31 days before the end if not given.
    #[arg(long)]
    from: Option<String>,
    /// Jobs that finished before; now if not given.
    #[arg(long)]
    to: Option<String>,
    /// Write to this file.
    #[arg(long, short)]
    output: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

impl Export {
    pub async fn run(self) -> Result<()> {
        let to = self.to.as_deref().map_or(Ok(Timestamp::now()), time)?;
        let usual = || Ok(to.checked_sub(USUAL).unwrap_or(Timestamp::MIN));
        let from = self.from.as_deref().map_or_else(usual, time)?;
        let which = Finished { customer: self.customer, login: None, from, to };
        let store = customer::open(&self.place)?;
        let mut out: Box<dyn Write> = match &self.output {
            Some(path) => Box::new(File::create(path).with_context(|| format!("can't write {}", path.display()))?),
            None => Box::new(io::stdout().lock()),
        };
        out.write_all(csv::head().as_bytes())?;
        let mut after = None;
        loop {
            let (records, next) = store.finished_deliveries(&which, after, BATCH).await?;
            out.write_all(&csv::lines(records)?)?;
            after = next;
            if after.is_none() {
                return Ok(out.flush()?);
            }
        }
    }
}

fn time(text: &str) -> Result<Timestamp> {
    let day = || Ok::<_, jiff::Error>(text.parse::<Date>()?.to_zoned(TimeZone::UTC)?.timestamp());
    text.parse()
        .or_else(|_| day())
        .map_err(|_| anyhow!("{text}: is no date, such as 2026-11-01 or 2026-11-01T08:00:00Z"))
}
