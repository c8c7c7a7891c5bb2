//! `ferrofax receive`: answers calls and writes each fax as TIFF.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use ferrofax_fax::page::StoredPage;
use ferrofax_fax::t30::{self, Config, Role, Task};
use ferrofax_fax::tiff::{Compression, Writer};
use ferrofax_server::line::{CallRecord, GiveUp, Speed};
use ferrofax_server::receive::{Answerer, Reply, Settings, Tray};
use jiff::Timestamp;

#[derive(Debug, clap::Args)]
pub struct Receive {
    /// SIP address to answer on.
    #[arg(long, default_value = "0.0.0.0:5060")]
    listen: SocketAddr,
    /// Folder for the faxes.
    #[arg(short, long, default_value = ".")]
    output: PathBuf,
    /// Our identification (CSI), 20 characters.
    #[arg(long, default_value = "")]
    csid: String,
    /// How much faster than real time calls run, 1 to 20; for test networks whose other end runs as fast.
    #[arg(long, default_value_t = 1, hide = true)]
    speed: u8,
}

impl Receive {
    pub async fn run(self) -> Result<()> {
        std::fs::create_dir_all(&self.output).with_context(|| format!("can't make {}", self.output.display()))?;
        let config = Config::new(Role::Answerer, Task::Receive, t30::local_id(&self.csid));
        let settings = Settings { speed: Speed::new(self.speed), ..Settings::at(self.listen) };
        let reply = move |_: &str| Reply::fax(config.clone());
        let folder: Arc<Path> = self.output.into();
        let (calls, begun) = (Arc::new(AtomicU64::new(1)), Timestamp::now().as_millisecond());
        let tray = move || {
            let call = calls.fetch_add(1, Ordering::Relaxed);
            ToFile { path: folder.join(format!("fax-{begun}-{call}.tif")), pages: 0, writer: None }
        };
        let answerer = Answerer::start(settings, reply, tray).await?;
        println!("answering on {}", answerer.address());
        tokio::signal::ctrl_c().await?;
        answerer.close().await;
        Ok(())
    }
}

/// Writes a fax page by page: a page is on disk before the far end hears that it arrived. While the call runs the file is a
/// `.part`.
struct ToFile {
    path: PathBuf,
    pages: u32,
    writer: Option<Writer<File>>,
}

impl ToFile {
    fn part(&self) -> PathBuf {
        self.path.with_extension("part")
    }

    fn append(&mut self, page: &StoredPage) -> std::io::Result<()> {
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::new(File::create(self.part())?, Compression::Mmr)?,
        };
        writer.append_stored(page)?;
        writer.get_ref().sync_data()?;
        self.writer = Some(writer);
        self.pages += 1;
        Ok(())
    }

    fn finish(&mut self) -> std::io::Result<()> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        writer.finish()?.sync_all()?;
        std::fs::rename(self.part(), &self.path)
    }
}

impl Tray for ToFile {
    async fn page(&mut self, page: StoredPage, bad_rows: u32) -> Result<(), GiveUp> {
        if bad_rows > 0 {
            tracing::warn!(bad_rows, "a page came with {bad_rows} damaged rows");
        }
        self.append(&page).map_err(|error| {
            eprintln!("ferrofax: {} can't be written: {error}", self.part().display());
            GiveUp
        })
    }

    async fn ended(mut self, record: CallRecord) {
        let outcome = record.outcome.code();
        match self.finish() {
            Ok(()) if self.pages > 0 => println!("{}: {} pages, {outcome}", self.path.display(), self.pages),
            Ok(()) => println!("a call without a page: {outcome}"),
            Err(error) => eprintln!("ferrofax: {} can't be finished: {error}", self.part().display()),
        }
    }
}
