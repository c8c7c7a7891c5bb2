//! `ferrofax`: the one executable. Commands talk to a running service over its API, or to its data folder.

mod client;
mod confine;
mod customer;
mod demo;
mod destinations;
mod export;
mod files;
mod jobs;
mod lists;
mod notices;
mod receive;
mod serve;
mod settings;
mod stationery;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ferrofax_server::store::Control;

/// A fax service: REST API in, real faxes out.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service.
    Serve(settings::Place),
    /// Send one fax to a built-in far machine, start to end, and show what happens.
    Demo(demo::Demo),
    /// Submit files to a running service.
    Send(jobs::Send),
    /// A job's report, from a running service.
    Status(jobs::Status),
    /// The proof of transmission for a recipient, as PDF, from a running service.
    Proof(jobs::Proof),
    /// A job's attempts and the conversation of every call, from the data folder.
    Show(jobs::Show),
    /// End a job's faxes, from the data folder. A running call ends as soon as it can.
    Cancel(jobs::Control),
    /// Keep a job's faxes back, from the data folder. A running call goes on.
    Hold(jobs::Control),
    /// Let a held job go on, from the data folder.
    Release(jobs::Control),
    /// How pushes and mails of a job's end went, and making them again, from the data folder.
    #[command(subcommand)]
    Notices(notices::Notices),
    /// A fax as its recipient would get it, without a call: pages, time on the line, warnings.
    Render(files::Render),
    /// Templates of cover pages.
    #[command(subcommand)]
    Template(stationery::Template),
    /// Overlays: stationery under a fax's pages.
    #[command(subcommand)]
    Overlay(stationery::Overlay),
    /// Do-not-fax lists: the operator's, the public ones, customers' own.
    #[command(subcommand)]
    List(lists::Lists),
    /// Finished deliveries as CSV, from the data folder.
    Export(export::Export),
    /// What calls to numbers taught, and which of them are parked.
    #[command(subcommand)]
    Destination(destinations::Destination),
    /// Answer calls and write each fax as TIFF.
    Receive(receive::Receive),
    /// Customers, their logins and settings.
    #[command(subcommand)]
    Customer(customer::Customer),
    /// Prove a configuration before it is used.
    Check(settings::Place),
    /// The child that renders the documents of strangers.
    #[command(hide = true)]
    RenderWorker(worker::RenderWorker),
    /// The process between a foreign program and the service.
    #[command(hide = true)]
    Confine(confine::Confine),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        // First, and without threads: they give up their rights before anything else.
        Command::RenderWorker(worker) => worker.run().map(|()| ExitCode::SUCCESS),
        Command::Confine(confine) => confine.run(),
        command => run(command).map(|()| ExitCode::SUCCESS),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ferrofax: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    // One provider for all TLS in the process; the second to ask would otherwise panic.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Serve(place) => serve::serve(&place).await,
            Command::Demo(demo) => demo.run().await,
            Command::Send(send) => send.run().await,
            Command::Status(status) => status.run().await,
            Command::Proof(proof) => proof.run().await,
            Command::Show(show) => show.run().await,
            Command::Cancel(job) => job.run(Control::Cancel).await,
            Command::Hold(job) => job.run(Control::Hold).await,
            Command::Release(job) => job.run(Control::Release).await,
            Command::Notices(notices) => notices.run().await,
            Command::Render(render) => render.run().await,
            Command::Template(template) => template.run().await,
            Command::Overlay(overlay) => overlay.run().await,
            Command::List(lists) => lists.run().await,
            Command::Export(export) => export.run().await,
            Command::Destination(destination) => destination.run().await,
            Command::Receive(receive) => receive.run().await,
            Command::Customer(customer) => customer.run().await,
            Command::Check(place) => settings::check(&place),
            Command::RenderWorker(_) | Command::Confine(_) => unreachable!("handled in main"),
        }
    })
}
