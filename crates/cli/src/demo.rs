//! `ferrofax demo`: one fax, start to end, before your eyes.
//!
//! A service on a temporary store, the loopback line, a real job over HTTP, a real SIP call to the far machine. The pages shown as
//! received are decoded from what came over the wire.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use ferrofax_fax::page::StoredPage;
use ferrofax_server::config::{self, LineKind};
use ferrofax_server::jobs::JobId;
use ferrofax_server::receive::Received;
use ferrofax_server::service::{Service, Surroundings};
use ferrofax_server::store::{JobView, Store};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::sync::mpsc;

use crate::client::{self, Client, Target};
use crate::{files, jobs, serve, settings};

const LOGIN: &str = "demo";
const NUMBER: &str = "+49 89 1234567-0";
const LETTER: &[u8] = include_bytes!("../samples/letter.pdf");
const NOTES: &[u8] = include_bytes!("../samples/notes.txt");
/// How often the store is looked at for something to show.
const LOOK: Duration = Duration::from_millis(40);

#[derive(Debug, clap::Args)]
pub struct Demo {
    /// At the pace of a telephone line, not ten times as fast.
    #[arg(long)]
    real_time: bool,
    /// Folder for the pages; a new temporary one if not given.
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Number to call; its end decides how the far machine behaves.
    #[arg(long, default_value = NUMBER)]
    to: String,
}

impl Demo {
    pub async fn run(self) -> Result<()> {
        let output = match &self.output {
            Some(output) => {
                std::fs::create_dir_all(output).with_context(|| format!("can't make {}", output.display()))?;
                output.clone()
            }
            None => tempfile::Builder::new().prefix("ferrofax-demo-").tempdir()?.keep(),
        };
        let data = tempfile::tempdir()?;
        let mut config = config::load(None, [])?.config;
        config.data_dir = data.path().to_owned();
        config.http.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        for line in &mut config.lines {
            line.kind = LineKind::Loopback { speed: if self.real_time { 1 } else { 10 } };
        }
        // Whoever watches wants to see how a call ends, not to wait for the next.
        config.retry.attempts_max = 1;
        config.log.level = "warn".to_owned();
        settings::log(&config.log)?;

        let (tray, mut received) = mpsc::channel(8);
        let surroundings = Surroundings { renderer: serve::renderer()?, keeper: serve::keeper()?, tray: Some(tray) };
        let service = Service::start(&config, surroundings).await?;
        let store = service.store().clone();
        let client = client(&service).await?;
        println!("ferrofax listens on {}", service.url());

        let job = client.submit(&self.job()).await?;
        println!("submitted a PDF and a text for {}: job {job}", self.to);
        let job = JobId(job);
        let view = watch(&store, &job).await?;
        let sent = store.job_pages(&job).await?;
        let report = client.report(&job.0).await?;
        println!("\nThe report:\n{}", serde_json::to_string_pretty(&report)?);
        println!("\nThe conversation:\n{}", jobs::story(&store, &view).await?);
        service.stop(Duration::from_secs(5)).await;

        let ok = report.recipient_status.iter().all(|recipient| recipient.status == "OK");
        let mut faxes = Vec::new();
        while let Ok(fax) = received.try_recv() {
            faxes.push(fax);
        }
        let same = show_pages(&output, &sent, faxes)?;
        if !ok {
            bail!("the fax did not arrive");
        }
        if !same {
            bail!("what arrived is not what was sent");
        }
        println!("\nWhat arrived is what was sent, pel for pel.");
        Ok(())
    }

    fn job(&self) -> serde_json::Value {
        json!({
            "reference": { "customerDefinedId": "demo" },
            "recipients": [{ "number": self.to }],
            "documents": [client::document("letter.pdf", LETTER), client::document("notes.txt", NOTES)],
            "transportOptions": { "csid": "ferrofax demo" },
        })
    }
}

/// A customer with a login, and a client that uses it.
async fn client(service: &Service) -> Result<Client> {
    let password = serve::first_login(service.store(), LOGIN).await?;
    Client::new(Target {
        url: service.url(),
        customer: serve::FIRST_CUSTOMER.to_owned(),
        user: LOGIN.to_owned(),
        password,
    })
}

/// Shows stages and pages as they happen, until the job is done.
async fn watch(store: &Store, job: &JobId) -> Result<JobView> {
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} pages confirmed")?);
    let (mut state, mut calls, mut entries, mut confirmed) = (None, 0, 0, 0);
    let say = |text: String| bar.suspend(|| println!("{text}"));
    loop {
        let view = store.job_view(job).await?.context("the job is gone")?;
        if state != Some(view.state) {
            state = Some(view.state);
            let pages = if view.pages > 0 { format!(", {} pages", view.pages) } else { String::new() };
            say(format!("  {:?}{pages}", view.state).to_lowercase());
            bar.set_length(view.pages.into());
        }
        if let Some(delivery) = view.deliveries.first() {
            if delivery.attempts.len() > calls {
                calls = delivery.attempts.len();
                entries = 0;
                say(format!("  calling, attempt {calls}"));
            }
            if let Some(ladder) = store.ladder(&delivery.id, u32::try_from(calls).unwrap_or(0)).await? {
                for entry in ladder.entries().iter().skip(entries) {
                    say(format!("    {:>8}  {:?}  {}  {}", entry.at, entry.who, entry.what, entry.detail));
                }
                entries = ladder.entries().len();
            }
            if delivery.pages_confirmed > confirmed {
                confirmed = delivery.pages_confirmed;
                say(format!("  page {confirmed} is confirmed"));
                bar.set_position(confirmed.into());
            }
        }
        if view.finished_at.is_some() {
            bar.finish_and_clear();
            return Ok(view);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Writes what arrived, and what was sent for comparison; whether they are the same.
fn show_pages(output: &Path, sent: &[StoredPage], faxes: Vec<Received>) -> Result<bool> {
    let pages: Vec<StoredPage> = faxes.into_iter().flat_map(|fax| fax.pages).collect();
    if pages.is_empty() {
        println!("No page arrived.");
        return Ok(false);
    }
    println!("What the far machine received:");
    for name in ["received.tif", "received.png"] {
        for path in files::write(&output.join(name), &pages)? {
            println!("  {}", path.display());
        }
    }
    println!("What was sent:");
    for path in files::write(&output.join("sent.tif"), sent)? {
        println!("  {}", path.display());
    }
    Ok(pages == sent)
}
