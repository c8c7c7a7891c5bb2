//! `send`, `status`, `proof`, `show`: jobs of a running service.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ferrofax_api::progress::{JobEvent, JobStage, RecipientEvent, RecipientStage};
use ferrofax_server::jobs::{DeliveryState, JobId};
use ferrofax_server::store;
use indicatif::ProgressBar;
use jiff::Timestamp;

use crate::client::{self, Client, Target};
use crate::customer;
use crate::notices;
use crate::settings::Place;

/// How often a report is asked for.
pub const POLL: Duration = Duration::from_millis(500);

#[derive(Debug, clap::Args)]
pub struct Send {
    /// Documents: PDF, plain text (UTF-8), TIFF.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Number to send to; may be given several times.
    #[arg(long = "to", required = true)]
    to: Vec<String>,
    /// Wait until every recipient has its final status.
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    target: Target,
}

impl Send {
    pub async fn run(self) -> Result<()> {
        let client = Client::new(self.target)?;
        let job = client.submit(&client::job(&self.files, &self.to)?).await?;
        println!("{job}");
        if !self.wait {
            return Ok(());
        }
        let bar = ProgressBar::new_spinner().with_message("waiting for the far end");
        bar.enable_steady_tick(Duration::from_millis(120));
        let report = loop {
            let report = client.report(&job).await?;
            if client::is_final(&report) {
                break report;
            }
            tokio::time::sleep(POLL).await;
        };
        bar.finish_and_clear();
        println!("{}", serde_json::to_string_pretty(&report)?);
        if report.recipient_status.iter().any(|recipient| recipient.status != "OK") {
            bail!("not every recipient got the fax");
        }
        Ok(())
    }
}

#[derive(Debug, clap::Args)]
pub struct Status {
    /// Job id.
    job: String,
    /// Say what happens as it happens, then the report.
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    target: Target,
}

impl Status {
    pub async fn run(self) -> Result<()> {
        let client = Client::new(self.target)?;
        if self.watch {
            let tell = |kind: &str, data: &str| {
                println!("{:.0} {}", Timestamp::now(), happened(kind, data)?);
                Ok(())
            };
            client.watch(&self.job, tell).await?;
        }
        let report = client.report(&self.job).await?;
        println!("{}", serde_json::to_string_pretty(&report)?);
        Ok(())
    }
}

/// An event in words.
fn happened(kind: &str, data: &str) -> Result<String> {
    if kind == "job" {
        let JobEvent { stage, pages } = serde_json::from_str(data)?;
        return Ok(match stage {
            JobStage::Accepted => "accepted".to_owned(),
            JobStage::Preparing => "its documents are being rendered".to_owned(),
            JobStage::Prepared => format!("prepared, {pages} pages"),
            JobStage::Finished => "finished".to_owned(),
        });
    }
    let event: RecipientEvent = serde_json::from_str(data)?;
    let RecipientEvent { recipient, stage, attempt, pages_confirmed, pages, status, reason } = event;
    let what = match stage {
        RecipientStage::Accepted => "accepted".to_owned(),
        RecipientStage::Waiting => "waits".to_owned(),
        RecipientStage::Held => "is held".to_owned(),
        RecipientStage::Calling => format!("call {attempt}"),
        RecipientStage::Answered => format!("call {attempt} is answered"),
        RecipientStage::Page => format!("page {pages_confirmed} of {pages} is confirmed"),
        RecipientStage::Ended => format!("{}: {}", status.unwrap_or_default(), reason.unwrap_or_default()),
    };
    Ok(format!("recipient {recipient}: {what}"))
}

#[derive(Debug, clap::Args)]
pub struct Proof {
    /// Job id.
    job: String,
    /// A recipient's place in the request, from 0.
    #[arg(long, default_value_t = 0)]
    recipient: u32,
    /// The PDF to write.
    #[arg(long, short)]
    out: PathBuf,
    #[command(flatten)]
    target: Target,
}

impl Proof {
    pub async fn run(self) -> Result<()> {
        let proof = Client::new(self.target)?.proof(&self.job, self.recipient).await?;
        std::fs::write(&self.out, proof).with_context(|| format!("can't write {}", self.out.display()))
    }
}

#[derive(Debug, clap::Args)]
pub struct Show {
    /// Job id.
    job: String,
    /// As JSON, without the conversations.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Show {
    pub async fn run(self) -> Result<()> {
        let store = customer::open(&self.place)?;
        let view = store.job_view(&JobId(self.job.clone())).await?;
        let view = view.with_context(|| format!("there is no job {}", self.job))?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&view)?);
            return Ok(());
        }
        print!("{}", story(&store, &view).await?);
        Ok(())
    }
}

/// Which of a job's faxes.
#[derive(Debug, clap::Args)]
pub struct Control {
    /// Job id.
    job: String,
    /// A recipient's place in the request, from 0; all of them if not given.
    #[arg(long)]
    recipient: Option<u32>,
    #[command(flatten)]
    place: Place,
}

impl Control {
    pub async fn run(self, control: store::Control) -> Result<()> {
        let store = customer::open(&self.place)?;
        let which = store::Which { job: JobId(self.job.clone()), recipient: self.recipient, login: None };
        let done = store.control(&which, control, Timestamp::now()).await?;
        let done = done.with_context(|| format!("there is no job {}, or no such recipient", self.job))?;
        println!("{} done, {} in a call, {} as they were", done.done, done.in_call, done.unchanged);
        Ok(())
    }
}

/// A job's calls as text.
pub async fn story(store: &store::Store, view: &store::JobView) -> Result<String> {
    use std::fmt::Write as _;
    let mut text = String::new();
    writeln!(text, "job {}, accepted {:.0}, {} pages", view.id, view.accepted_at, view.pages)?;
    for warning in &view.warnings {
        writeln!(text, "  warning: {warning}")?;
    }
    for notice in store.notices(&view.id, None).await?.unwrap_or_default() {
        writeln!(text, "  {}", notices::line(&notice))?;
    }
    for delivery in &view.deliveries {
        let status = delivery.status.as_deref().unwrap_or("PENDING");
        let (confirmed, pages) = (delivery.pages_confirmed, view.pages + delivery.cover_pages);
        writeln!(text, "\nto {}: {status}, {confirmed} of {pages} pages confirmed", delivery.number)?;
        for warning in &delivery.number_warnings {
            writeln!(text, "  warning: {warning}")?;
        }
        for warning in &delivery.warnings {
            writeln!(text, "  warning: cover page: {warning}")?;
        }
        if let Some(reason) = &delivery.reason {
            writeln!(text, "  {reason}")?;
        }
        match delivery.state {
            DeliveryState::Held => writeln!(text, "  held")?,
            DeliveryState::Waiting => writeln!(text, "  the next call is due {:.0}", delivery.not_before)?,
            _ => {}
        }
        for attempt in &delivery.attempts {
            let outcome = attempt.outcome.as_ref().map_or("running", |outcome| outcome.code());
            let (number, line) = (attempt.number, &attempt.line);
            writeln!(text, "\nattempt {number}, line {line}, {:.0}: {outcome}", attempt.started_at)?;
            if attempt.dial != delivery.dial {
                writeln!(text, "  to another of the recipient's numbers")?;
            }
            if attempt.pages_repeated > 0 {
                writeln!(text, "  with the cover page once more")?;
            }
            if attempt.first_page > 0 {
                writeln!(text, "  from page {}", attempt.first_page + 1)?;
            }
            if let Some(page) = attempt.in_doubt {
                writeln!(text, "  page {} was ended and not confirmed: it may have arrived", page + 1)?;
            }
            if let Some(ladder) = store.ladder(&delivery.id, attempt.number).await? {
                write!(text, "{ladder}")?;
            }
        }
    }
    Ok(text)
}
