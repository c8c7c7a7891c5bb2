//! Commands that make one PDF of one document and end, for PostScript and PCL. They are the operator's choice; none is usual.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Settings;
use super::keeper::{self, Keeper};
use crate::prepare::protocol::Refusal;
use crate::prepare::worker::RenderError;

/// A command, with `%i` for the document and `%o` for the PDF.
#[derive(Debug)]
pub struct Once {
    settings: Settings,
    program: PathBuf,
    arguments: Vec<String>,
    extension: &'static str,
    started: AtomicU64,
}

impl Once {
    pub fn new(settings: Settings, program: PathBuf, arguments: Vec<String>, extension: &'static str) -> Once {
        Once { settings, program, arguments, extension, started: AtomicU64::new(0) }
    }

    /// Runs the command for one document.
    pub async fn convert(&self, document: &[u8]) -> Result<Vec<u8>, RenderError> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let folder = self.settings.folder.join(format!("{}-{number}", self.extension));
        tokio::fs::create_dir_all(&folder).await.map_err(RenderError::Ours)?;
        let limit = self.settings.time_max;
        let made = tokio::time::timeout(limit, self.make(&folder, document)).await;
        // The program may still be busy dying and writing; the next start removes what is left.
        let _ = tokio::fs::remove_dir_all(&folder).await;
        made.unwrap_or(Err(RenderError::TimedOut { limit }))
    }

    async fn make(&self, folder: &Path, document: &[u8]) -> Result<Vec<u8>, RenderError> {
        let source = folder.join(format!("document.{}", self.extension));
        let target = folder.join("document.pdf");
        keeper::put(&source, document).await.map_err(RenderError::Ours)?;
        let name = |path: &Path| path.display().to_string();
        let filled = |argument: &String| argument.replace("%i", &name(&source)).replace("%o", &name(&target));
        let keeper = Keeper::start(&self.settings.keeper, folder, &self.program, self.arguments.iter().map(filled));
        let ended = keeper.map_err(RenderError::Ours)?.ended().await.map_err(RenderError::Ours)?;
        match ended.code() {
            Some(0) => {}
            Some(code @ ..128) => {
                tracing::debug!(code, "the converter for {} failed", self.extension);
                return Err(RenderError::Refused(unreadable()));
            }
            _ => return Err(RenderError::Crashed { how: ended.to_string() }),
        }
        match keeper::take(&target).await {
            Ok(pdf) if pdf.starts_with(b"%PDF-") => Ok(pdf),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(RenderError::Ours(error)),
            _ => Err(RenderError::Refused(unreadable())),
        }
    }
}

/// The converter did not make a PDF of it.
pub(super) fn unreadable() -> Refusal {
    Refusal::Damaged { page: None, what: "its converter can't read it".into() }
}
