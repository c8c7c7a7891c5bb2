//! Documents that other programs make a PDF of: office documents by LibreOffice, PostScript and PCL by commands of the operator.
//!
//! [`Converters::detect`] says what is there; [`Converters::convert`] proves that a document is what its name says
//! (`proof`), has it converted, and answers with a PDF, which then is a document like any other. The programs are foreign and
//! read foreign bytes, so each runs under a keeper (`keeper`): our own executable again, which takes away its rights to files
//! and network, limits its memory, and ends it and all its children when we say so or are gone.

pub(crate) mod keeper;
mod office;
mod once;
mod proof;

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ferrofax_api::job::DocumentKind;

use super::protocol::Refusal;
use super::worker::RenderError;
pub use keeper::{GO_ON, HALT};
use office::Office;
use once::Once;

/// How documents are converted.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The command line of a keeper, up to its folder: a program by its full path, and its arguments.
    pub keeper: Vec<OsString>,
    /// Where programs work. Ours alone: what lies there is removed at start.
    pub folder: PathBuf,
    /// LibreOffice's `soffice`, by path or to be found in `PATH`.
    pub office: Option<PathBuf>,
    /// A command that makes a PDF (`%o`) of PostScript (`%i`); empty: none.
    pub ps: Vec<String>,
    /// A command that makes a PDF (`%o`) of PCL (`%i`); empty: none.
    pub pcl: Vec<String>,
    /// For one document.
    pub time_max: Duration,
    /// Then a fresh LibreOffice takes over.
    pub documents_per_office: u32,
    /// A LibreOffice that had nothing to do for so long is ended.
    pub idle_max: Duration,
}

impl Settings {
    /// LibreOffice where it is found, no commands, the usual limits.
    pub fn new(keeper: Vec<OsString>, folder: PathBuf) -> Settings {
        Settings {
            keeper,
            folder,
            office: Some("soffice".into()),
            ps: Vec::new(),
            pcl: Vec::new(),
            time_max: Duration::from_secs(60),
            documents_per_office: 100,
            idle_max: Duration::from_secs(600),
        }
    }
}

/// Which kinds of document become pages here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Kinds {
    pub office: bool,
    pub ps: bool,
    pub pcl: bool,
}

impl Kinds {
    /// Whether documents of this kind become pages. Those that need no converter always do.
    pub fn take(self, kind: DocumentKind) -> bool {
        match kind {
            DocumentKind::Ps => self.ps,
            DocumentKind::Pcl => self.pcl,
            kind => !kind.is_office() || self.office,
        }
    }
}

/// The programs that make PDFs. Dropping it ends them.
#[derive(Debug)]
pub struct Converters {
    office: Option<Office>,
    ps: Option<Once>,
    pcl: Option<Once>,
}

impl Converters {
    /// Looks for what is configured; starts nothing.
    pub fn detect(settings: Settings) -> io::Result<Converters> {
        let folder = std::path::absolute(&settings.folder)?;
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        let settings = Settings { folder, ..settings };
        let office = settings.office.as_deref().and_then(find);
        let once = |command: &[String], extension| {
            let (program, arguments) = command.split_first()?;
            let program = find(Path::new(program))?;
            Some(Once::new(settings.clone(), program, arguments.to_vec(), extension))
        };
        Ok(Converters {
            ps: once(&settings.ps, "ps"),
            pcl: once(&settings.pcl, "pcl"),
            office: office.map(|program| Office::new(settings.clone(), program)),
        })
    }

    /// What can be converted here.
    pub fn kinds(&self) -> Kinds {
        Kinds { office: self.office.is_some(), ps: self.ps.is_some(), pcl: self.pcl.is_some() }
    }

    /// Whether a document of this kind has to be converted before it is rendered.
    pub fn needed(kind: DocumentKind) -> bool {
        !Kinds::default().take(kind)
    }

    /// A PDF made of a document of a kind that needs it.
    pub async fn convert(&self, kind: DocumentKind, document: &[u8]) -> Result<Vec<u8>, RenderError> {
        proof::prove(kind, document).map_err(RenderError::Refused)?;
        let absent =
            || RenderError::Refused(Refusal::Unsupported { what: "this kind of document, on this system".into() });
        let pdf = match kind {
            DocumentKind::Ps => self.ps.as_ref().ok_or_else(absent)?.convert(document).await?,
            DocumentKind::Pcl => self.pcl.as_ref().ok_or_else(absent)?.convert(document).await?,
            kind if kind.is_office() => self.office.as_ref().ok_or_else(absent)?.convert(kind, document).await?,
            _ => return Err(absent()),
        };
        Ok(pdf)
    }
}

/// The full path of a program, if it is one.
pub(crate) fn find(program: &Path) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let runs =
        |path: &PathBuf| path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    if program.components().count() > 1 {
        return std::path::absolute(program).ok().filter(runs);
    }
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(runs)
}
