//! LibreOffice, kept warm.
//!
//! To start it costs more than a second, a document a tenth of it. It has no way to serve that does not end it with the last
//! document, short of UNO and its sockets; so a small program in its own Basic ([`PROGRAM`]) serves: it looks for an order in its
//! folder, opens the document named there, stores it as PDF and leaves a word about how it went. Between documents the keeper
//! halts the whole process. One document at a time; after a number of them, after idle time, and after anything that was
//! not an answer, LibreOffice is ended and a fresh one starts with the next document.
//!
//! Its profile is ours and new each time: macros of documents never run, links are not followed, Java is off. Spreadsheets are
//! shrunk so that all columns fit the width of a page, since a fax with the columns on separate pages is of no use to anybody.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ferrofax_api::job::DocumentKind;
use tokio::sync::Mutex;

use super::Settings;
use super::keeper::{self, GO_ON, HALT, Keeper};
use super::once::unreadable;
use crate::prepare::protocol::Refusal;
use crate::prepare::worker::RenderError;

/// What serves within LibreOffice.
const PROGRAM: &str = include_str!("serve.xba");
/// The libraries and modules of Basic: one of each.
const LIBRARIES: &str = include_str!("libraries.xml");
const MODULES: &str = include_str!("modules.xml");
/// What is set otherwise than usual.
const PROFILE: &str = include_str!("profile.xml");

/// How often to look whether a document is done.
const LOOK: Duration = Duration::from_millis(5);

/// LibreOffice, running or to be started.
#[derive(Clone, Debug)]
pub struct Office {
    settings: Arc<Settings>,
    program: PathBuf,
    running: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    resident: Option<Resident>,
    /// How many have been started.
    started: u64,
    /// Documents of all of them.
    documents: u64,
}

impl Office {
    pub fn new(settings: Settings, program: PathBuf) -> Office {
        Office { settings: Arc::new(settings), program, running: Arc::default() }
    }

    /// A PDF of an office document.
    pub async fn convert(&self, kind: DocumentKind, document: &[u8]) -> Result<Vec<u8>, RenderError> {
        let mut state = self.running.lock().await;
        state.documents += 1;
        // Taken out, so that whatever happens on the way ends it.
        let mut resident = match state.resident.take() {
            Some(resident) => resident,
            None => {
                state.started += 1;
                let folder = self.settings.folder.join(format!("office-{}", state.started));
                let start = Start { settings: self.settings.clone(), program: self.program.clone(), folder };
                start.resident().await.map_err(RenderError::Ours)?
            }
        };
        let limit = self.settings.time_max;
        let made = tokio::time::timeout(limit, resident.convert(kind, document)).await;
        let made = made.unwrap_or(Err(RenderError::TimedOut { limit }));
        let answered = matches!(made, Ok(_) | Err(RenderError::Refused(_)));
        if answered && resident.documents < self.settings.documents_per_office {
            state.resident = Some(resident);
            self.end_when_idle(state.documents);
        } else {
            resident.end().await;
        }
        made
    }

    /// Ends what runs if no document comes after this one for a while.
    fn end_when_idle(&self, documents: u64) {
        let (running, idle) = (Arc::downgrade(&self.running), self.settings.idle_max);
        tokio::spawn(async move {
            tokio::time::sleep(idle).await;
            let Some(running) = running.upgrade() else { return };
            let mut state = running.lock().await;
            if state.documents == documents
                && let Some(resident) = state.resident.take()
            {
                resident.end().await;
            }
        });
    }
}

/// A running LibreOffice.
#[derive(Debug)]
struct Resident {
    keeper: Keeper,
    start: Start,
    documents: u32,
    /// It has ended once to be started again; see [`Resident::ask`].
    restarted: bool,
}

/// How it is started.
#[derive(Debug)]
struct Start {
    settings: Arc<Settings>,
    program: PathBuf,
    folder: PathBuf,
}

impl Start {
    async fn keeper(&self) -> io::Result<Keeper> {
        // Some may be left by a run that was cut off.
        let _ = tokio::task::spawn_blocking(remove_dead_sockets).await;
        let home = url(&self.folder);
        let arguments = [
            "--headless".to_owned(),
            "--norestore".to_owned(),
            "--nologo".to_owned(),
            format!("-env:UserInstallation={home}/profile"),
            format!("macro:///Standard.Ferrofax.Serve(\"{home}/\")"),
        ];
        Keeper::start(&self.settings.keeper, &self.folder, &self.program, arguments)
    }

    async fn resident(self) -> io::Result<Resident> {
        let basic = self.folder.join("profile/user/basic");
        let library = basic.join("Standard");
        tokio::fs::create_dir_all(&library).await?;
        keeper::put(&basic.join("script.xlc"), LIBRARIES.as_bytes()).await?;
        keeper::put(&library.join("script.xlb"), MODULES.as_bytes()).await?;
        keeper::put(&library.join("Ferrofax.xba"), PROGRAM.as_bytes()).await?;
        keeper::put(&self.folder.join("profile/user/registrymodifications.xcu"), PROFILE.as_bytes()).await?;
        Ok(Resident { keeper: self.keeper().await?, start: self, documents: 0, restarted: false })
    }
}

impl Resident {
    async fn convert(&mut self, kind: DocumentKind, document: &[u8]) -> Result<Vec<u8>, RenderError> {
        self.documents += 1;
        let word = self.ask(kind, document).await?;
        match word.trim_ascii() {
            b"good" => match keeper::take(&self.file("pdf")).await {
                Ok(pdf) if pdf.starts_with(b"%PDF-") => Ok(pdf),
                Ok(_) => Err(RenderError::Refused(unreadable())),
                Err(error) => Err(RenderError::Crashed { how: format!("its PDF: {}", error.kind()) }),
            },
            b"unreadable" => Err(RenderError::Refused(unreadable())),
            b"unwritable" => {
                Err(RenderError::Refused(Refusal::Damaged { page: None, what: "it can't be laid out".into() }))
            }
            _ => Err(RenderError::Crashed { how: "an answer without sense".into() }),
        }
    }

    /// Orders a conversion and waits for the word about it.
    async fn ask(&mut self, kind: DocumentKind, document: &[u8]) -> Result<Vec<u8>, RenderError> {
        let extension = extension(kind);
        let source = self.file(extension);
        keeper::put(&source, document).await.map_err(RenderError::Ours)?;
        let lines = format!("{0}.{extension}\n{0}.pdf\n{0}.said\n", self.documents);
        let (draft, order) = (self.file("order"), self.start.folder.join("order"));
        keeper::put(&draft, lines.as_bytes()).await.map_err(RenderError::Ours)?;
        tokio::fs::rename(&draft, &order).await.map_err(RenderError::Ours)?;
        self.tell(GO_ON).await?;
        let said = self.file("said");
        loop {
            match keeper::take(&said).await {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Ok(word) => {
                    self.tell(HALT).await?;
                    let _ = tokio::fs::remove_file(&source).await;
                    return Ok(word);
                }
                Err(error) => return Err(RenderError::Crashed { how: format!("its answer: {}", error.kind()) }),
            }
            tokio::select! {
                ended = self.keeper.ended() => {
                    // With a new profile it ends once to start again, and then finds its own socket in the way. If it has not
                    // taken the order yet, the document had no part in it.
                    if self.restarted || !order.exists() {
                        let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
                        return Err(RenderError::Crashed { how });
                    }
                    self.restarted = true;
                    self.keeper = self.start.keeper().await.map_err(RenderError::Ours)?;
                }
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn tell(&mut self, order: u8) -> Result<(), RenderError> {
        let told = self.keeper.order(order).await;
        told.map_err(|_| RenderError::Crashed { how: "it ended by itself".into() })
    }

    /// A file of the present document.
    fn file(&self, extension: &str) -> PathBuf {
        self.start.folder.join(format!("{}.{extension}", self.documents))
    }

    async fn end(self) {
        let ended = self.keeper.end().await.and(tokio::fs::remove_dir_all(&self.start.folder).await);
        let _ = tokio::task::spawn_blocking(remove_dead_sockets).await;
        if let Err(error) = ended {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what is left of an office program can't be removed"
            );
        }
    }
}

/// LibreOffice makes a socket for itself that is not ours to choose, and leaves it when it is killed; under its name the next one
/// would not start. Removes those nobody listens at any more.
fn remove_dead_sockets() -> io::Result<()> {
    for entry in std::fs::read_dir("/tmp")?.flatten() {
        let named = entry.file_name().to_string_lossy().starts_with("OSL_PIPE_");
        let ours = entry
            .metadata()
            .is_ok_and(|found| found.file_type().is_socket() && found.uid() == rustix::process::geteuid().as_raw());
        if named && ours {
            let path = entry.path();
            if UnixStream::connect(&path).is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
                std::fs::remove_file(path)?;
            }
        }
    }
    Ok(())
}

/// By it LibreOffice chooses how to read a document, where the content leaves a choice.
fn extension(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Doc => "doc",
        DocumentKind::Docx => "docx",
        DocumentKind::Xls => "xls",
        DocumentKind::Xlsx => "xlsx",
        DocumentKind::Ppt => "ppt",
        DocumentKind::Pptx => "pptx",
        DocumentKind::Odt => "odt",
        DocumentKind::Ods => "ods",
        DocumentKind::Odp => "odp",
        _ => "rtf",
    }
}

/// A path as a file URL.
fn url(path: &Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt;
    let mut url = "file://".to_owned();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => url.push(char::from(byte)),
            // Writing to a string does not fail.
            byte => drop(write!(url, "%{byte:02X}")),
        }
    }
    url
}
